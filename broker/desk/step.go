package desk

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// action is a command with what the audit log wants to know.
type action struct {
	support.Command
	actor, actorName string
	evidence         proto.Message         // signed statements, or nil
	untold           bool                  // the endpoint knows already that it is over, or never knew of it
	decided          string                // who decided a request with it, as it is shown; empty: nobody
	guest            *store.Guest          // who is invited or comes; nil: no guest
	from             string                // address prefix of the guest who comes
	first, last      func(*store.Tx) error // to be written with the step, before and after it; nil: nothing
}

// do runs an action where nobody waits for the answer.
func (d *Desk) do(ctx context.Context, e *entry, a action) {
	err := d.step(ctx, e, a)
	if err != nil && !errors.Is(err, support.ErrOver) && !errors.Is(err, support.ErrIllegal) {
		d.conf.Log.ErrorContext(ctx, "session command", "session", e.id.String(), "command", a.Verb.String(), "error", err)
	}
}

// step decides, records and acts. Nothing happens unless the record is on the
// disk.
func (d *Desk) step(ctx context.Context, e *entry, a action) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return d.stepLocked(ctx, e, a)
}

func (d *Desk) stepLocked(ctx context.Context, e *entry, a action) error {
	// What was decided is carried through, also when the caller goes away.
	ctx = context.WithoutCancel(ctx)
	a.At = d.conf.Now()
	before := e.s
	next, events, err := before.Apply(a.Command)
	if err != nil {
		return err
	}
	if before.Phase == support.Requested || before.Phase == support.Approved {
		a.untold = true
	}
	wish := d.wished(e.wish, next, a)
	r, err := record(before, next, wish, a)
	if err != nil {
		return err
	}
	if _, err := d.conf.Audit.Append(ctx, r, func(tx *store.Tx) error {
		if a.first != nil {
			if err := a.first(tx); err != nil {
				return err
			}
		}
		if err := keep(tx, before, next, wish, a); err != nil {
			return err
		}
		return keepPlace(tx, next, events, a)
	}); err != nil {
		return err
	}
	told := e.wish.Told
	e.s, e.wish = next, wish
	e.seat(a.guest)
	if a.Verb == support.Regain {
		e.missing = time.Time{}
	}
	d.conf.Log.InfoContext(ctx, "session", "session", e.id.String(), "device", e.device, "rep", next.Rep.ID,
		"command", a.Verb.String(), "phase", next.Phase.String())
	for _, ev := range events {
		if err := d.act(ctx, e, ev, a, before); err != nil {
			return err
		}
	}
	if a.Verb != support.Request && told != wish.State && wish.ID != "" {
		d.tell(e.wish, e.s)
	}
	if wish.Told != wish.State {
		d.owe(e.device)
	}
	d.unmaskGone(e)
	d.publish(e.wish)
	d.conf.Hub.Publish(live.Change{Session: e.id, Left: left(before, next)})
	if (before.Phase == support.Waiting) != (next.Phase == support.Waiting) {
		d.conf.Hub.Publish(live.Change{List: WaitingList})
	}
	d.conf.Hub.Publish(live.Change{Device: e.device})
	return nil
}

// left are the reps who were in a session and are not any more.
func left(before, next support.Session) (all []string) {
	o := About(before)
	for _, rep := range append(o.Others, o.Owner) {
		if before.In(rep) && !next.In(rep) {
			all = append(all, rep)
		}
	}
	return all
}

// keep writes a step in the transaction of its audit record.
func keep(tx *store.Tx, before, next support.Session, wish store.Request, a action) error {
	if before.Phase == support.None {
		if err := tx.AddSession(next); err != nil || wish.ID == "" {
			return err
		}
		return tx.AddRequest(wish)
	}
	if err := tx.PutSession(next); err != nil {
		return err
	}
	if len(before.Participants)+len(before.Invitations)+len(next.Participants)+len(next.Invitations) > 0 {
		if err := tx.PutTogether(next); err != nil {
			return err
		}
		if err := keepGuests(tx, next, a); err != nil {
			return err
		}
	}
	if wish.ID == "" {
		return nil
	}
	return tx.PutRequest(wish)
}

// act does what an event asks for. The entry is locked.
func (d *Desk) act(ctx context.Context, e *entry, ev support.Event, a action, before support.Session) error {
	switch ev {
	case support.Ask:
		offer, ok := a.evidence.(*wirepb.SessionOffer)
		if !ok {
			return errors.New("an offer without a grant")
		}
		err := d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Offer{Offer: offer}})
		if err != nil {
			return d.stepLocked(ctx, e, lost(err))
		}
	case support.Open:
		d.conf.Relay.Open(e.id)
		d.record(e)
		if e.s.Chat {
			d.history(ctx, e)
		}
	case support.Pause:
		d.conf.Relay.Detach(e.id, &wire.CodeError{Code: pauseCode(e.s), Detail: pauseDetail(e.s)})
	case support.Park:
		d.park(e)
	case support.Warn:
		d.warn(e)
	case support.TearDown:
		d.conf.Relay.Close(e.id, ended(e.s))
		d.unrecord(e)
		if !a.untold {
			// Offline: it is told at its next hello, where it claims the session.
			_ = d.conf.Agents.Send(e.device, endMessage(e.s))
		}
		if e.s.Chat && d.newest(ctx, store.Device{ID: e.device}).Kind == store.AdHoc {
			d.conf.Agents.Dismiss(e.device)
		}
	case support.Closed:
		d.mu.Lock()
		d.forget(e)
		d.mu.Unlock()
		d.visitors.forget(e.id)
	case support.Dismiss:
		d.dismiss(e, a)
	case support.Recorded:
	case support.Own:
		d.curb(ctx, e)
	case support.Expel:
		d.expel(e, before)
	case support.Introduce:
		d.introduce(ctx, e)
	case support.Admit, support.Invitations: // consoles are told that the session changed
	}
	return nil
}

func pauseCode(s support.Session) wirepb.ErrorCode {
	if !s.Runs() {
		return wirepb.ErrorCode_ERROR_CODE_SESSION_HELD
	}
	return wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE
}

func pauseDetail(s support.Session) string {
	if !s.Runs() {
		return "the session is held"
	}
	return "the endpoint's link is lost"
}

func lost(err error) action {
	return action{Command: support.Command{
		Verb: support.Lose, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, Detail: err.Error(),
	}, actor: system}
}

// ended is what viewers are told of a session that is over.
func ended(s support.Session) error {
	code := s.Code
	if code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		code = wirepb.ErrorCode_ERROR_CODE_CANCELLED
	}
	detail := "the session has ended"
	if s.ByName != "" {
		detail = "ended by " + s.ByName
	}
	return wire.Refuse(code, detail)
}

func endMessage(s support.Session) *wirepb.BrokerMessage {
	return &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{
		Session: s.ID[:], By: s.By, Code: s.Code, Detail: s.Detail,
	}}}
}

// ok is the result of what was done.
const ok = audit.OK
