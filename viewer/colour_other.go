//go:build !amd64

package viewer

func wide() bool { return false }

func drawAVX2(_, _, _, _ []byte) {}
