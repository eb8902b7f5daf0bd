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

// Reach is how a rep can be reached now.
type Reach uint8

// Reaches, the best last.
const (
	Offline   Reach = iota
	Extended        // no console is open; invitations come by mail
	Away            // a console is open, and the rep says to be away
	Idle            // a console is open, and nobody has used it for a while
	Available       // a console is open
)

// Targets is whom the owner of a session may invite now.
type Targets struct {
	Teams  []TargetTeam
	Reps   []TargetRep
	Issues []store.Issue // under which help may be asked for
	// Policies are those under which a guest may be invited, and Mail says whether the
	// link can be mailed.
	Policies []store.SessionPolicy
	Mail     bool
}

// TargetTeam is a team with how many of it can come.
type TargetTeam struct {
	store.Team
	Reachable int
}

// TargetRep is a rep who can be reached.
type TargetRep struct {
	store.Account
	Reach   Reach
	Teams   []string // ids
	Invited bool
}

// Reach tells how a rep can be reached.
func (d *Desk) Reach(a store.Account) Reach {
	switch here := d.conf.Room.Here(a.ID); {
	case here && a.Away:
		return Away
	case here && d.conf.Room.Idle(a.ID):
		return Idle
	case here:
		return Available
	case a.Extended && a.Email != "":
		return Extended
	default:
		return Offline
	}
}

// staff is who works here.
type staff struct {
	reps  []store.Account // who may join sessions
	teams []store.Team
}

func (d *Desk) staff(ctx context.Context) (staff, error) {
	reps, err := d.conf.Store.Accounts(ctx)
	if err != nil {
		return staff{}, err
	}
	teams, err := d.conf.Store.Teams(ctx)
	return staff{
		reps: slices.DeleteFunc(reps, func(a store.Account) bool {
			return !a.DisabledAt.IsZero() || policy.Can(account.PolicyOf(a), policy.JoinSession, policy.Object{}) != nil
		}),
		teams: teams,
	}, err
}

// teamsOf lists the teams that a rep is in.
func (f staff) teamsOf(rep string) (ids []string) {
	for _, t := range f.teams {
		if slices.Contains(t.Members, rep) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(id string) bool { return slices.Contains(b, id) })
}

// Targets lists whom p may invite to a session now: reps who can be reached, of p's
// own teams and with the permission of all; of teams that are not p's only those with
// somebody to be reached.
func (d *Desk) Targets(ctx context.Context, p account.Principal, id wire.SessionID) (Targets, error) {
	s, err := d.owned(ctx, p, id, policy.InviteRep)
	if err != nil {
		return Targets{}, err
	}
	f, err := d.staff(ctx)
	if err != nil {
		return Targets{}, err
	}
	issues, err := d.conf.Store.Issues(ctx)
	if err != nil {
		return Targets{}, err
	}
	all := Targets{Issues: slices.DeleteFunc(issues, func(i store.Issue) bool { return !i.Help })}
	if all.Policies, err = d.conf.Store.SessionPolicies(ctx); err != nil {
		return Targets{}, err
	}
	all.Mail = d.mails(ctx) == nil
	beyond := policy.Can(p.Policy(), policy.InviteAnybody, policy.Object{}) == nil
	mine := f.teamsOf(p.ID)
	reachable := map[string]int{}
	for _, a := range f.reps {
		reach, teams := d.Reach(a), f.teamsOf(a.ID)
		if reach == Offline || s.In(a.ID) {
			continue
		}
		for _, t := range teams {
			reachable[t]++
		}
		if beyond || shares(mine, teams) {
			invited := slices.ContainsFunc(s.Invitations, func(i support.Invitation) bool { return i.To == a.ID })
			all.Reps = append(all.Reps, TargetRep{Account: a, Reach: reach, Teams: teams, Invited: invited})
		}
	}
	for _, t := range f.teams {
		if slices.Contains(mine, t.ID) || beyond && reachable[t.ID] > 0 {
			all.Teams = append(all.Teams, TargetTeam{Team: t, Reachable: reachable[t.ID]})
		}
	}
	return all, nil
}

// owned is an open session of which p may do what its owner may.
func (d *Desk) owned(ctx context.Context, p account.Principal, id wire.SessionID, what policy.Action) (support.Session, error) {
	s, err := d.Get(ctx, id)
	if err == nil {
		err = policy.Can(p.Policy(), what, About(s.Session))
	}
	if err == nil && s.Phase.Final() {
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
	}
	if err == nil && s.ChatOnly() {
		err = notInMode()
	}
	return s.Session, err
}
