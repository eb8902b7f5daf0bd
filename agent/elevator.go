package agent

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alongside-remote/alongside/elevation/polkit"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Elevator has the system start a service with the rights of the machine.
type Elevator interface {
	// Methods are the ways that there are here; none: it cannot be done.
	Methods() []wirepb.ElevationMethod
	// Elevate returns when the system has agreed and that service is there to be handed
	// a session, or with a *wire.CodeError. It takes as long as people take, and ends with
	// ctx. The credentials, nil where the person in front is asked, are cleared. The end
	// of the child's pipe is what ends it: it cannot be killed.
	Elevate(ctx context.Context, c *polkit.Credentials) (Child, error)
}

// NewElevator is this system's; output gets what is logged by what it starts.
func NewElevator(output io.Writer) Elevator { return polkitElevator{output} }

type polkitElevator struct{ output io.Writer }

func (polkitElevator) Methods() []wirepb.ElevationMethod {
	prompt, credentials := polkit.Ways()
	var all []wirepb.ElevationMethod
	if prompt {
		all = append(all, wirepb.ElevationMethod_ELEVATION_METHOD_PROMPT_CUSTOMER)
	}
	if credentials {
		all = append(all, wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER)
	}
	return all
}

func (e polkitElevator) Elevate(ctx context.Context, c *polkit.Credentials) (Child, error) {
	defer c.Clear()
	ours, theirs, err := ipc.Pipes()
	if err != nil {
		return nil, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL, Detail: err.Error()}
	}
	p, err := polkit.Start(polkit.Spec{Files: theirs, Output: e.output, Credentials: c})
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		_ = ours.Close()
		return nil, elevationError(ctx, err)
	}
	first, ready := new(ipcpb.FromElevated), make(chan error, 1)
	go func() {
		_, _, err := ours.Receive(first)
		if err == nil && first.GetReady() == nil {
			err = ipc.ErrMalformed
		}
		ready <- err
	}()
	child := &elevated{p, ours}
	select {
	case err = <-ready:
		if err == nil {
			return child, nil
		}
	case <-ctx.Done():
		p.Kill()
	}
	_ = ours.Close()
	p.Kill()
	<-p.Done()
	if why := p.Err(); ctx.Err() == nil && why != nil {
		err = why
	}
	return nil, elevationError(ctx, err)
}

// elevated is a started service with the rights of the machine.
type elevated struct {
	*polkit.Process
	conn *ipc.Conn
}

func (e *elevated) Conn() *ipc.Conn { return e.conn }

// elevationError is what a rep is told of a try that came to nothing.
func elevationError(ctx context.Context, err error) error {
	c := &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		c.Code = wirepb.ErrorCode_ERROR_CODE_ELEVATION_TIMEOUT
	case errors.Is(err, polkit.ErrCredentials):
		c.Code = wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS
	case errors.Is(err, polkit.ErrLocked):
		c.Code = wirepb.ErrorCode_ERROR_CODE_ACCOUNT_LOCKED
	case errors.Is(err, polkit.ErrNotAdministrator):
		c.Code = wirepb.ErrorCode_ERROR_CODE_NOT_ADMINISTRATOR
	case errors.Is(err, polkit.ErrDismissed):
		c.Code = wirepb.ErrorCode_ERROR_CODE_ELEVATION_CANCELLED
	default:
		c.Detail = fmt.Sprint(err)
	}
	return c
}
