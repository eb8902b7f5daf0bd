package api

import (
	"context"
	"slices"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
)

// sees reports whether p may see a session: one they are in, one that waits in a queue
// of a team of theirs, or any by permission.
func (s *Server) sees(ctx context.Context, p account.Principal, found desk.Session) (bool, error) {
	if policy.Can(p.Policy(), policy.SeeSession, desk.About(found.Session)) == nil {
		return true, nil
	}
	return s.Desk.MayTake(ctx, p, found.Session)
}

// participantsOf lists who is in a session, its owner first.
func participantsOf(s desk.Session) (all []*apipb.Participant) {
	if s.Rep.ID != "" && !s.ConsentAt.IsZero() {
		all = append(all, &apipb.Participant{
			RepId: s.Rep.ID, Name: s.Rep.Name, Owner: true, Control: s.Control == s.Rep.ID, JoinedAt: timestamp(s.JoinedAt),
		})
	}
	for _, p := range s.Participants {
		all = append(all, &apipb.Participant{
			RepId: p.ID, Name: p.Name, External: p.External, Control: s.Control == p.ID, JoinedAt: timestamp(p.JoinedAt),
			Policy: s.Guests[p.ID].PolicyName, LookOnly: p.External && !slices.Contains(s.Guests[p.ID].Capabilities, string(policy.MayControl)),
		})
	}
	return all
}

// invitationsOf lists those that stand, to the owner.
func invitationsOf(p account.Principal, s desk.Session) (all []*apipb.Invitation) {
	if p.ID != s.Rep.ID {
		return nil
	}
	for _, i := range s.Invitations {
		all = append(all, invitationOf(s, i))
	}
	return all
}

func invitationOf(s desk.Session, i support.Invitation) *apipb.Invitation {
	w := &apipb.Invitation{
		Id: i.ID, SessionId: s.ID.String(), DeviceName: s.DeviceName, From: i.From.Name, Transfer: i.Transfer, ToName: i.ToName,
		Issue: i.Issue, SentAt: timestamp(i.SentAt), To: &apipb.Invitation_TeamId{TeamId: i.Team},
	}
	if g, is := s.Guests[i.To]; is {
		w.Guest = invitationOfGuest(g)
	}
	if i.To != "" {
		w.To = &apipb.Invitation_RepId{RepId: i.To}
	}
	return w
}
