package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/presence"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
)

type collaborationService struct{ *Server }

func (s *Server) collaborationRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewCollaborationServiceHandler(collaborationService{s}, opts...)
	return guests(private(
		h, apipbconnect.CollaborationServiceShareTargetsProcedure, apipbconnect.CollaborationServiceInviteProcedure,
		apipbconnect.CollaborationServiceCancelInvitationProcedure, apipbconnect.CollaborationServiceAcceptInvitationProcedure,
		apipbconnect.CollaborationServiceDeclineInvitationProcedure, apipbconnect.CollaborationServiceRemoveProcedure,
		apipbconnect.CollaborationServiceGiveControlProcedure, apipbconnect.CollaborationServiceSetAvailabilityProcedure,
		apipbconnect.CollaborationServiceNoteUseProcedure, apipbconnect.CollaborationServicePeekProcedure,
	), apipbconnect.CollaborationServiceGiveControlProcedure)
}

// reaches pairs how a rep can be reached with the API's words.
var reaches = map[desk.Reach]apipb.Availability{
	desk.Offline:   apipb.Availability_AVAILABILITY_OFFLINE,
	desk.Extended:  apipb.Availability_AVAILABILITY_EXTENDED,
	desk.Away:      apipb.Availability_AVAILABILITY_AWAY,
	desk.Idle:      apipb.Availability_AVAILABILITY_IDLE,
	desk.Available: apipb.Availability_AVAILABILITY_AVAILABLE,
}

func (s collaborationService) ShareTargets(ctx context.Context, r *connect.Request[apipb.ShareTargetsRequest]) (*connect.Response[apipb.ShareTargetsResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	all, err := s.Desk.Targets(ctx, account.Of(ctx), id)
	if err != nil {
		return nil, err
	}
	a := &apipb.ShareTargetsResponse{Policies: policiesOf(all.Policies), Mail: all.Mail}
	for _, t := range all.Teams {
		a.Teams = append(a.Teams, &apipb.ShareTeam{Id: t.ID, Name: t.Name, Reachable: uint32(t.Reachable)}) //nolint:gosec // a count of accounts
	}
	for _, t := range all.Reps {
		a.Reps = append(a.Reps, &apipb.ShareRep{Id: t.ID, Name: t.DisplayName, Availability: reaches[t.Reach], TeamIds: t.Teams, Invited: t.Invited})
	}
	for _, i := range all.Issues {
		a.Issues = append(a.Issues, &apipb.ShareIssue{Id: i.ID, Name: i.Name})
	}
	return connect.NewResponse(a), nil
}

func (s collaborationService) Invite(ctx context.Context, r *connect.Request[apipb.InviteRequest]) (*connect.Response[apipb.InviteResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	to := desk.To{Rep: r.Msg.GetRepId(), Team: r.Msg.GetTeamId(), Issue: r.Msg.GetIssueId()}
	if to == (desk.To{}) {
		return nil, &account.FieldError{Field: "to", Detail: "choose a rep, a team or an issue"}
	}
	if to.Issue != "" && r.Msg.Transfer {
		return nil, &account.FieldError{Field: "transfer", Detail: "ownership is offered to a rep or a team"}
	}
	i, err := s.Desk.Invite(ctx, account.Of(ctx), id, to, r.Msg.Transfer)
	if err != nil {
		return nil, err
	}
	found, err := s.Desk.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.InviteResponse{Invitation: invitationOf(found, i)}), nil
}

func (s collaborationService) CancelInvitation(ctx context.Context, r *connect.Request[apipb.CancelInvitationRequest]) (*connect.Response[apipb.CancelInvitationResponse], error) {
	return connect.NewResponse(&apipb.CancelInvitationResponse{}), s.Desk.Uninvite(ctx, account.Of(ctx), r.Msg.Id)
}

func (s collaborationService) AcceptInvitation(ctx context.Context, r *connect.Request[apipb.AcceptInvitationRequest]) (*connect.Response[apipb.AcceptInvitationResponse], error) {
	p := account.Of(ctx)
	found, err := s.Desk.Accept(ctx, p, r.Msg.Id)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.AcceptInvitationResponse{Session: sessionOf(p, found)}), nil
}

func (s collaborationService) DeclineInvitation(ctx context.Context, r *connect.Request[apipb.DeclineInvitationRequest]) (*connect.Response[apipb.DeclineInvitationResponse], error) {
	return connect.NewResponse(&apipb.DeclineInvitationResponse{}), s.Desk.Decline(ctx, account.Of(ctx), r.Msg.Id)
}

func (s collaborationService) Remove(ctx context.Context, r *connect.Request[apipb.RemoveRequest]) (*connect.Response[apipb.RemoveResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	found, err := s.Desk.Get(ctx, id)
	if err == nil {
		err = policy.Can(p.Policy(), policy.RemoveRep, desk.About(found.Session))
	}
	if err == nil && !r.Msg.Confirm {
		err = unconfirmed("the rep's picture stops at once")
	}
	if err == nil {
		found, err = s.Desk.Remove(ctx, p, id, r.Msg.RepId)
	}
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.RemoveResponse{Session: sessionOf(p, found)}), nil
}

func (s collaborationService) GiveControl(ctx context.Context, r *connect.Request[apipb.GiveControlRequest]) (*connect.Response[apipb.GiveControlResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	found, err := s.Desk.Pass(ctx, p, id, r.Msg.RepId)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.GiveControlResponse{Session: sessionOf(p, found)}), nil
}

// NoteUse notes nothing of a script, which is nobody in front of a console.
func (s collaborationService) NoteUse(ctx context.Context, _ *connect.Request[apipb.NoteUseRequest]) (*connect.Response[apipb.NoteUseResponse], error) {
	if p := account.Of(ctx); !p.Key {
		s.Room.Use(p.ID)
	}
	return connect.NewResponse(&apipb.NoteUseResponse{}), nil
}

// SetAvailability leaves what is not said as it is.
func (s collaborationService) SetAvailability(ctx context.Context, r *connect.Request[apipb.SetAvailabilityRequest]) (*connect.Response[apipb.SetAvailabilityResponse], error) {
	if err := can(ctx, policy.SetAvailability, policy.Object{}); err != nil {
		return nil, err
	}
	var now store.Availability
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(account.Of(ctx).ID)
		if err != nil {
			return err
		}
		now = a.Availability
		if r.Msg.Away != nil {
			now.Away = *r.Msg.Away
		}
		if r.Msg.Extended != nil {
			now.Extended = *r.Msg.Extended
		}
		return tx.SetAvailability(a.ID, now)
	})
	if err != nil {
		return nil, err
	}
	if r.Msg.Away != nil || r.Msg.Extended != nil {
		s.Hub.Publish(live.Change{List: presence.List})
	}
	return connect.NewResponse(&apipb.SetAvailabilityResponse{Away: now.Away, Extended: now.Extended}), nil
}
