package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/transport"
)

type enrollCmd struct {
	Bundle string `required:"" type:"existingfile" help:"The bundle file from the broker's administrator."`
	State  string `help:"State directory; by default the service's as root, else your own." placeholder:"DIR"`
	Again  bool   `help:"Enroll although the device is enrolled already."`
}

// Run enrolls this device.
func (c *enrollCmd) Run(e *env) error {
	if c.State == "" && os.Geteuid() == 0 {
		c.State = systemState
	}
	state, err := stateDir(c.State)
	if err != nil {
		return err
	}
	if !c.Again {
		if old, err := enrollment(state); err == nil {
			fmt.Fprintf(e.out, "already enrolled with %s (%s)\n", old.Organisation, old.Broker)
			return nil
		}
	}
	en, err := enroll(e.ctx, state, c.Bundle, e.log)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "enrolled with %s (%s)\n", en.Organisation, en.Broker)
	return nil
}

// enroll redeems a bundle for the device key of state, and remembers the broker.
func enroll(ctx context.Context, state, bundle string, log *slog.Logger) (*transport.Enrollment, error) {
	b, err := transport.LoadBundle(bundle, time.Now())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(state), 0o755); err != nil { //nolint:gosec // what is above the state is not ours
		return nil, fmt.Errorf("state directory: %w", err)
	}
	id, err := transport.LoadOrCreateIdentity(state)
	if err != nil {
		return nil, err
	}
	d := &transport.Dialer{Broker: b.Broker, Pins: b.Pins, Identity: id, Log: log}
	l, err := d.Dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("enroll with %s: %w", b.Broker, err)
	}
	defer l.Close(errors.New("enrolled"))
	done, err := agent.Enroll(ctx, l, id, b.Token, version)
	if err != nil {
		return nil, fmt.Errorf("enroll with %s: %w", b.Broker, err)
	}
	en := &transport.Enrollment{
		Broker: b.Broker, Pins: b.Pins, Organisation: done.Organisation, DeviceID: done.DeviceId, GrantKey: done.GrantKey,
	}
	if err := transport.SaveEnrollment(state, en); err != nil {
		return nil, err
	}
	log.Info("enrolled", "organisation", en.Organisation, "broker", en.Broker, "device", en.DeviceID)
	return en, nil
}
