package api

import (
	"context"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
)

func (s accountService) ListSignIns(ctx context.Context, _ *connect.Request[apipb.ListSignInsRequest]) (*connect.Response[apipb.ListSignInsResponse], error) {
	p := account.Of(ctx)
	all, err := s.Accounts.SignIns(ctx, p)
	if err != nil {
		return nil, err
	}
	a := &apipb.ListSignInsResponse{}
	for _, w := range all {
		a.SignIns = append(a.SignIns, &apipb.WebSignIn{
			Id: w.ID, CreatedAt: timestamp(w.CreatedAt), SeenAt: timestamp(w.SeenAt), From: w.Origin, Current: w.ID == p.SignIn,
		})
	}
	return connect.NewResponse(a), nil
}

func (s accountService) EndSignIn(ctx context.Context, r *connect.Request[apipb.EndSignInRequest]) (*connect.Response[apipb.EndSignInResponse], error) {
	if !r.Msg.Confirm {
		return nil, unconfirmed("the browser that has this sign-in is signed out")
	}
	if err := s.Accounts.EndSignIn(ctx, account.Of(ctx), r.Msg.Id); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.EndSignInResponse{}), nil
}

func keyOf(k store.Key, owner string) *apipb.ApiKey {
	return &apipb.ApiKey{
		Id: k.ID, Name: k.Name, Permissions: strings.Fields(k.Permissions), CreatedAt: timestamp(k.CreatedAt), ExpiresAt: timestamp(k.ExpiresAt),
		UsedAt: timestamp(k.UsedAt), Owner: owner, Revoked: !k.RevokedAt.IsZero(),
	}
}

func (s accountService) ListKeys(ctx context.Context, _ *connect.Request[apipb.ListKeysRequest]) (*connect.Response[apipb.ListKeysResponse], error) {
	all, err := s.Accounts.Keys(ctx, account.Of(ctx))
	if err != nil {
		return nil, err
	}
	reps, err := s.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(reps))
	for _, r := range reps {
		names[r.ID] = r.DisplayName
	}
	a := &apipb.ListKeysResponse{}
	for _, k := range all {
		a.Keys = append(a.Keys, keyOf(k, names[k.Account]))
	}
	return connect.NewResponse(a), nil
}

func (s accountService) CreateKey(ctx context.Context, r *connect.Request[apipb.CreateKeyRequest]) (*connect.Response[apipb.CreateKeyResponse], error) {
	of, err := policy.ParseSet(r.Msg.Permissions)
	if err != nil {
		return nil, &account.FieldError{Field: "permissions", Detail: err.Error()}
	}
	p := account.Of(ctx)
	k, secret, err := s.Accounts.CreateKey(ctx, p, r.Msg.Name, of, time.Duration(r.Msg.ValidDays)*24*time.Hour)
	if err != nil {
		return nil, err
	}
	s.changed(keysList)
	return connect.NewResponse(&apipb.CreateKeyResponse{Key: keyOf(k, p.DisplayName), Secret: secret.Reveal()}), nil
}

func (s accountService) RevokeKey(ctx context.Context, r *connect.Request[apipb.RevokeKeyRequest]) (*connect.Response[apipb.RevokeKeyResponse], error) {
	if !r.Msg.Confirm {
		return nil, unconfirmed("what uses this key stops working")
	}
	if err := s.Accounts.RevokeKey(ctx, account.Of(ctx), r.Msg.Id); err != nil {
		return nil, err
	}
	s.changed(keysList)
	return connect.NewResponse(&apipb.RevokeKeyResponse{}), nil
}
