//go:build !linux

package confine

// Role is not there on this system.
func Role(Needs) error { return ErrUnsupported }
