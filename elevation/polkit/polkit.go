// Package polkit starts this program's elevated role with the rights of the machine,
// by polkit: the system decides, and asks who it has to.
//
// What is started is always this very executable with one constant argument, through
// pkexec. Either the agent of the desktop asks the person in front, and we never see
// what they type; or an agent of our own, for this one request, answers polkit's helper
// with a password that was handed in. It goes there through a pipe: never through an
// argument, the environment or a terminal.
package polkit

import (
	"errors"
	"io"
	"os"
)

// Role is the argument of what is started.
const Role = "elevated"

// Errors of a try.
var (
	ErrUnavailable      = errors.New("polkit cannot be asked here") // another way, or none
	ErrCredentials      = errors.New("not accepted by the system")
	ErrLocked           = errors.New("the account is locked or has expired")
	ErrNotAdministrator = errors.New("not an administrator by polkit's rules")
	ErrDismissed        = errors.New("dismissed by the person")
)

// Credentials are one user's. The password is cleared when it was used.
type Credentials struct {
	User     string
	Password []byte
}

// Clear forgets the password.
func (c *Credentials) Clear() {
	if c != nil {
		clear(c.Password)
	}
}

// Spec says how to start.
type Spec struct {
	Files       [2]*os.File  // standard input and output of what is started; they stay the caller's to close
	Output      io.Writer    // gets its standard error; nil: nothing
	Credentials *Credentials // nil: polkit asks the person, through the agent of the desktop
}
