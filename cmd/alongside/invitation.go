package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/internal/redact"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
)

// invitation is a bundle that this device is about to enroll with.
type invitation struct {
	*transport.Bundle
	id           *transport.Identity
	state, floor string // folder of the state; file of this machine's own policy
	log          *slog.Logger
}

// errForOneSession refuses to make a device that stays with a bundle that is for a
// ad-hoc client.
var errForOneSession = fmt.Errorf("%w: it is for one session: run it with `alongside run --bundle FILE`", transport.ErrBundle)

// invite prepares the state for a bundle whose floor, if any, can be understood, of a
// device that stays.
func invite(b *transport.Bundle, state, floor string, log *slog.Logger) (*invitation, error) {
	if b.Adhoc != nil {
		return nil, errForOneSession
	}
	if _, err := policy.ParseBundled([]byte(b.Floor)); err != nil {
		return nil, fmt.Errorf("%w: %w", transport.ErrBundle, err)
	}
	if err := os.MkdirAll(filepath.Dir(state), 0o755); err != nil { //nolint:gosec // what is above the state is not ours
		return nil, fmt.Errorf("state directory: %w", err)
	}
	id, err := transport.LoadOrCreateIdentity(state)
	if err != nil {
		return nil, err
	}
	return &invitation{Bundle: b, id: id, state: state, floor: floor, log: log}, nil
}

func (i *invitation) dial(ctx context.Context) (transport.Link, error) {
	floor, err := i.counts()
	if err != nil {
		return nil, err
	}
	d := &transport.Dialer{Broker: i.Broker, Pins: i.Pins, Identity: i.id, Log: i.log, Proxy: floor.ProxyURL()}
	l, err := d.Dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("enroll with %s: %w", i.Broker, err)
	}
	return l, nil
}

// counts is the floor that will: the machine's own or, where there is none, the bundle's.
func (i *invitation) counts() (policy.Floor, error) {
	if _, err := os.Lstat(i.floor); errors.Is(err, fs.ErrNotExist) {
		return policy.ParseBundled([]byte(i.Floor))
	}
	return agent.ReadFloor(i.floor)
}

// redeem spends the token and remembers the broker. The floor is written before
// that, so that there is no enrolled device without it.
func (i *invitation) redeem(ctx context.Context, l transport.Link) (_ *transport.Enrollment, err error) {
	defer redact.Contain(&err)
	done, err := agent.Enroll(ctx, l, i.id, i.Token, version)
	if err != nil {
		return nil, fmt.Errorf("enroll with %s: %w", i.Broker, err)
	}
	en := &transport.Enrollment{
		Broker: i.Broker, Pins: i.Pins, Organisation: done.Organisation, DeviceID: done.DeviceId, GrantKey: done.GrantKey,
	}
	if err := i.writeFloor(); err != nil {
		return nil, err
	}
	if err := transport.SaveEnrollment(i.state, en); err != nil {
		return nil, err
	}
	i.log.Info("enrolled", "organisation", en.Organisation, "broker", en.Broker, "device", en.DeviceID)
	return en, nil
}

// writeFloor makes the bundle's floor this machine's own policy, unless its
// administrator has written one: that one stays as it is.
func (i *invitation) writeFloor() error {
	if i.Floor == "" {
		return nil
	}
	dir := filepath.Dir(i.floor)
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // others may read what is permitted here
		return fmt.Errorf("policy of the bundle: %w", err)
	}
	f, err := os.CreateTemp(dir, ".policy-*")
	if err != nil {
		return fmt.Errorf("policy of the bundle: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(i.Floor)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("policy of the bundle: %w", err)
	}
	err = os.Link(f.Name(), i.floor)
	if errors.Is(err, fs.ErrExist) {
		i.log.Info("the machine has a policy of its own, which stays; the bundle's is not used", "policy", i.floor)
		return nil
	}
	if err != nil {
		return fmt.Errorf("policy of the bundle: %w", err)
	}
	return nil
}
