package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Exit codes, for scripts and service managers. The systemd unit does not start
// the service again after exitNotEnrolled and exitRefused.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotEnrolled = 3 // enroll first
	exitRefused     = 4 // the broker said no for good, or is not the one we know
	exitUnreachable = 5 // try again
	exitNoService   = 6 // nobody to ask
	exitRunning     = 7 // another instance has this state
	exitForbidden   = 8 // another user's service
)

// Errors of the commands.
var (
	errNotEnrolled = errors.New("this device is not enrolled")
	errNotRoot     = errors.New("the service runs as root")
)

func exitCode(err error) int {
	var refused *wire.CodeError
	switch {
	case errors.Is(err, errNotEnrolled), errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED}):
		return exitNotEnrolled
	case errors.As(err, &refused), errors.Is(err, transport.ErrPinMismatch), errors.Is(err, transport.ErrBundle):
		return exitRefused
	case errors.Is(err, transport.ErrUnreachable):
		return exitUnreachable
	case errors.Is(err, ipc.ErrNoService):
		return exitNoService
	case errors.Is(err, ipc.ErrEndpointInUse), errors.Is(err, errStillRuns):
		return exitRunning
	case errors.Is(err, ipc.ErrForbidden), errors.Is(err, errNotRoot):
		return exitForbidden
	default:
		return exitFailed
	}
}

// advise adds what to do to the errors that have an answer.
func advise(err error) error {
	hint := ""
	switch {
	case errors.Is(err, errNotEnrolled):
		hint = "get a bundle file from your administrator and run `alongside enroll --bundle FILE`"
	case errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED}):
		hint = "the broker does not know this device any more: enroll it again"
	case errors.Is(err, transport.ErrPinMismatch):
		hint = "the address answers with another key than the broker's; get a new bundle if the broker was replaced"
	case errors.Is(err, transport.ErrUnreachable):
		hint = "check the network and the broker's address, then try again"
	case errors.Is(err, agent.ErrFloor):
		hint = "mend the file as an administrator: it has to be root's, writable by nobody else, with known keys only"
	case errors.Is(err, ipc.ErrEndpointInUse):
		hint = "another instance is running"
	case errors.Is(err, ipc.ErrNotInherited):
		hint = "this command is started by the service"
	case errors.Is(err, fs.ErrPermission):
		hint = "run it as the user who owns these files"
	default:
		return err
	}
	return fmt.Errorf("%w (%s)", err, hint)
}
