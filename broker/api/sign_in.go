package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type signInService struct{ *Server }

// repOf is who is signed in; half a sign-in is nobody yet.
func repOf(p account.Principal) *apipb.Rep {
	if p.ID == "" || p.Need != account.NeedNothing {
		return nil
	}
	return &apipb.Rep{Id: p.ID, Name: p.Name, DisplayName: p.DisplayName, Admin: p.Admin, Permissions: p.Policy().Holds().Names()}
}

func needOf(p account.Principal) apipb.MfaNeed {
	switch {
	case p.ID == "":
		return apipb.MfaNeed_MFA_NEED_UNSPECIFIED
	case p.Need == account.NeedProof:
		return apipb.MfaNeed_MFA_NEED_PROVE
	case p.Need == account.NeedFactor:
		return apipb.MfaNeed_MFA_NEED_ENROLL
	default:
		return apipb.MfaNeed_MFA_NEED_NONE
	}
}

// setCookie gives a sign-in its cookie.
func setCookie[T any](a *connect.Response[T], cookie account.Secret) *connect.Response[T] {
	a.Header().Add("Set-Cookie", account.Cookie(cookie).String())
	return a
}

func (s *Server) signInRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewSignInServiceHandler(signInService{s}, opts...)
	return append(
		[]Route{
			{Path: apipbconnect.SignInServiceStateProcedure, Public: true, Handler: h},
			{Path: apipbconnect.SignInServiceSetupProcedure, Public: true, Handler: h},
			{Path: apipbconnect.SignInServiceSignInProcedure, Public: true, Handler: h},
		},
		half(h, apipbconnect.SignInServiceSignOutProcedure)...,
	)
}

func (s signInService) State(ctx context.Context, _ *connect.Request[apipb.StateRequest]) (*connect.Response[apipb.StateResponse], error) {
	done, _, err := s.Accounts.SetupDone(ctx)
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	return connect.NewResponse(&apipb.StateResponse{
		SetupNeeded: !done, Rep: repOf(p), Organisation: s.Organisation(), Mfa: needOf(p), OidcName: s.SignInName,
	}), nil
}

func (s signInService) Setup(ctx context.Context, r *connect.Request[apipb.SetupRequest]) (*connect.Response[apipb.SetupResponse], error) {
	p, cookie, err := s.Accounts.Setup(ctx, account.Secret(r.Msg.Secret), account.NewAccount{
		Name: r.Msg.Name, DisplayName: r.Msg.DisplayName, Password: account.Secret(r.Msg.Password), Organisation: r.Msg.Organisation,
	}, r.Peer().Addr)
	if err != nil {
		return nil, err
	}
	s.SetUp()
	return setCookie(connect.NewResponse(&apipb.SetupResponse{Rep: repOf(p)}), cookie), nil
}

func (s signInService) SignIn(ctx context.Context, r *connect.Request[apipb.SignInRequest]) (*connect.Response[apipb.SignInResponse], error) {
	p, cookie, err := s.Accounts.SignIn(ctx, r.Msg.Name, account.Secret(r.Msg.Password), r.Peer().Addr)
	if err != nil {
		return nil, err
	}
	if before := account.Of(ctx); before.ID != "" {
		// The old sign-in of this browser must not live on unseen.
		if err := s.Accounts.SignOut(ctx, before); err != nil {
			return nil, err
		}
	}
	return setCookie(connect.NewResponse(&apipb.SignInResponse{Rep: repOf(p), Mfa: needOf(p)}), cookie), nil
}

// stillOpen refuses where p is in an open session, and lists those with the ways of
// closing each. What is parked is open: it would wait for its owner.
func stillOpen(p account.Principal, all []desk.Session) error {
	var open []string
	for _, s := range all {
		ways := slices.DeleteFunc(outcomes(s, p), func(o string) bool { return o == string(support.OutcomeHold) })
		if s.In(p.ID) && len(ways) > 0 {
			open = append(open, fmt.Sprintf("%s (%s)", s.DeviceName, strings.Join(ways, ", ")))
		}
	}
	if len(open) == 0 {
		return nil
	}
	slices.Sort(open)
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSIONS_OPEN, "close your sessions first: "+strings.Join(open, "; "))
}

// signedOut names the message that confirms it.
const signedOut = "signed_out"

func (s signInService) SignOut(ctx context.Context, _ *connect.Request[apipb.SignOutRequest]) (*connect.Response[apipb.SignOutResponse], error) {
	p := account.Of(ctx)
	if s.ClosedSessions {
		if err := stillOpen(p, s.Desk.Open()); err != nil {
			return nil, err
		}
	}
	if err := s.Accounts.SignOut(ctx, p); err != nil {
		return nil, err
	}
	a := connect.NewResponse(&apipb.SignOutResponse{MessageId: signedOut})
	a.Header().Add("Set-Cookie", account.NoCookie().String())
	return a, nil
}
