package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/transport"
)

// refusedSuffix is appended to the name of a bundle that cannot be used: nothing
// is lost, and nothing tries it again.
const refusedSuffix = ".refused"

// drop is the place where whoever installs a machine may leave a bundle.
type drop struct {
	path, state, floor string
	note               *notifier
}

// enrollment is what the device remembers, or gets by the bundle that was left.
// It tries until the broker is reached, and says no only when there is nothing
// to wait for.
func (d drop) enrollment(e *env) (*transport.Enrollment, error) {
	en, err := enrollment(d.state)
	_, left := os.Lstat(d.path)
	switch {
	case errors.Is(left, fs.ErrNotExist):
		return en, err
	case err == nil:
		d.finish(e, en)
		return en, nil
	case !errors.Is(err, errNotEnrolled):
		return nil, err
	}
	b, err := d.read()
	if err == nil {
		en, err = d.redeem(e, b)
	}
	if err == nil {
		d.finish(e, en)
		return en, nil
	}
	if e.ctx.Err() == nil && (errors.Is(err, transport.ErrBundle) || transport.Terminal(err)) {
		d.setAside(e, err)
	}
	return nil, err
}

func (d drop) read() (*transport.Bundle, error) {
	content, err := agent.ReadAdministrators(d.path, transport.MaxBundle)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", transport.ErrBundle, d.path, err)
	}
	if fi, err := os.Stat(d.path); err == nil && fi.Mode().Perm()&0o044 != 0 {
		d.note.log.Warn("every user could read the bundle, and enroll with it", "bundle", d.path)
	}
	return transport.ParseBundle(content, time.Now())
}

// redeem enrolls, however long the broker is away. From the first miss on the
// service counts as started: whatever starts it need not wait.
func (d drop) redeem(e *env, b *transport.Bundle) (en *transport.Enrollment, err error) {
	i, err := invite(b, d.state, d.floor, e.log)
	if err != nil {
		return nil, err
	}
	stop := d.note.beat()
	defer stop()
	r := transport.Reconnect{Log: e.log, Terminal: func(err error) bool { return errors.Is(err, errEnrolled) || transport.Terminal(err) }}
	err = r.Run(e.ctx, func(ctx context.Context) (transport.Link, error) {
		l, err := i.dial(ctx)
		if err != nil {
			d.note.ready("waiting for " + b.Broker + " to enroll with")
		}
		return l, err
	}, func(ctx context.Context, l transport.Link) error {
		var err error
		if en, err = i.redeem(ctx, l); err != nil {
			return err
		}
		return errEnrolled
	})
	if en != nil {
		return en, nil
	}
	return nil, err
}

// finish removes the bundle of an enrolled device: it holds a secret that has
// done its work. One of another broker is not lost.
func (d drop) finish(e *env, en *transport.Enrollment) {
	if b, err := d.read(); err != nil || b.Broker != en.Broker {
		d.setAside(e, fmt.Errorf("this device is enrolled with %s already; to change that: alongside enroll --again --bundle FILE", en.Broker))
		return
	}
	if err := os.Remove(d.path); err != nil {
		e.log.Error("the bundle was used and cannot be removed: remove it, it holds a secret", "bundle", d.path, "err", err)
	}
}

// setAside renames a bundle that is of no use.
func (d drop) setAside(e *env, why error) {
	aside := d.path + refusedSuffix
	if err := os.Rename(d.path, aside); err != nil {
		e.log.Error("bundle refused: remove it", "bundle", d.path, "why", why, "err", err)
		return
	}
	e.log.Error("bundle refused: get a new one from the administrator of your broker and put it in the same place", "bundle", d.path, "kept", aside, "why", why)
}
