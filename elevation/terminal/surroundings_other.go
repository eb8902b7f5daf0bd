//go:build !linux

package terminal

func surroundings(s Session) Session { return s }
