// Package power restarts the machine.
package power

import "errors"

// ErrUnsupported means that this system cannot be restarted by us: give up.
var ErrUnsupported = errors.New("restart unsupported")
