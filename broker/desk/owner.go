package desk

import (
	"context"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/guest"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Room tells who has a console open; package presence is it.
type Room interface {
	Here(rep string) bool
	// Idle tells who has one open and does not use it.
	Idle(rep string) bool
	// Gone is since when a rep has no console open, as far as is known.
	Gone(rep string) time.Time
}

// settle is how long a console may be gone before that is said of its rep: a page
// that is loaded again is back by then.
const settle = 5 * time.Second

// ownerThere notes whether the owner of a session is there. An owner who does not come
// back loses it. Who never had a console open while they had the session, as a script
// does not, is not waited for.
func (d *Desk) ownerThere(ctx context.Context, e *entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	owner, now := e.s.Rep.ID, d.conf.Now()
	if owner == "" || e.s.Phase != support.Active && e.s.Phase != support.Held && e.s.Phase != support.Chatting {
		return
	}
	switch here := d.conf.Room.Here(owner); {
	case here && !e.s.OwnerLostAt.IsZero():
		d.try(ctx, e, action{Command: support.Command{Verb: support.Return}, actor: "rep:" + owner, actorName: e.s.Rep.Name})
	case here && e.seen != owner:
		d.see(ctx, e)
	case here:
	case e.s.Orphaned(now):
		d.orphan(ctx, e)
	case e.seen == owner && e.s.OwnerLostAt.IsZero() && now.Sub(d.conf.Room.Gone(owner)) >= settle:
		d.try(ctx, e, action{Command: support.Command{Verb: support.Vanish}, actor: system})
	}
}

// see notes that the owner is one whose console can go.
func (d *Desk) see(ctx context.Context, e *entry) {
	if err := d.conf.Store.Update(ctx, func(tx *store.Tx) error { return tx.SeeOwner(e.id, e.s.Rep.ID) }); err != nil {
		d.conf.Log.ErrorContext(ctx, "note the owner's console", "session", e.id.String(), "error", err)
		return
	}
	e.seen = e.s.Rep.ID
}

// orphan hands a session on whose owner did not come back.
func (d *Desk) orphan(ctx context.Context, e *entry) {
	queues, err := d.conf.Store.Queues(ctx)
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "find queues", "session", e.id.String(), "error", err)
		return
	}
	names, fallback := map[string]string{}, ""
	for _, q := range queues {
		names[q.ID] = q.Name
		if q.Fallback {
			fallback = q.ID
		}
	}
	to := e.s.Successor(fallback, func(queue string) bool { return names[queue] != "" })
	d.try(ctx, e, action{Command: support.Command{
		Verb: support.Orphan, Successor: to, By: wirepb.EndedBy_ENDED_BY_BROKER, Detail: "the owner did not come back",
	}, actor: system})
	e.queue = names[e.s.Queue]
	if to.Rep.ID != "" && e.s.Rep.ID == to.Rep.ID {
		d.see(ctx, e) // by a console: this owner may be gone as well
	}
}

// curb takes the control token from an owner who may look and not control.
func (d *Desk) curb(ctx context.Context, e *entry) {
	owner := e.s.Rep
	if owner.ID == "" || e.s.Control != owner.ID {
		return
	}
	if may, err := d.mayControl(ctx, owner.ID); err != nil || !may {
		d.try(ctx, e, action{Command: support.Command{Verb: support.Pass, Actor: owner}, actor: system})
	}
}

// expel sends the viewers and tickets away of all who were in a session and may not
// look any more.
func (d *Desk) expel(e *entry, before support.Session) {
	gone := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "you are not in the session any more")
	held := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "the session is held")
	o := About(before)
	for _, rep := range append(o.Others, o.Owner) {
		switch {
		case rep == "" || e.s.Attends(rep):
		case e.s.In(rep):
			d.conf.Relay.Expel(e.id, rep, held)
		default:
			d.conf.Relay.Expel(e.id, rep, gone)
		}
	}
}

// introduce tells the endpoint who is in a session, and who of them may use the
// clipboard and files. Offline, it hears when it is back.
func (d *Desk) introduce(ctx context.Context, e *entry) {
	m := &wirepb.SessionParticipants{Session: e.id[:]}
	if e.s.Rep.ID != "" {
		m.Participants = append(m.Participants, &wirepb.Participant{RepId: e.s.Rep.ID, Name: e.s.Rep.Name, Owner: true})
	}
	for _, p := range e.s.Participants {
		m.Participants = append(m.Participants, &wirepb.Participant{RepId: p.ID, Name: p.Name, External: p.External})
	}
	for _, p := range m.Participants {
		p.Control = e.s.Control == p.RepId
		p.Clipboard = d.may(ctx, e, p.RepId, policy.UseClipboard)
		p.Files = d.may(ctx, e, p.RepId, policy.UseFiles)
	}
	if len(m.Participants) > 0 {
		_ = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Participants{Participants: m}})
	}
}

// may reports whether somebody of a session may do something in it, by their account or
// by the session policy of their invitation. Who is not known may not. The entry is locked.
func (d *Desk) may(ctx context.Context, e *entry, rep string, a policy.Action) bool {
	if g, is := e.guests[rep]; is {
		return policy.Can(guest.Principal(g).Policy(), a, About(e.s)) == nil
	}
	found, err := d.conf.Store.Account(ctx, rep)
	if err != nil {
		if !errors.Is(err, store.ErrNotFound) {
			d.conf.Log.ErrorContext(ctx, "find rep", "session", e.id.String(), "rep", rep, "error", err)
		}
		return false
	}
	return policy.Can(account.PolicyOf(found), a, About(e.s)) == nil
}
