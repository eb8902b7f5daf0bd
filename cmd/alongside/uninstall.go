package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/tray"
)

// stopWait is how long a service may take to end once its broker has cut it off.
const stopWait = 20 * time.Second

// errStillRuns: nothing is taken away from under a service.
var errStillRuns = errors.New("the service is still running: stop it first")

type uninstallCmd struct {
	State    string `help:"State directory; by default the service's as root, else your own." placeholder:"DIR"`
	Forget   bool   `help:"Have the broker forget this device first, which also ends a service that runs. When the broker cannot be reached, nothing is removed."`
	Program  bool   `hidden:"" help:"As root: remove the program and the unit that a pinning installed, and what --desktops does. From under the service, which ends itself."`
	Desktops bool   `help:"As root: remove only the icons, Support Buttons and remembered contacts of this machine's users. For package managers."`
}

// Run removes what this device is and has beside the program: key, enrollment, what
// is remembered, icons, Support Buttons and contacts, and as a user the entry at sign-in. The
// program belongs to whoever installed it; where a pinning did, it goes, too.
func (c *uninstallCmd) Run(e *env) error {
	machine := c.State == "" && os.Geteuid() == 0
	if machine {
		c.State = systemState
	}
	state, err := stateDir(c.State)
	if err != nil {
		return err
	}
	if c.Desktops {
		return c.sweep(e, state)
	}
	m := thisMachine(e.log)
	if c.Program {
		if err := c.sweep(e, state); err != nil {
			e.log.Warn("desktops", "err", err)
		}
		return m.Remove(e.ctx)
	}
	installed := machine && m.There()
	if c.Forget {
		if err := forget(e.ctx, state, agent.FloorPath, e.log); err != nil {
			return err
		}
	}
	if installed {
		if err := m.Stop(e.ctx); err != nil {
			return err
		}
	}
	if err := waitStopped(e.ctx, state, c.Forget); err != nil {
		return err
	}
	if machine {
		if err := c.sweep(e, state); err != nil {
			return err
		}
	}
	if err := transport.RemoveState(state); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch {
	case installed:
		if err := m.Remove(e.ctx); err != nil {
			return err
		}
		fmt.Fprintln(e.out, "removed")
		return nil
	case machine:
		fmt.Fprintln(e.out, "removed the state of this machine")
		return nil
	}
	// What lies in a folder of the installation goes before it.
	if err := tray.Uninstall(tray.Own(e.log)); err != nil {
		return err
	}
	if p, ok := newUserPinner(state, agent.FloorPath, e.log); ok {
		if err := p.Remove(); err != nil {
			return err
		}
	}
	fmt.Fprintln(e.out, "removed")
	return nil
}

// sweep takes what the service left on the desktops of the machine's users.
func (c *uninstallCmd) sweep(e *env, state string) error {
	if os.Geteuid() != 0 {
		return errNotRoot
	}
	return agent.SweepDesktops(e.ctx, state, e.errOut, "--log-level="+e.level)
}

// forget has the broker forget the device of a state. One that is not enrolled, or
// that the broker does not know, needs none.
func forget(ctx context.Context, state, floor string, log *slog.Logger) error {
	en, err := enrollment(state)
	if errors.Is(err, errNotEnrolled) {
		return nil
	}
	if err != nil {
		return err
	}
	id, err := transport.LoadOrCreateIdentity(state)
	if err != nil {
		return err
	}
	f, err := agent.ReadFloor(floor)
	if err != nil {
		log.Warn("the policy cannot be read: its proxy, if any, is not used", "err", err)
	}
	l, err := dialer(en, id, f, log).Dial(ctx)
	if err != nil {
		return fmt.Errorf("have %s forget this device: %w", en.Broker, err)
	}
	defer l.Close(errForgotten)
	if err := agent.Forget(ctx, l, id); err != nil && !forgotten(err) {
		return fmt.Errorf("have %s forget this device: %w", en.Broker, err)
	}
	log.Info("forgotten", "broker", en.Broker, "device", en.DeviceID)
	return nil
}

// errForgotten ends the link on which a device was forgotten.
var errForgotten = errors.New("forgotten")

// waitStopped waits for a service that was cut off to end; another has to be gone.
func waitStopped(ctx context.Context, state string, cut bool) error {
	endpoint := endpointOf(state)
	if endpoint == "" {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, stopWait, errStillRuns)
	defer cancel()
	for {
		call, done := context.WithTimeout(ctx, localCallTimeout)
		_, err := ipc.Call(call, endpoint, &ipcpb.LocalRequest{Kind: &ipcpb.LocalRequest_Status{Status: &ipcpb.LocalStatus{}}})
		done()
		if errors.Is(err, ipc.ErrNoService) || errors.Is(err, ipc.ErrUnsupported) {
			return nil
		}
		if !cut {
			return errStillRuns
		}
		select {
		case <-time.After(localCallTimeout / 10):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
