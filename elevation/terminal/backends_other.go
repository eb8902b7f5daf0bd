//go:build !linux

package terminal

func backends() []Backend { return nil }
