package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
)

type signInService struct{ *Server }

func repOf(p account.Principal) *apipb.Rep {
	if p.ID == "" {
		return nil
	}
	return &apipb.Rep{Id: p.ID, Name: p.Name, DisplayName: p.DisplayName, Admin: p.Admin}
}

func (s *Server) signInRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewSignInServiceHandler(signInService{s}, opts...)
	return []Route{
		{apipbconnect.SignInServiceStateProcedure, true, h},
		{apipbconnect.SignInServiceSetupProcedure, true, h},
		{apipbconnect.SignInServiceSignInProcedure, true, h},
		{apipbconnect.SignInServiceSignOutProcedure, false, h},
	}
}

func (s signInService) State(ctx context.Context, _ *connect.Request[apipb.StateRequest]) (*connect.Response[apipb.StateResponse], error) {
	done, _, err := s.Accounts.SetupDone(ctx)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.StateResponse{SetupNeeded: !done, Rep: repOf(account.Of(ctx)), Organisation: s.Organisation()}), nil
}

func (s signInService) Setup(ctx context.Context, r *connect.Request[apipb.SetupRequest]) (*connect.Response[apipb.SetupResponse], error) {
	p, cookie, err := s.Accounts.Setup(ctx, account.Secret(r.Msg.Secret), account.NewAccount{
		Name: r.Msg.Name, DisplayName: r.Msg.DisplayName, Password: account.Secret(r.Msg.Password), Organisation: r.Msg.Organisation,
	}, r.Peer().Addr)
	if err != nil {
		return nil, err
	}
	s.SetUp()
	a := connect.NewResponse(&apipb.SetupResponse{Rep: repOf(p)})
	a.Header().Add("Set-Cookie", account.Cookie(cookie).String())
	return a, nil
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
	a := connect.NewResponse(&apipb.SignInResponse{Rep: repOf(p)})
	a.Header().Add("Set-Cookie", account.Cookie(cookie).String())
	return a, nil
}

// signedOut names the message that confirms it.
const signedOut = "signed_out"

func (s signInService) SignOut(ctx context.Context, _ *connect.Request[apipb.SignOutRequest]) (*connect.Response[apipb.SignOutResponse], error) {
	if err := s.Accounts.SignOut(ctx, account.Of(ctx)); err != nil {
		return nil, err
	}
	a := connect.NewResponse(&apipb.SignOutResponse{MessageId: signedOut})
	a.Header().Add("Set-Cookie", account.NoCookie().String())
	return a, nil
}
