package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
)

type mfaService struct{ *Server }

func (s *Server) mfaRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewMfaServiceHandler(mfaService{s}, opts...)
	return append(
		half(h, apipbconnect.MfaServiceBeginTotpProcedure, apipbconnect.MfaServiceFinishTotpProcedure, apipbconnect.MfaServiceBeginPasskeyProcedure,
			apipbconnect.MfaServiceFinishPasskeyProcedure, apipbconnect.MfaServiceChallengeProcedure, apipbconnect.MfaServiceProveProcedure),
		personal(h, apipbconnect.MfaServiceListFactorsProcedure, apipbconnect.MfaServiceRemoveFactorProcedure,
			apipbconnect.MfaServiceNewRecoveryCodesProcedure)...,
	)
}

func factorOf(f store.Factor) *apipb.Factor {
	return &apipb.Factor{Id: f.ID, Kind: f.Kind, Name: f.Name, CreatedAt: timestamp(f.CreatedAt), UsedAt: timestamp(f.UsedAt)}
}

// reveal shows secrets to whom they were made for.
func reveal(secrets []account.Secret) []string {
	var all []string
	for _, c := range secrets {
		all = append(all, c.Reveal())
	}
	return all
}

func (s mfaService) ListFactors(ctx context.Context, _ *connect.Request[apipb.ListFactorsRequest]) (*connect.Response[apipb.ListFactorsResponse], error) {
	p := account.Of(ctx)
	all, left, err := s.Accounts.Factors(ctx, p)
	if err != nil {
		return nil, err
	}
	a := &apipb.ListFactorsResponse{RecoveryCodes: uint32(left), ProvedAt: timestamp(p.ProvedAt)}
	for _, f := range all {
		a.Factors = append(a.Factors, factorOf(f))
	}
	return connect.NewResponse(a), nil
}

func (s mfaService) BeginTotp(ctx context.Context, r *connect.Request[apipb.BeginTotpRequest]) (*connect.Response[apipb.BeginTotpResponse], error) {
	n, err := s.Accounts.BeginTOTP(ctx, account.Of(ctx), r.Msg.Name)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.BeginTotpResponse{Id: n.ID, Secret: n.Secret.Reveal(), Uri: n.URI.Reveal(), QrPng: n.QR}), nil
}

func (s mfaService) FinishTotp(ctx context.Context, r *connect.Request[apipb.FinishTotpRequest]) (*connect.Response[apipb.FinishTotpResponse], error) {
	added, err := s.Accounts.FinishTOTP(ctx, account.Of(ctx), r.Msg.Id, r.Msg.Code, r.Peer().Addr)
	if err != nil {
		return nil, err
	}
	return setCookie(connect.NewResponse(&apipb.FinishTotpResponse{
		Factor: factorOf(added.Factor), RecoveryCodes: reveal(added.Recovery),
	}), added.Cookie), nil
}

func (s mfaService) BeginPasskey(ctx context.Context, r *connect.Request[apipb.BeginPasskeyRequest]) (*connect.Response[apipb.BeginPasskeyResponse], error) {
	id, options, err := s.Accounts.BeginPasskey(ctx, account.Of(ctx), r.Msg.Name)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.BeginPasskeyResponse{Id: id, OptionsJson: string(options)}), nil
}

func (s mfaService) FinishPasskey(ctx context.Context, r *connect.Request[apipb.FinishPasskeyRequest]) (*connect.Response[apipb.FinishPasskeyResponse], error) {
	added, err := s.Accounts.FinishPasskey(ctx, account.Of(ctx), r.Msg.Id, r.Msg.CredentialJson)
	if err != nil {
		return nil, err
	}
	return setCookie(connect.NewResponse(&apipb.FinishPasskeyResponse{
		Factor: factorOf(added.Factor), RecoveryCodes: reveal(added.Recovery),
	}), added.Cookie), nil
}

func (s mfaService) RemoveFactor(ctx context.Context, r *connect.Request[apipb.RemoveFactorRequest]) (*connect.Response[apipb.RemoveFactorResponse], error) {
	if !r.Msg.Confirm {
		return nil, unconfirmed("the factor cannot be used to sign in afterwards")
	}
	if err := s.Accounts.RemoveFactor(ctx, account.Of(ctx), r.Msg.Id); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.RemoveFactorResponse{}), nil
}

func (s mfaService) NewRecoveryCodes(
	ctx context.Context, r *connect.Request[apipb.NewRecoveryCodesRequest],
) (*connect.Response[apipb.NewRecoveryCodesResponse], error) {
	if !r.Msg.Confirm {
		return nil, unconfirmed("the codes that you have do not count afterwards")
	}
	codes, err := s.Accounts.NewRecoveryCodes(ctx, account.Of(ctx))
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.NewRecoveryCodesResponse{RecoveryCodes: reveal(codes)}), nil
}

func (s mfaService) Challenge(ctx context.Context, _ *connect.Request[apipb.ChallengeRequest]) (*connect.Response[apipb.ChallengeResponse], error) {
	c, err := s.Accounts.Challenge(ctx, account.Of(ctx))
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.ChallengeResponse{Id: c.ID, OptionsJson: string(c.Options), Totp: c.TOTP}), nil
}

func (s mfaService) Prove(ctx context.Context, r *connect.Request[apipb.ProveRequest]) (*connect.Response[apipb.ProveResponse], error) {
	proof := account.Proof{
		TOTP: account.Secret(r.Msg.GetTotp()), Recovery: account.Secret(r.Msg.GetRecoveryCode()),
		Challenge: r.Msg.GetPasskey().GetId(), Assertion: r.Msg.GetPasskey().GetAssertionJson(),
	}
	p, cookie, err := s.Accounts.Prove(ctx, account.Of(ctx), proof, r.Peer().Addr)
	if err != nil {
		return nil, err
	}
	return setCookie(connect.NewResponse(&apipb.ProveResponse{Rep: repOf(p)}), cookie), nil
}
