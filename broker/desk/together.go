package desk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/guest"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// About is a session as policy is asked about it.
func About(s support.Session) policy.Object {
	o := policy.Object{Owner: s.Rep.ID}
	for _, p := range s.Participants {
		o.Others = append(o.Others, p.ID)
	}
	return o
}

func actor(p account.Principal) support.Rep { return support.Rep{ID: p.ID, Name: p.DisplayName} }

// invitationSeparator stands between the session and the rest of an invitation's id.
const invitationSeparator = "-"

// invitationID is a new id, which tells the session.
func invitationID(s wire.SessionID) string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return s.String() + invitationSeparator + hex.EncodeToString(b)
}

// invited finds the session of an invitation.
func (d *Desk) invited(id string) (wire.SessionID, error) {
	session, _, _ := strings.Cut(id, invitationSeparator)
	if b, err := hex.DecodeString(session); err == nil {
		if id, err := wire.ParseSessionID(b); err == nil && d.find(id) != nil {
			return id, nil
		}
	}
	return wire.SessionID{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_INVITATION_GONE, "the invitation is gone")
}

// Uninvite takes an invitation back.
func (d *Desk) Uninvite(ctx context.Context, p account.Principal, id string) error {
	session, err := d.invited(id)
	if err != nil {
		return err
	}
	_, err = d.command(ctx, p, session, only(policy.InviteRep), func(support.Session) (support.Command, error) {
		return support.Command{Verb: support.Uninvite, Actor: actor(p), InvitationID: id}, nil
	})
	return err
}

// Accept takes up an invitation: as a participant, or as the owner where that was
// offered.
func (d *Desk) Accept(ctx context.Context, p account.Principal, id string) (Session, error) {
	return d.respond(ctx, p, id, func(i support.Invitation) support.Verb {
		if i.Transfer {
			return support.TakeOver
		}
		return support.Join
	})
}

// Decline says no to an invitation.
func (d *Desk) Decline(ctx context.Context, p account.Principal, id string) error {
	_, err := d.respond(ctx, p, id, func(support.Invitation) support.Verb { return support.DeclineInvitation })
	return err
}

func (d *Desk) respond(ctx context.Context, p account.Principal, id string, verb func(support.Invitation) support.Verb) (Session, error) {
	if err := policy.Can(p.Policy(), policy.JoinSession, policy.Object{}); err != nil {
		return Session{}, err
	}
	session, err := d.invited(id)
	if err != nil {
		return Session{}, err
	}
	teams, err := d.conf.Store.TeamsOf(ctx, p.ID)
	if err != nil {
		return Session{}, err
	}
	return d.command(ctx, p, session, only(policy.JoinSession), func(s support.Session) (support.Command, error) {
		c := support.Command{Verb: support.Join, Actor: actor(p), InvitationID: id}
		n := slices.IndexFunc(s.Invitations, func(i support.Invitation) bool { return i.ID == id })
		if n < 0 {
			return c, nil // the machine knows whether somebody else was first
		}
		i := s.Invitations[n]
		if i.To != p.ID && (i.To != "" || !slices.Contains(teams, i.Team)) {
			return c, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such invitation")
		}
		if c.Verb = verb(i); c.Verb == support.DeclineInvitation {
			return c, nil
		}
		return c, d.fresh(ctx, p, s)
	})
}

// fresh checks that p proved a second factor lately, where the session's device asks for
// that before a session: who comes in later gets as much as who began it.
func (d *Desk) fresh(ctx context.Context, p account.Principal, s support.Session) error {
	dev, err := d.conf.Store.Device(ctx, s.Device)
	if err != nil {
		return fmt.Errorf("find device: %w", err)
	}
	return proved(p, d.conf.Policy.Settings(dev), d.conf.Now())
}

// MayTake reports whether a session waits in a queue of a team of p's.
func (d *Desk) MayTake(ctx context.Context, p account.Principal, s support.Session) (bool, error) {
	if s.Queue == "" || policy.Can(p.Policy(), policy.JoinSession, policy.Object{}) != nil {
		return false, nil //nolint:nilerr // a refusal is the answer
	}
	return d.conf.Store.InQueueTeam(ctx, s.Queue, p.ID)
}

// Remove takes a participant out of a session, at once.
func (d *Desk) Remove(ctx context.Context, p account.Principal, id wire.SessionID, rep string) (Session, error) {
	return d.command(ctx, p, id, only(policy.RemoveRep), func(support.Session) (support.Command, error) {
		return support.Command{Verb: support.Remove, Actor: actor(p), Target: rep}, nil
	})
}

// Pass hands the control token to a rep of the session who may control; with "" nobody
// has it.
func (d *Desk) Pass(ctx context.Context, p account.Principal, id wire.SessionID, to string) (Session, error) {
	may, err := d.mayControl(ctx, to)
	if err != nil {
		return Session{}, err
	}
	return d.commandWith(ctx, p, id, only(policy.PassControl), func(e *entry) (action, error) {
		g, is := e.guests[to]
		switch {
		case is && policy.Can(guest.Principal(g).Policy(), policy.ControlSession, About(e.s)) != nil:
			return action{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "the session policy of this external rep allows looking only")
		case !is && e.s.In(to) && !may:
			return action{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "this rep may look and not control")
		}
		return action{Command: support.Command{Verb: support.Pass, Actor: actor(p), Target: to}}, nil
	})
}

// mayControl reports whether a rep may have the control token.
func (d *Desk) mayControl(ctx context.Context, rep string) (bool, error) {
	if rep == "" {
		return true, nil
	}
	a, err := d.conf.Store.Account(ctx, rep)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("find rep: %w", err)
	}
	return policy.Can(account.PolicyOf(a), policy.ControlSession, policy.Object{}) == nil, nil
}

func only(a policy.Action) func(support.Session) policy.Action {
	return func(support.Session) policy.Action { return a }
}

// refused is a refusal of the machine as callers know it.
func refused(err error) error {
	for is, e := range map[error]*wire.CodeError{
		support.ErrNotOwner:            {Code: wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER, Detail: "only the session's owner may do this"},
		support.ErrNotParticipant:      {Code: wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, Detail: "not in the session beside its owner"},
		support.ErrDuplicateInvitation: {Code: wirepb.ErrorCode_ERROR_CODE_DUPLICATE_INVITATION, Detail: "invited, or in the session already"},
		support.ErrInvitationGone:      {Code: wirepb.ErrorCode_ERROR_CODE_INVITATION_GONE, Detail: "the invitation is gone"},
		support.ErrAlreadyTaken:        {Code: wirepb.ErrorCode_ERROR_CODE_ALREADY_TAKEN, Detail: "another rep was first"},
		support.ErrNotInMode:           {Code: wirepb.ErrorCode_ERROR_CODE_NOT_IN_MODE, Detail: "only chat is available until the customer runs the client"},
		support.ErrFull:                {Code: wirepb.ErrorCode_ERROR_CODE_BUSY, Detail: "as many are in the session, or invited, as there may be"},
		support.ErrOver:                {Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, Detail: "the session is in another state by now"},
		support.ErrIllegal:             {Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, Detail: "the session is in another state by now"},
	} {
		if errors.Is(err, is) {
			return e
		}
	}
	return err
}
