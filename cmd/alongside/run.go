package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/elevation"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/transport"
)

type runCmd struct {
	State  string `help:"State directory." placeholder:"DIR"`
	Bundle string `type:"existingfile" help:"Enroll with this bundle first, if the device is not enrolled."`
}

// Run serves the session that it runs in.
func (c *runCmd) Run(e *env) error {
	state, err := stateDir(c.State)
	if err != nil {
		return err
	}
	en, err := enrollment(state)
	if errors.Is(err, errNotEnrolled) && c.Bundle != "" {
		en, err = enroll(e.ctx, state, c.Bundle, e.log)
	}
	if err != nil {
		return err
	}
	return serve(e, state, endpointOf(state), en, "environment")
}

type serviceCmd struct {
	State    string `help:"State directory." placeholder:"DIR" default:"/var/lib/alongside"`
	Endpoint string `help:"Path of the socket for status and support, in a directory that every user can enter; by default /run/alongside/service.sock, or in another state directory." placeholder:"PATH"`
}

// Run serves the terminal sessions of this machine.
func (c *serviceCmd) Run(e *env) error {
	if os.Geteuid() != 0 {
		return errNotRoot
	}
	state, err := filepath.Abs(c.State)
	if err != nil {
		return err
	}
	endpoint := endpointOf(state)
	if c.Endpoint != "" {
		if endpoint, err = filepath.Abs(c.Endpoint); err != nil {
			return err
		}
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	en, err := enrollment(state)
	if err != nil {
		return err
	}
	return serve(e, state, endpoint, en, "")
}

// serve is the service role of both.
func serve(e *env, state, endpoint string, en *transport.Enrollment, terminals string) error {
	frugal(serviceGarbage)
	if err := elevation.NoCores(); err != nil {
		return err
	}
	id, err := transport.LoadOrCreateIdentity(state)
	if err != nil {
		return err
	}
	w, err := terminal.Open(e.ctx, terminal.Options{Backend: terminals, Log: e.log})
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	if endpoint == "" {
		e.log.Warn("no local endpoint: the path of the state directory is too long", "state", state)
	}
	d := &transport.Dialer{Broker: en.Broker, Pins: en.Pins, Identity: id, Log: e.log}
	return agent.Run(e.ctx, agent.Config{
		Identity: id, Terminals: w, Log: e.log.With("device", en.DeviceID),
		Connect: func(ctx context.Context, hurry func() bool, serve func(context.Context, transport.Link) error) error {
			r := transport.Reconnect{Log: e.log, Hurry: hurry}
			return r.Run(ctx, d.Dial, serve)
		},
		Start:    agent.Launcher(e.errOut, "--log-level="+e.level),
		Endpoint: endpoint, GrantKey: en.GrantKey, Organisation: en.Organisation, Broker: en.Broker, Version: version,
		Ready: func() { notifyReady(e.log) },
	})
}
