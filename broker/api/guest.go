package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/guest"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type guestService struct{ *Server }

func (s *Server) guestRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewGuestServiceHandler(guestService{s}, opts...)
	return append(
		private(h, apipbconnect.GuestServiceInviteGuestProcedure),
		Route{Path: apipbconnect.GuestServiceStateProcedure, Public: true, Guest: true, Handler: h},
		Route{Path: apipbconnect.GuestServiceRedeemProcedure, Public: true, Guest: true, Handler: h},
	)
}

// guests lets guests call some of the procedures of a list.
func guests(routes []Route, paths ...string) []Route {
	for i := range routes {
		for _, p := range paths {
			routes[i].Guest = routes[i].Guest || routes[i].Path == p
		}
	}
	return routes
}

func (s guestService) InviteGuest(ctx context.Context, r *connect.Request[apipb.InviteGuestRequest]) (*connect.Response[apipb.InviteGuestResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	i, link, sent, err := s.Desk.InviteGuest(ctx, account.Of(ctx), id, desk.NewGuest{
		Policy: r.Msg.PolicyId, Name: r.Msg.Name, Description: r.Msg.Description, Comments: r.Msg.Comments, Email: r.Msg.Email,
	})
	if err != nil {
		return nil, err
	}
	found, err := s.Desk.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.InviteGuestResponse{Invitation: invitationOf(found, i), Link: link.Reveal(), Mailed: sent}), nil
}

func guestOf(p account.Principal) *apipb.Guest {
	if !p.IsGuest() {
		return nil
	}
	g := &apipb.Guest{Id: p.ID, Name: p.DisplayName, SessionId: p.Guest.String()}
	for _, c := range p.Capabilities {
		g.Capabilities = append(g.Capabilities, string(c))
	}
	return g
}

func (s guestService) State(ctx context.Context, _ *connect.Request[apipb.GuestStateRequest]) (*connect.Response[apipb.GuestStateResponse], error) {
	return connect.NewResponse(&apipb.GuestStateResponse{Guest: guestOf(account.Of(ctx)), Organisation: s.Organisation()}), nil
}

func (s guestService) Redeem(ctx context.Context, r *connect.Request[apipb.RedeemRequest]) (*connect.Response[apipb.RedeemResponse], error) {
	before := account.Of(ctx)
	if before.ID != "" && !before.IsGuest() {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SIGNED_IN, "sign out first, or open the link in a private window")
	}
	found, p, cookie, err := s.Desk.Redeem(ctx, account.Secret(r.Msg.Key), r.Peer().Addr)
	if err != nil {
		return nil, err
	}
	if before.IsGuest() && before.Guest != p.Guest {
		// This browser has one guest: who it was before must not stay unseen.
		if _, err := s.Desk.Close(ctx, before, before.Guest, support.OutcomeLeave); err != nil {
			s.Log.WarnContext(ctx, "leave the session before", "session", before.Guest.String(), "guest", before.ID, "error", err)
		}
	}
	a := connect.NewResponse(&apipb.RedeemResponse{Guest: guestOf(p), Session: sessionOf(p, found)})
	a.Header().Add("Set-Cookie", guest.Cookie(cookie).String())
	return a, nil
}

// valid reports whether somebody's sign-in still stands.
func (s *Server) valid(ctx context.Context, p account.Principal) bool {
	if p.IsGuest() {
		return s.Doorman.Valid(ctx, p)
	}
	return s.Accounts.Valid(ctx, p)
}

// invitationOfGuest is what only an invitation to a guest has.
func invitationOfGuest(g store.Guest) *apipb.GuestInvitation {
	return &apipb.GuestInvitation{
		Policy: g.PolicyName, Description: g.Description, Comments: g.Comments, Email: g.Email, ExpiresAt: timestamp(g.ExpiresAt),
	}
}

// policiesOf are the session policies among which an owner chooses.
func policiesOf(all []store.SessionPolicy) (out []*apipb.SharePolicy) {
	for _, p := range all {
		m := &apipb.SharePolicy{Id: p.ID, Name: p.Name, Note: p.Note}
		for _, c := range p.Capabilities {
			m.Capabilities = append(m.Capabilities, policy.Capability(c).Title())
		}
		out = append(out, m)
	}
	return out
}

// explainGuest says whether a guest may do something in their session. Its owner may
// ask, and who edits settings.
func (s *Server) explainGuest(ctx context.Context, g store.Guest, q *apipb.ExplainRequest) (*connect.Response[apipb.ExplainResponse], error) {
	found, err := s.Desk.Get(ctx, g.Session)
	if err == nil {
		err = can(ctx, policy.ExplainPolicy, policy.Object{Owner: found.Rep.ID})
	}
	if err != nil {
		return nil, err
	}
	d, err := s.Book.Find(ctx, q.Device)
	switch {
	case err != nil:
		return nil, err
	case d.ID != found.Device:
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "the external rep is invited to no session with this device")
	}
	a := policy.Action(q.Action)
	if a == "" {
		a = policy.AttachSession
	}
	decision := policy.Decision{
		Err:  policy.Can(guest.Principal(g).Policy(), a, desk.About(found.Session)),
		Rule: policy.Rule{Kind: "session_policy", ScopeID: g.Policy, Scope: g.PolicyName},
	}
	if decision.Allowed() && a == policy.ControlSession && !found.Input() {
		decision = policy.Decision{Err: wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "the session is for looking only"), Rule: policy.Rule{Kind: "state"}}
	}
	return connect.NewResponse(s.explanation(d, decision)), nil
}
