package desk

import (
	"context"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Close leaves a session in the way that was chosen. Without a choice nothing
// happens, and the refusal lists those that there are.
func (d *Desk) Close(ctx context.Context, p account.Principal, id wire.SessionID, chosen support.Outcome) (Session, error) {
	what := func(s support.Session) policy.Action {
		switch {
		case chosen == support.OutcomeLeave, s.In(p.ID) && s.Rep.ID != p.ID:
			return policy.LeaveSession
		case chosen == support.OutcomeHold:
			return policy.HoldSession
		default:
			return policy.EndSession
		}
	}
	return d.command(ctx, p, id, what, func(s support.Session) (support.Command, error) {
		legal := s.Outcomes(p.ID)
		switch {
		case len(legal) == 0:
			return support.Command{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "there is no way for you to close it")
		case chosen == "":
			return support.Command{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, "choose an outcome: "+names(legal))
		case !slices.Contains(legal, chosen):
			return support.Command{}, &account.FieldError{Field: "outcome", Detail: "choose one of: " + names(legal)}
		}
		c := support.Command{
			Verb: chosen.Verb(), Actor: actor(p), By: wirepb.EndedBy_ENDED_BY_REP, ByName: p.DisplayName,
		}
		if c.Verb == support.Cancel {
			c.Code = wirepb.ErrorCode_ERROR_CODE_CANCELLED
		}
		return c, nil
	})
}

// Resume takes up a session that its owner parked, or one that waits for an owner in a
// queue of a team of p's. Resuming one that runs is no error.
func (d *Desk) Resume(ctx context.Context, p account.Principal, id wire.SessionID) (Session, error) {
	found, err := d.Get(ctx, id)
	if err != nil {
		return Session{}, err
	}
	may, err := d.MayTake(ctx, p, found.Session)
	if err != nil {
		return Session{}, err
	}
	what := func(support.Session) policy.Action {
		if may {
			return policy.JoinSession
		}
		return policy.ResumeSession
	}
	return d.command(ctx, p, id, what, func(s support.Session) (support.Command, error) {
		switch {
		case may && s.Rep.ID != p.ID:
			return support.Command{Verb: support.TakeOver, Actor: actor(p)}, d.fresh(ctx, p, s)
		case s.Phase == support.Active || s.Phase == support.Chatting:
			return support.Command{}, nil
		case s.Phase == support.Held || s.Phase == support.Waiting:
			return support.Command{Verb: support.Resume, Actor: actor(p)}, d.fresh(ctx, p, s)
		default:
			return support.Command{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not held")
		}
	})
}

// command has a rep do what choose finds fit for an open session; a command
// without a verb is nothing to do.
func (d *Desk) command(ctx context.Context, p account.Principal, id wire.SessionID, what func(support.Session) policy.Action, choose func(support.Session) (support.Command, error)) (Session, error) {
	return d.commandWith(ctx, p, id, what, func(e *entry) (action, error) {
		c, err := choose(e.s)
		return action{Command: c}, err
	})
}

// commandWith is command for what is more than a command; choose sees the entry
// locked.
func (d *Desk) commandWith(ctx context.Context, p account.Principal, id wire.SessionID, what func(support.Session) policy.Action, choose func(*entry) (action, error)) (Session, error) {
	e := d.find(id)
	if e == nil {
		s, err := d.Get(ctx, id)
		if err == nil {
			err = policy.Can(p.Policy(), what(s.Session), About(s.Session))
		}
		if err == nil {
			err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
		}
		return s, err
	}
	e.mu.Lock()
	err := policy.Can(p.Policy(), what(e.s), About(e.s))
	var a action
	if err == nil {
		a, err = choose(e)
	}
	if err == nil && a.Verb != 0 {
		a.actor, a.actorName = p.Actor(), p.DisplayName
		err = d.stepLocked(ctx, e, a)
	}
	e.mu.Unlock()
	if err != nil {
		return Session{}, refused(err)
	}
	return d.show(e), nil
}

// park tells the endpoint whether nobody may look. Offline, it hears when it
// is back.
func (d *Desk) park(e *entry) {
	_ = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Hold{Hold: &wirepb.SessionHold{
		Session: e.id[:], Held: !e.s.Runs(),
	}}})
}

func names(of []support.Outcome) string {
	all := make([]string, len(of))
	for i, o := range of {
		all[i] = string(o)
	}
	return strings.Join(all, ", ")
}
