package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// jumpPath is the path of a session that began as a Jump.
const jumpPath = "jump"

// Jump is what the start of a Jump Client adds to a session.
type Jump struct {
	Ask bool // a person says yes, whatever the settings say
}

// asJump is the settings under which p starts a session on a device. One that was
// pinned begins without a person's yes only for those on whose lists it is, and only
// as a Jump: whoever comes another way asks.
func (d *Desk) asJump(ctx context.Context, p account.Principal, j *Jump, dev store.Device, set policy.Settings) (policy.Settings, error) {
	asks := j != nil && j.Ask
	if j == nil {
		c, err := d.conf.Store.JumpClientOf(ctx, dev.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return set, nil
		case err != nil:
			return set, fmt.Errorf("find Jump Client: %w", err)
		}
		groups, err := d.conf.Store.JumpGroupsOf(ctx, p.ID)
		if err != nil {
			return set, fmt.Errorf("find Jump Groups: %w", err)
		}
		_, member := groups[c.Group]
		asks = c.Owner != p.ID && !member
	}
	if asks {
		set.ConsentPresent, set.ConsentAbsent, set.TimeoutAllows = policy.ConsentAsk, policy.ConsentAsk, false
	}
	return set, nil
}

// JoinOpen brings a rep into a session that runs, without its owner's being asked;
// why says by which rule. The owner is told.
func (d *Desk) JoinOpen(ctx context.Context, p account.Principal, id wire.SessionID, why string) (Session, error) {
	e := d.find(id)
	if e == nil {
		return Session{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
	}
	err := d.joinOpen(ctx, p, e)
	if err != nil {
		return Session{}, refused(err)
	}
	said := p.DisplayName + " joined " + why + "."
	if _, err := d.chat(ctx, e, store.ChatMessage{From: p.DisplayName, RepsOnly: true, Text: said}); err != nil {
		d.conf.Log.WarnContext(ctx, "tell of a rep who joined", "session", id.String(), "error", err)
	}
	d.conf.Hub.Publish(live.Change{Session: id})
	return d.show(e), nil
}

func (d *Desk) joinOpen(ctx context.Context, p account.Principal, e *entry) error {
	if err := policy.Can(p.Policy(), policy.JoinSession, policy.Object{}); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case !e.s.Runs():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session does not run")
	case e.s.In(p.ID):
		return nil
	}
	i := support.Invitation{ID: invitationID(e.id), To: p.ID, ToName: p.DisplayName}
	if n := slices.IndexFunc(e.s.Invitations, func(o support.Invitation) bool { return o.To == p.ID && !o.Transfer }); n >= 0 {
		i = e.s.Invitations[n]
	} else if err := d.stepLocked(ctx, e, action{
		// In the owner's name, who may not refuse it.
		Command: support.Command{Verb: support.Invite, Actor: e.s.Rep, Invitation: i}, actor: system,
	}); err != nil {
		return err
	}
	return d.stepLocked(ctx, e, action{
		Command: support.Command{Verb: support.Join, Actor: actor(p), InvitationID: i.ID}, actor: p.Actor(), actorName: p.DisplayName,
	})
}
