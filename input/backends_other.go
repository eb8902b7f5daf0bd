//go:build !linux && !windows

package input

// backends is empty: there is no way in yet, and Open says ErrUnsupported.
func backends() []Backend { return nil }
