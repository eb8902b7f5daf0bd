package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/installer"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// machinePinner pins the machine's service, which is installed by a package: there
// is nothing to add, and nothing to remove.
type machinePinner struct{}

// Mode implements agent.Pinner: a service stays one.
func (machinePinner) Mode(wirepb.JumpMode) (wirepb.JumpMode, error) {
	return wirepb.JumpMode_JUMP_MODE_SERVICE, nil
}

// Pin implements agent.Pinner.
func (machinePinner) Pin(context.Context, agent.Wanted) (*transport.Pin, error) { return nil, nil }

// Unpin implements agent.Pinner.
func (machinePinner) Unpin(wirepb.JumpMode) (bool, error) { return false, nil }

// userPinner installs for the user who runs this.
type userPinner struct {
	installer.User
	log *slog.Logger
}

// newUserPinner makes the pinner of a user; false: there is none here.
func newUserPinner(state, floor string, log *slog.Logger) (userPinner, bool) {
	home, err := os.UserHomeDir()
	program, failed := os.Executable()
	if err != nil || failed != nil || !filepath.IsAbs(home) || runtime.GOOS != "linux" {
		return userPinner{}, false
	}
	folder := func(variable string, usual ...string) string {
		if d := os.Getenv(variable); filepath.IsAbs(d) {
			return filepath.Clean(d)
		}
		return filepath.Join(append([]string{home}, usual...)...)
	}
	u := installer.User{
		Data: folder("XDG_DATA_HOME", ".local", "share"), Config: folder("XDG_CONFIG_HOME", ".config"), State: state,
		Program: program, Args: []string{"run", "--state", state},
	}
	if path, err := filepath.Abs(floor); err == nil && path != agent.FloorPath {
		u.Args = append(u.Args, "--policy", path)
	}
	return userPinner{u, log}, true
}

// Mode implements agent.Pinner.
func (userPinner) Mode(m wirepb.JumpMode) (wirepb.JumpMode, error) {
	if m == wirepb.JumpMode_JUMP_MODE_SERVICE {
		return 0, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION}
	}
	return m, nil
}

// Pin implements agent.Pinner.
func (p userPinner) Pin(context.Context, agent.Wanted) (*transport.Pin, error) {
	return nil, p.Install()
}

// Unpin implements agent.Pinner. Where what runs is removed, the rest goes with its end.
func (p userPinner) Unpin(wirepb.JumpMode) (leave bool, err error) {
	if p.Program != p.Installed() {
		return false, p.Remove()
	}
	// Its icon and Support Buttons would lead to nothing.
	if err := tray.Uninstall(tray.Own(p.log)); err != nil {
		return true, err
	}
	return true, p.Withdraw()
}
