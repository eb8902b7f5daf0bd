package wayland

import (
	"errors"
	"fmt"
)

// Errors of a connection.
var (
	ErrNoDisplay = errors.New("no compositor")              // none named, or none listens there
	ErrRefused   = errors.New("the compositor is not ours") // no right to its socket
	ErrGone      = errors.New("the compositor is gone")     // or it sent what no compositor sends
	ErrMissing   = errors.New("the compositor lacks a protocol")
	ErrClosed    = errors.New("connection closed")
)

// ProtocolError is what a compositor says before it ends the connection because of
// a request of ours. It wraps ErrGone.
type ProtocolError struct {
	Object  uint32
	Code    uint32
	Message string
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("the compositor refused a request: object %d, code %d: %s", e.Object, e.Code, e.Message)
}

// Unwrap makes it an ErrGone.
func (e *ProtocolError) Unwrap() error { return ErrGone }
