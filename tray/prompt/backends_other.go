//go:build !linux && !windows

package prompt

func backends() []Backend { return nil }
