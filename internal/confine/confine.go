// Package confine lets a process give up, for good, what its role does not need: what
// a bug in it could otherwise be used for.
package confine

import "errors"

// ErrUnsupported means that this system cannot hold the process back. The role runs
// all the same, with the rights of its user.
var ErrUnsupported = errors.New("the system cannot confine a process")

// Needs is what a role keeps beside reading files, memory and sockets of this machine.
type Needs struct {
	Network bool // connections to other machines, as the display may be on one
	Files   bool // to write files
}
