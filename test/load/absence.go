//go:build linux

package main

import (
	"context"
	"fmt"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/support"
)

const (
	// leaveAfter is how long a run has to be for a rep to leave in its middle: until
	// the broker hands the sessions on.
	leaveAfter = 5 * time.Minute
	// noticed is how soon the broker has seen whose console is open: it looks each second.
	noticed = 5 * time.Second
	// handedOn is when what somebody left behind has been handed on.
	handedOn = support.OwnerGrace + patience
)

// leaveOnce closes a rep's console in the middle of the run, for longer than sessions
// wait for their owner, and looks who has them then.
func (t *together) leaveOnce(ctx context.Context, c *console, end time.Time) error {
	if time.Until(end) > t.span/2 || t.result.orphans > 0 {
		return nil
	}
	var left []*ledger
	for _, l := range t.ledgers {
		l.Lock()
		if l.id == "" || l.s.Phase.Final() || l.s.Rep.ID != c.who.ID {
			l.Unlock()
			continue
		}
		left = append(left, l)
	}
	defer func() {
		for _, l := range left {
			l.Unlock()
		}
	}()
	if err := wait(ctx, noticed); err != nil {
		return err
	}
	t.away.Lock()
	t.absent = c
	t.away.Unlock()
	c.close()
	for _, l := range left {
		if err := t.orphaned(ctx, c, l); err != nil {
			return err
		}
	}
	t.away.Lock()
	defer t.away.Unlock()
	t.absent = nil
	return c.open(ctx)
}

// orphaned waits until a session is another's, and compares whose.
func (t *together) orphaned(ctx context.Context, c *console, l *ledger) error {
	now := time.Now()
	s, _, err := l.s.Apply(support.Command{Verb: support.Vanish, At: now})
	if err != nil {
		return fmt.Errorf("the model: vanish: %w", err)
	}
	to := s.Successor(t.queue, func(q string) bool { return q == t.queue })
	if s, _, err = s.Apply(support.Command{Verb: support.Orphan, At: now.Add(support.OwnerGrace), Successor: to}); err != nil {
		return fmt.Errorf("the model: orphan: %w", err)
	}
	late := time.Now().Add(handedOn)
	for {
		a, err := t.admin.sessions.Get(ctx, connect.NewRequest(&apipb.GetRequest{Id: l.id}))
		if err != nil {
			return err
		}
		if a.Msg.Session.RepId != c.who.ID {
			break
		}
		if time.Now().After(late) {
			return fmt.Errorf("session %s is still of %s, whose console is gone", l.id, c.who.Name)
		}
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
	}
	if err := t.compare(ctx, l.id, s); err != nil {
		return fmt.Errorf("session %s, which its owner left: %w", l.id, err)
	}
	l.s = s
	t.count(func(r *shared) { r.orphans++ })
	return nil
}
