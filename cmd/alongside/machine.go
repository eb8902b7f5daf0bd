package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/installer"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// undoTime is how long the undoing of an installation may take, whose time is over.
const undoTime = 20 * time.Second

// thisMachine is where a pinning installs the machine's service.
func thisMachine(log *slog.Logger) installer.Machine {
	return installer.Machine{Run: func(ctx context.Context, name string, args ...string) error {
		for _, dir := range []string{"/usr/bin", "/bin"} {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err != nil {
				continue
			}
			cmd := exec.CommandContext(ctx, path, args...)
			cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
			out, err := cmd.CombinedOutput()
			log.Info("ran", "program", path, "args", args, "said", string(out), "err", err)
			if err != nil {
				return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, lastLine(string(out)))
			}
			return nil
		}
		return fmt.Errorf("%s: %w", name, exec.ErrNotFound)
	}}
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// installedPinner is that of the machine's service which a pinning installed.
type installedPinner struct{ machine installer.Machine }

// newInstalledPinner is that of the service that runs; false: a package installed it.
func newInstalledPinner(log *slog.Logger) (installedPinner, bool) {
	m := thisMachine(log)
	self, err := os.Executable()
	return installedPinner{m}, err == nil && self == m.Installed() && m.There()
}

// clear removes what is empty by now, and the service's until its end.
func (p installedPinner) clear(ctx context.Context, folders ...string) error {
	ctx, cancel := context.WithTimeout(ctx, undoTime)
	defer cancel()
	return p.machine.RemoveEmpty(ctx, folders...)
}

// Mode implements agent.Pinner.
func (installedPinner) Mode(wirepb.JumpMode) (wirepb.JumpMode, error) {
	return wirepb.JumpMode_JUMP_MODE_SERVICE, nil
}

// Pin implements agent.Pinner.
func (installedPinner) Pin(context.Context, agent.Wanted) (*transport.Pin, error) { return nil, nil }

// Unpin implements agent.Pinner. The service cannot write where its program is.
func (p installedPinner) Unpin(wirepb.JumpMode) (leave bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), undoTime)
	defer cancel()
	return true, p.machine.Apart(ctx, "uninstall", "--program")
}

// makeDevice makes a device that is pinned from its first moment on: what it remembers
// is there before it is enrolled.
func makeDevice(ctx context.Context, state, floor string, by *transport.Enrollment, w agent.Wanted, log *slog.Logger) (*transport.Pin, error) {
	id, err := transport.LoadOrCreateIdentity(state)
	if err != nil {
		return nil, err
	}
	if err := w.Remember(state); err != nil {
		return nil, err
	}
	i := &invitation{
		Bundle: &transport.Bundle{Broker: by.Broker, Pins: by.Pins, Organisation: by.Organisation, Token: w.Token},
		id:     id, state: state, floor: floor, log: log,
	}
	l, err := i.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer l.Close(errEnrolled)
	en, err := i.redeem(ctx, l)
	if err != nil {
		return nil, err
	}
	if !en.GrantKey.Equal(by.GrantKey) {
		return nil, errors.New("the broker enrolls with another key of grants than that of the order")
	}
	pin := id.Pin()
	return &pin, nil
}

// unmakeDevice has the broker forget a device that was made to be pinned, where it can be
// reached, and removes its state.
func unmakeDevice(ctx context.Context, state, floor string, log *slog.Logger) error {
	if err := forget(ctx, state, floor, log); err != nil {
		log.Warn("the broker was not told that a device is gone", "err", err)
	}
	err := transport.RemoveState(state)
	// The folder itself may be a mount.
	if left, e := os.ReadDir(state); err != nil && len(left) == 0 && (e == nil || errors.Is(e, fs.ErrNotExist)) {
		return nil
	}
	return err
}
