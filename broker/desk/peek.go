package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// maxGlance bounds the chat of a Glance: the newest messages, which fill many screens.
const maxGlance = 200

// Glance is what a rep sees of what waits for them before they take it.
type Glance struct {
	Session
	Name, Email, Phone string // who asks
	Reason             string
	Issue              string              // of the invitation; empty: none
	In                 string              // name of the queue or team in which it waits; empty: for the rep alone
	Since              time.Time           // it waits
	Chat               []store.ChatMessage // that everybody in the session reads, the last ones
	More               bool                // there are earlier ones
}

// Peek shows p what they could take: a request, a chat or a session that waits for them
// or in a queue of a team of theirs, or what they are invited to. Nothing else is there
// for them. The session does not change by it, and the audit log has it before p does.
func (d *Desk) Peek(ctx context.Context, p account.Principal, id wire.SessionID) (Glance, error) {
	if err := policy.Can(p.Policy(), policy.PeekSession, policy.Object{}); err != nil {
		return Glance{}, err
	}
	e := d.find(id)
	if e == nil || policy.Can(p.Policy(), policy.JoinSession, policy.Object{}) != nil {
		return Glance{}, nothingWaits()
	}
	e.mu.Lock() // so that nobody takes it meanwhile
	defer e.mu.Unlock()
	g := Glance{Name: e.asker(), Email: e.wish.Email, Phone: e.wish.Phone, Reason: e.wish.Reason}
	waits, err := d.waits(ctx, p, e, &g)
	if err == nil && !waits {
		err = nothingWaits()
	}
	if err != nil {
		return Glance{}, err
	}
	said, err := d.conf.Store.Chat(ctx, id)
	if err != nil {
		return Glance{}, fmt.Errorf("read chat: %w", err)
	}
	said = slices.DeleteFunc(said, func(m store.ChatMessage) bool { return m.RepsOnly })
	g.More = len(said) > maxGlance
	g.Chat = said[max(0, len(said)-maxGlance):]
	g.Session = d.shown(e)
	_, err = d.conf.Audit.Append(ctx, store.Record{
		At: d.conf.Now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "session.peek", Object: "device:" + e.device,
		ObjectName: e.s.DeviceName, Result: ok, Session: e.id.String(),
	})
	if err != nil {
		return Glance{}, err
	}
	return g, nil
}

// waits reports whether p could take a session, and notes where it waits and since
// when. The entry is locked.
func (d *Desk) waits(ctx context.Context, p account.Principal, e *entry, g *Glance) (waits bool, err error) {
	switch {
	case e.s.Phase == support.Requested:
		waits, err = d.WaitsFor(ctx, p, e.wish)
		g.Since = e.wish.At
	case e.s.Queue != "":
		waits, err = d.MayTake(ctx, p, e.s)
		g.Since = e.s.HeldAt
	case e.s.Phase == support.Waiting: // with the key of a rep
		waits = e.s.Rep.ID == p.ID
	}
	if e.s.Phase == support.Waiting {
		g.Since = e.s.StartedAt
	}
	if e.s.Queue != "" {
		g.In = e.queue
	}
	if waits || err != nil || len(e.s.Invitations) == 0 {
		return waits, err
	}
	teams, err := d.conf.Store.TeamsOf(ctx, p.ID)
	if err != nil {
		return false, err
	}
	mine := e.s.InvitationsOf(p.ID, teams)
	if len(mine) == 0 {
		return false, nil
	}
	g.Since, g.Issue = mine[0].SentAt, mine[0].Issue
	if mine[0].To == "" {
		g.In = mine[0].ToName
	}
	return true, nil
}

// asker is who wants the support, as far as anybody said. The entry is locked.
func (e *entry) asker() string {
	return cmp.Or(e.wish.Name, e.visitor, e.s.User, e.s.DeviceName)
}

func nothingWaits() error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "nothing waits for you there, or somebody else has taken it")
}
