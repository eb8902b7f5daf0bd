package ipc

import (
	"errors"
	"fmt"
	"os"

	"github.com/alongside-remote/alongside/internal/nowait"
)

// ErrNotInherited says that this process was not started by the service: a
// helper or tray cannot be run by hand.
var ErrNotInherited = errors.New("no inherited pipes")

// Pipes makes the two pipes between a process and the child it is about to
// start. Ours is the parent's connection. Theirs are the ends to hand to the
// child, reading end first; the parent closes them when the child has started.
func Pipes() (ours *Conn, theirs [2]*os.File, err error) {
	down, parentOut, err := os.Pipe()
	if err != nil {
		return nil, theirs, fmt.Errorf("pipe to child: %w", err)
	}
	parentIn, up, err := os.Pipe()
	if err != nil {
		_ = down.Close()
		_ = parentOut.Close()
		return nil, theirs, fmt.Errorf("pipe from child: %w", err)
	}
	return piped(parentIn, parentOut), [2]*os.File{down, up}, nil
}

// piped is New of two ends of pipes that Go's poller watches.
func piped(r, w *os.File) *Conn {
	c := New(r, w)
	if in, err := nowait.New(r); err == nil {
		c.from.Reset(in)
	}
	if out, err := nowait.New(w); err == nil {
		c.to = out
	}
	return c
}

// Inherited is the connection to the service that started this process. Spec
// is what the service passed in argv, where the system has no fixed numbers for
// inherited files; elsewhere it is empty.
func Inherited(spec string) (*Conn, error) {
	r, w, err := inherited(spec)
	if err != nil {
		return nil, err
	}
	return piped(r, w), nil
}
