package api

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// maxTokens is how many tokens are listed.
const maxTokens = 200

func (s inventoryService) CreateEnrollmentToken(
	ctx context.Context, r *connect.Request[apipb.CreateEnrollmentTokenRequest],
) (*connect.Response[apipb.CreateEnrollmentTokenResponse], error) {
	if err := can(ctx, policy.CreateToken, policy.Object{}); err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	var plan store.JumpPlan
	if j := r.Msg.Jump; j != nil {
		plan = store.JumpPlan{Group: j.GroupId, Policy: j.PolicyId, Tag: j.Tag}
		if err := s.Jumps.Plan(ctx, p, plan); err != nil {
			return nil, err
		}
	}
	token, expires, err := fleet.CreateToken(ctx, s.Audit, p.Actor(), p.DisplayName, fleet.NewToken{
		Uses: int(r.Msg.Uses), Life: time.Duration(r.Msg.ValidS) * time.Second, Note: r.Msg.Note,
		Group: r.Msg.Group, Tags: r.Msg.Tags, Denies: r.Msg.WithoutSupport, Pending: r.Msg.Pending, Jump: plan,
	}, s.Now())
	if err != nil {
		return nil, err
	}
	b, err := s.Bundle(token, expires)
	if err != nil {
		return nil, err
	}
	s.Hub.Publish(live.Change{List: "tokens"})
	return connect.NewResponse(&apipb.CreateEnrollmentTokenResponse{Bundle: string(b), ExpiresAt: timestamp(expires)}), nil
}

func (s inventoryService) ListEnrollmentTokens(
	ctx context.Context, _ *connect.Request[apipb.ListEnrollmentTokensRequest],
) (*connect.Response[apipb.ListEnrollmentTokensResponse], error) {
	if err := can(ctx, policy.CreateToken, policy.Object{}); err != nil {
		return nil, err
	}
	all, err := s.Store.Tokens(ctx, maxTokens)
	if err != nil {
		return nil, err
	}
	a := &apipb.ListEnrollmentTokensResponse{Tokens: make([]*apipb.EnrollmentToken, len(all))}
	for i, k := range all {
		a.Tokens[i] = &apipb.EnrollmentToken{
			Id: k.ID, Uses: uint32(k.Uses), Used: uint32(k.Used), CreatedAt: timestamp(k.CreatedAt), ExpiresAt: timestamp(k.ExpiresAt),
			CreatedBy: k.ByName, Group: k.Group, Tags: k.Tags, Pending: k.Pending, Note: k.Note, Revoked: !k.RevokedAt.IsZero(),
		}
	}
	return connect.NewResponse(a), nil
}

func (s inventoryService) RevokeEnrollmentToken(
	ctx context.Context, r *connect.Request[apipb.RevokeEnrollmentTokenRequest],
) (*connect.Response[apipb.RevokeEnrollmentTokenResponse], error) {
	if err := can(ctx, policy.CreateToken, policy.Object{}); err != nil {
		return nil, err
	}
	if !r.Msg.Confirm {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, "bundles with this token stop working")
	}
	p := account.Of(ctx)
	if err := fleet.RevokeToken(ctx, s.Audit, p.Actor(), p.DisplayName, r.Msg.Id, s.Now()); err != nil {
		return nil, err
	}
	s.Hub.Publish(live.Change{List: "tokens"})
	return connect.NewResponse(&apipb.RevokeEnrollmentTokenResponse{}), nil
}
