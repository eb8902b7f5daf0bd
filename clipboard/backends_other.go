//go:build !linux

package clipboard

func backends() []Backend { return nil }
