package main

import (
	"path/filepath"

	"github.com/alongside-remote/alongside/agent/helper"
	"github.com/alongside-remote/alongside/elevation"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/tray"
)

// pipes names the inherited pipes where the system has no fixed numbers.
type pipes struct {
	Pipes string `hidden:""`
}

type helperCmd struct{ pipes }

// Run is the helper role.
func (c *helperCmd) Run(e *env) error {
	roam()
	frugal(helperGarbage)
	defer thrifty(e.ctx)()
	conn, err := ipc.Inherited(c.Pipes)
	if err != nil {
		return err
	}
	if err := elevation.NoCores(); err != nil {
		return err
	}
	o := helper.Options{Log: e.log.With("role", "helper"), Load: processors}
	if state, err := userState(); err == nil {
		o.PortalToken = filepath.Join(state, "portal.token")
	}
	confined(e.log)
	return helper.Run(e.ctx, conn, o)
}

type trayCmd struct{ pipes }

// Run is the tray role. It stays on the main goroutine.
func (c *trayCmd) Run(e *env) error {
	frugal(trayGarbage)
	defer thrifty(e.ctx)()
	conn, err := ipc.Inherited(c.Pipes)
	if err != nil {
		return err
	}
	if err := elevation.NoCores(); err != nil {
		return err
	}
	return tray.Run(e.ctx, conn, tray.Own(e.log.With("role", "tray")))
}

type sweepCmd struct{}

// Run is the role of a user whose machine's client goes: it takes what the tray laid
// into the user's folders.
func (sweepCmd) Run(e *env) error { return tray.Uninstall(tray.Own(e.log.With("role", "sweep"))) }
