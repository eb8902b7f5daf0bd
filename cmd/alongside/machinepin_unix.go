//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/installer"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ownProgram is the very program that runs, whatever its path leads to by now.
const ownProgram = "/proc/self/exe"

// servicePinner pins a machine out of an elevated session: it installs the machine's
// service, which is a device of its own. The session's client stays what it is.
type servicePinner struct {
	machine  installer.Machine
	by       *transport.Enrollment // whose order it is
	stricter bool                  // the user's service obeys more than the machine's policy
	log      *slog.Logger
}

// Mode implements agent.Pinner.
func (p servicePinner) Mode(m wirepb.JumpMode) (wirepb.JumpMode, error) {
	err := p.machine.Ready()
	code := wirepb.ErrorCode_ERROR_CODE_INSTALL_FAILED
	switch {
	case m != wirepb.JumpMode_JUMP_MODE_SERVICE:
		return 0, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_SERVICE_MODE_ONLY}
	case errors.Is(err, installer.ErrNoManager):
		code = wirepb.ErrorCode_ERROR_CODE_NO_SERVICE_MANAGER
	case errors.Is(err, installer.ErrInstalled):
		code = wirepb.ErrorCode_ERROR_CODE_ALREADY_INSTALLED
	case err == nil && p.stricter:
		return 0, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_OWN_POLICY_STRICTER}
	}
	if err != nil {
		return 0, wire.Refuse(code, err.Error())
	}
	return m, nil
}

// Pin implements agent.Pinner.
func (p servicePinner) Pin(ctx context.Context, w agent.Wanted) (made *transport.Pin, err error) {
	if err := p.machine.Install(ownProgram); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_, e := p.Unpin(w.Mode)
			err = errors.Join(err, e)
		}
	}()
	// What does not start here, or is not whole, is not left to the service manager.
	out, err := exec.CommandContext(ctx, p.machine.Installed(), "version").Output()
	if err != nil || strings.TrimSpace(string(out)) != versionLine() {
		return nil, fmt.Errorf("the installed program says %q: %w", out, err)
	}
	if made, err = makeDevice(ctx, p.machine.State(), agent.FloorPath, p.by, w, p.log); err != nil {
		return nil, err
	}
	return made, p.machine.Start(ctx)
}

// Unpin implements agent.Pinner: it undoes Pin.
func (p servicePinner) Unpin(wirepb.JumpMode) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), undoTime)
	defer cancel()
	return false, errors.Join(p.machine.Stop(ctx), p.machine.Remove(ctx), unmakeDevice(ctx, p.machine.State(), agent.FloorPath, p.log))
}
