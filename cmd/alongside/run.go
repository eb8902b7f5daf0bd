package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/agent/facts"
	"github.com/alongside-remote/alongside/elevation"
	"github.com/alongside-remote/alongside/elevation/power"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
)

type runCmd struct {
	State  string `help:"State directory." placeholder:"DIR"`
	Bundle string `type:"existingfile" help:"Enroll with this bundle first, if the device is not enrolled. With one for a single session: serve that, and remove the client when it ends."`
	floorFlag
}

// floorFlag names this machine's own policy. Whoever starts a service decides
// where that is; nobody else can.
type floorFlag struct {
	Policy string `help:"File with this machine's own policy, which the broker's can only tighten." placeholder:"FILE" default:"${floor}"`
}

// Run serves the session that it runs in.
func (c *runCmd) Run(e *env) error {
	state, err := stateDir(c.State)
	if err != nil {
		return err
	}
	en, err := enrollment(state)
	if errors.Is(err, errNotEnrolled) && c.Bundle == "" && c.State == "" {
		c.Bundle = besideProgram()
	}
	if c.Bundle != "" && transport.IsAdhocName(filepath.Base(c.Bundle)) {
		bundle, err := filepath.Abs(c.Bundle)
		if err != nil {
			return err
		}
		return runAdhoc(e, bundle, c.Policy)
	}
	if errors.Is(err, errNotEnrolled) && c.Bundle != "" {
		en, err = enroll(e.ctx, state, c.Bundle, c.Policy, e.log)
	}
	if err != nil {
		return err
	}
	r := roleConfig{state: state, endpoint: endpointOf(state), terminals: "environment", floor: c.Policy, note: newNotifier(e.log), elevator: agent.NewElevator(e.errOut)}
	if p, ok := newUserPinner(state, c.Policy, e.log); ok {
		r.pinner, r.unpinned = p, p.Remove
	}
	return serve(e, r, en)
}

type serviceCmd struct {
	State    string `help:"State directory." placeholder:"DIR" default:"/var/lib/alongside"`
	Endpoint string `help:"Path of the socket for status and support, in a directory that every user can enter; by default /run/alongside/service.sock, or in another state directory." placeholder:"PATH"`
	Bundle   string `help:"Where a bundle may be left for a device that is not enrolled: it is used once and removed." placeholder:"FILE" default:"${bundle}"`
	floorFlag
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
	floor, err := filepath.Abs(c.Policy)
	if err != nil {
		return err
	}
	bundle, err := filepath.Abs(c.Bundle)
	if err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	note := newNotifier(e.log)
	en, err := drop{path: bundle, state: state, floor: floor, note: note}.enrollment(e)
	if err != nil {
		return err
	}
	r := roleConfig{state: state, endpoint: endpoint, floor: floor, note: note, pinner: machinePinner{}, restart: power.Restart, elevated: true}
	if p, ok := newInstalledPinner(e.log); ok {
		r.pinner, r.unpinned = p, func() error { return p.clear(e.ctx, state, filepath.Dir(endpoint)) }
		u := updater{machine: p.machine, log: e.log.With("role", "updates")}
		r.updates = &u
	}
	return serve(e, r, en)
}

// roleConfig is what tells the two from each other.
type roleConfig struct {
	state, endpoint, floor string
	terminals              string         // backend; empty: the best there is
	session                wire.SessionID // of an ad-hoc client; zero: it is none
	note                   *notifier
	elevated               bool // serves every user of the machine
	pinner                 agent.Pinner
	unpinned               func() error // what is left to do once what runs was unpinned; nil: nothing
	elevator               agent.Elevator
	restart                func(context.Context) error // of the machine; nil: it cannot
	updates                *updater                    // nil: somebody else brings newer versions
}

// serve is the service role of both.
func serve(e *env, c roleConfig, en *transport.Enrollment) error {
	roam()
	frugal(serviceGarbage)
	defer thrifty(e.ctx)()
	if err := elevation.NoCores(); err != nil {
		return err
	}
	state, endpoint := c.state, c.endpoint
	floor, err := agent.ReadFloor(c.floor)
	if err != nil {
		return err
	}
	id, err := transport.LoadOrCreateIdentity(state)
	if err != nil {
		return err
	}
	w, err := terminal.Open(e.ctx, terminal.Options{Backend: c.terminals, Log: e.log})
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	if endpoint == "" && c.session == (wire.SessionID{}) {
		e.log.Warn("no local endpoint: the path of the state directory is too long", "state", state)
	}
	defer context.AfterFunc(e.ctx, c.note.stopping)()
	d := dialer(en, id, floor, e.log)
	var updates agent.Updater
	if u := c.updates; u != nil {
		u.on = floor.Updates.On()
		updates = u
	}
	err = agent.Run(e.ctx, agent.Config{
		Updater: updates, Identity: id, Terminals: w, Log: e.log.With("device", en.DeviceID),
		Connect: func(ctx context.Context, hurry func() bool, serve func(context.Context, transport.Link) error) error {
			r := transport.Reconnect{Log: e.log, Hurry: hurry}
			return r.Run(ctx, d.Dial, serve)
		},
		Enrollment: en, Elevator: c.elevator, Pinner: c.pinner,
		Facts:    facts.Read,
		Restart:  c.restart,
		Start:    agent.Launcher(e.errOut, "--log-level="+e.level),
		Endpoint: endpoint, State: state, Floor: floor, GrantKey: en.GrantKey, Organisation: en.Organisation, Broker: en.Broker, Version: version, Elevated: c.elevated, Session: c.session,
		Ready: func() { c.note.ready("serving " + en.Organisation) }, Alive: c.note.alive, AliveEvery: c.note.every,
	})
	if errors.Is(err, agent.ErrUnpinned) {
		return c.leave(e, errors.Is(err, agent.ErrUnmade))
	}
	return err
}

// leave removes what could not go while it ran.
func (c roleConfig) leave(e *env, unmade bool) error {
	if unmade {
		ctx, cancel := context.WithTimeout(e.ctx, undoTime)
		defer cancel()
		if err := unmakeDevice(ctx, c.state, c.floor, e.log); err != nil {
			return err
		}
	}
	if c.unpinned == nil {
		return nil
	}
	return c.unpinned()
}
