package desk

import (
	"context"
	"slices"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Mail writes to reps who have no console open; package mail is it.
type Mail interface {
	// Invited tells a rep of an invitation. It does not wait for the mail to be sent.
	Invited(ctx context.Context, to store.Account, i support.Invitation, device string)
	// On says whether mail is sent at all.
	On(ctx context.Context) (bool, error)
	// Link mails the link of a guest. It does not wait for the mail to be sent.
	Link(ctx context.Context, g store.Guest, from support.Rep, link account.Secret) error
}

// To is whom an invitation is for: a rep, any rep of a team, or, asking for help,
// any rep of the team whose queue an issue has. One of them is set.
type To struct{ Rep, Team, Issue string }

// Invite puts an invitation into the queue of a rep or a team. Who can be reached by
// mail only gets one.
func (d *Desk) Invite(ctx context.Context, p account.Principal, id wire.SessionID, to To, transfer bool) (support.Invitation, error) {
	what := policy.InviteRep
	if transfer {
		what = policy.TransferSession
	}
	s, err := d.owned(ctx, p, id, what)
	if err != nil {
		return support.Invitation{}, err
	}
	f, err := d.staff(ctx)
	if err != nil {
		return support.Invitation{}, err
	}
	i, err := d.address(ctx, p, s, f, to)
	if err != nil {
		return i, err
	}
	i.ID, i.Transfer = invitationID(id), transfer
	done, err := d.command(ctx, p, id, only(what), func(support.Session) (support.Command, error) {
		return support.Command{Verb: support.Invite, Actor: actor(p), Invitation: i}, nil
	})
	if err != nil {
		return i, err
	}
	i.From, i.SentAt = actor(p), d.conf.Now()
	if n := slices.IndexFunc(done.Invitations, func(o support.Invitation) bool { return o.ID == i.ID }); n >= 0 {
		i = done.Invitations[n] // else it was answered already
	}
	d.mail(ctx, f, s, i)
	return i, nil
}

// address finds whom an invitation is for, or says why p may not send it there.
func (d *Desk) address(ctx context.Context, p account.Principal, s support.Session, f staff, to To) (i support.Invitation, err error) {
	beyond := policy.Can(p.Policy(), policy.InviteAnybody, policy.Object{})
	mine := f.teamsOf(p.ID)
	switch {
	case to.Rep != "":
		n := slices.IndexFunc(f.reps, func(a store.Account) bool { return a.ID == to.Rep })
		switch {
		case n < 0:
			return i, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such rep")
		case beyond != nil && !shares(mine, f.teamsOf(to.Rep)):
			return i, beyond
		case d.Reach(f.reps[n]) == Offline && !s.In(to.Rep):
			return i, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_REACHABLE, "neither logged in nor to be reached by mail")
		}
		return support.Invitation{To: to.Rep, ToName: f.reps[n].DisplayName}, nil
	case to.Team != "":
		n := slices.IndexFunc(f.teams, func(t store.Team) bool { return t.ID == to.Team })
		own := slices.Contains(mine, to.Team)
		switch {
		case n < 0:
			return i, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such team")
		case beyond != nil && !own:
			return i, beyond
		case !own && !slices.ContainsFunc(f.reps, func(a store.Account) bool {
			return slices.Contains(f.teams[n].Members, a.ID) && d.Reach(a) != Offline
		}):
			return i, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_REACHABLE, "nobody of the team is logged in or to be reached by mail")
		}
		return support.Invitation{Team: to.Team, ToName: f.teams[n].Name}, nil
	default:
		return d.helpUnder(ctx, to.Issue)
	}
}

// helpUnder asks for help under an issue: of the team whose queue it has.
func (d *Desk) helpUnder(ctx context.Context, issue string) (i support.Invitation, err error) {
	issues, err := d.conf.Store.Issues(ctx)
	if err != nil {
		return i, err
	}
	n := slices.IndexFunc(issues, func(x store.Issue) bool { return x.ID == issue && x.Help })
	if n < 0 {
		return i, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no issue under which help may be asked for")
	}
	queues, err := d.conf.Store.Queues(ctx)
	if err != nil {
		return i, err
	}
	q := slices.IndexFunc(queues, func(q store.Queue) bool { return q.ID == issues[n].Queue })
	if q < 0 {
		return i, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "the issue has no queue")
	}
	i = support.Invitation{Team: queues[q].Team, ToName: queues[q].Name, Issue: issues[n].Name}
	return i, nil
}

// mail writes to those whom an invitation is for and who have no console open.
func (d *Desk) mail(ctx context.Context, f staff, s support.Session, i support.Invitation) {
	if d.conf.Mail == nil {
		return
	}
	teams := func(a store.Account) bool { return slices.Contains(f.teamsOf(a.ID), i.Team) }
	for _, a := range f.reps {
		if d.Reach(a) == Extended && !s.In(a.ID) && (a.ID == i.To || i.To == "" && teams(a)) {
			d.conf.Mail.Invited(ctx, a, i, s.DeviceName)
		}
	}
}
