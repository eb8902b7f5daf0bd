//go:build !linux

package power

import "context"

// Restart is not built for this system.
func Restart(context.Context) error { return ErrUnsupported }
