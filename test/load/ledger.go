//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ledger is what the model says of the session of one device. Who has it locked is the
// only one to change the session: with one command, or with two at once, of which the
// model then has to know an order.
type ledger struct {
	sync.Mutex
	device string
	id     string
	s      support.Session
}

// begin starts a session of a rep's on the device, and waits for the Yes. A device that
// has just come, or whose last session has just ended, may need a moment.
func (l *ledger) begin(ctx context.Context, by *console) error {
	id, err := by.startSoon(ctx, l.device)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	terms := support.Terms{
		Permissions:    []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW, wirepb.Permission_PERMISSION_CONTROL},
		ConsentTimeout: support.DefaultConsentTimeout,
	}
	s := support.Session{Device: l.device, Rep: by.who}
	for _, v := range []support.Verb{support.Start, support.Allow} {
		if s, _, err = s.Apply(support.Command{Verb: v, At: time.Now(), Terms: terms}); err != nil {
			return fmt.Errorf("the model: %s: %w", v, err)
		}
	}
	l.id, l.s = id, s
	return nil
}

// made is what came of a call.
type made struct {
	move
	invitation string
	err        error
}

// String is the call as an error tells it.
func (m made) String() string { return fmt.Sprintf("%s by %s (%v)", m.name, m.by.who.Name, m.err) }

// explain finds an order in which the model has the same outcome, and takes it. More
// than one order counts only where more than one call ran at a time; how the session
// stands then decides, as its reader is shown it.
func (l *ledger) explain(ctx context.Context, t *together, calls []made) error {
	var why error
	for _, order := range [][]int{{0, 1}, {1, 0}}[:len(calls)] {
		s, wrong := l.s, error(nil)
		for _, i := range order[:len(calls)] {
			next, ok := calls[i].apply(s, calls[i].invitation)
			if ok != (calls[i].err == nil) {
				wrong = fmt.Errorf("%s of %s: the model lets it through: %t; the broker says: %w", calls[i].name, calls[i].by.who.Name, ok, calls[i].err)
				break
			}
			s = next
		}
		if wrong == nil {
			wrong = t.compare(ctx, l.id, s)
		}
		if wrong == nil {
			l.s = s
			return nil
		}
		why = errors.Join(why, wrong)
	}
	return fmt.Errorf("session %s, which the model has as %s: %w", l.id, modelled(l.s, true), why)
}

// compare reads a session as its owner, or as an auditor where it has none, and says
// how it differs from the model.
func (t *together) compare(ctx context.Context, id string, s support.Session) error {
	reader, owner := t.admin, false
	for _, c := range t.reps {
		if c.who.ID == s.Rep.ID {
			reader, owner = c.rep, true
		}
	}
	a, err := reader.sessions.Get(ctx, connect.NewRequest(&apipb.GetRequest{Id: id}))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if got, want := stateOf(a.Msg.Session), modelled(s, owner); got != want {
		return fmt.Errorf("it is %s, and %s by the model", got, want)
	}
	return nil
}
