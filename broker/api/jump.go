package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/jump"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
)

type jumpService struct {
	*Server
	apipbconnect.UnimplementedJumpServiceHandler
}

func (s *Server) jumpRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewJumpServiceHandler(jumpService{Server: s}, opts...)
	return private(h, apipbconnect.JumpServiceListJumpClientsProcedure, apipbconnect.JumpServiceJumpTargetsProcedure, apipbconnect.JumpServicePinProcedure,
		apipbconnect.JumpServiceUpdateJumpClientProcedure, apipbconnect.JumpServiceChallengeJumpProcedure, apipbconnect.JumpServiceStartJumpProcedure, apipbconnect.JumpServiceUnpinProcedure)
}

func (s jumpService) ListJumpClients(ctx context.Context, r *connect.Request[apipb.ListJumpClientsRequest]) (*connect.Response[apipb.ListJumpClientsResponse], error) {
	all, err := s.Jumps.All(ctx, account.Of(ctx), r.Msg.Query, r.Msg.All)
	if err != nil {
		return nil, err
	}
	a := &apipb.ListJumpClientsResponse{Clients: make([]*apipb.JumpClient, len(all))}
	for i, c := range all {
		a.Clients[i] = jumpOf(c)
	}
	return connect.NewResponse(a), nil
}

func (s jumpService) JumpTargets(ctx context.Context, r *connect.Request[apipb.JumpTargetsRequest]) (*connect.Response[apipb.JumpTargetsResponse], error) {
	t, err := s.Jumps.Targets(ctx, account.Of(ctx), r.Msg.Editing)
	if err != nil {
		return nil, err
	}
	a := &apipb.JumpTargetsResponse{Personal: t.Personal}
	for _, g := range t.Groups {
		a.Groups = append(a.Groups, &apipb.JumpTarget{Id: g.ID, Name: g.Name})
	}
	for _, p := range t.Policies {
		a.Policies = append(a.Policies, &apipb.JumpTarget{Id: p.ID, Name: p.Name})
	}
	return connect.NewResponse(a), nil
}

func (s jumpService) Pin(ctx context.Context, r *connect.Request[apipb.PinRequest]) (*connect.Response[apipb.PinResponse], error) {
	if err := can(ctx, policy.PinJump, policy.Object{}); err != nil {
		return nil, err
	}
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	want := detailsOf(r.Msg.Details)
	want.Mode = r.Msg.Mode
	c, err := s.Jumps.Pin(ctx, account.Of(ctx), id, want, r.Msg.LockPasskeys)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.PinResponse{Client: jumpOf(c)}), nil
}

func (s jumpService) UpdateJumpClient(ctx context.Context, r *connect.Request[apipb.UpdateJumpClientRequest]) (*connect.Response[apipb.UpdateJumpClientResponse], error) {
	c, err := s.Jumps.Update(ctx, account.Of(ctx), r.Msg.Id, detailsOf(r.Msg.Details))
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.UpdateJumpClientResponse{Client: jumpOf(c)}), nil
}

func (s jumpService) StartJump(ctx context.Context, r *connect.Request[apipb.StartJumpRequest]) (*connect.Response[apipb.StartJumpResponse], error) {
	if err := can(ctx, policy.StartJump, policy.Object{}); err != nil {
		return nil, err
	}
	if len(r.Msg.Reason) > wire.MaxText {
		return nil, &account.FieldError{Field: "reason", Detail: "too long"}
	}
	p := account.Of(ctx)
	var proof *jump.Proof
	if r.Msg.Proof != nil {
		proof = &jump.Proof{Challenge: r.Msg.Proof.Id, Assertion: r.Msg.Proof.AssertionJson}
	}
	found, joined, err := s.Jumps.Start(ctx, p, r.Msg.Id, r.Msg.ViewOnly, r.Msg.Reason, proof)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.StartJumpResponse{Session: sessionOf(p, found), Joined: joined}), nil
}

func (s jumpService) ChallengeJump(ctx context.Context, r *connect.Request[apipb.ChallengeJumpRequest]) (*connect.Response[apipb.ChallengeJumpResponse], error) {
	if err := can(ctx, policy.StartJump, policy.Object{}); err != nil {
		return nil, err
	}
	if len(r.Msg.Reason) > wire.MaxText {
		return nil, &account.FieldError{Field: "reason", Detail: "too long"}
	}
	id, options, err := s.Jumps.Challenge(ctx, account.Of(ctx), r.Msg.Id, r.Msg.ViewOnly, r.Msg.Reason)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.ChallengeJumpResponse{Id: id, OptionsJson: string(options)}), nil
}

func (s jumpService) Unpin(ctx context.Context, r *connect.Request[apipb.UnpinRequest]) (*connect.Response[apipb.UnpinResponse], error) {
	p := account.Of(ctx)
	if !r.Msg.Confirm {
		if err := s.Jumps.MayUnpin(ctx, p, r.Msg.Id); err != nil {
			return nil, err
		}
		return nil, unconfirmed("the Jump Client is uninstalled and leaves the lists of everybody")
	}
	return connect.NewResponse(&apipb.UnpinResponse{}), s.Jumps.Unpin(ctx, p, r.Msg.Id)
}

func detailsOf(d *apipb.JumpDetails) store.JumpClient {
	c := store.JumpClient{Name: d.GetName(), Group: d.GetGroupId(), Policy: d.GetPolicyId(), Tag: d.GetTag(), Comments: d.GetComments()}
	if d.GetExpiresAt() != nil {
		c.ExpiresAt = d.ExpiresAt.AsTime()
	}
	return c
}

func jumpOf(c jump.Client) *apipb.JumpClient {
	start, join := c.Start, error(nil)
	if c.Joins {
		join = c.Start
	} else {
		join = wire.Refuse(0, "nobody is in a session on it that may be joined")
	}
	return &apipb.JumpClient{
		Id: c.ID, Name: c.Name, DeviceId: c.Device, DeviceName: c.Dev.Hostname, User: c.Dev.User, OwnerId: c.Owner, OwnerName: c.OwnerName,
		GroupId: c.Group, GroupName: c.GroupName, PolicyId: c.Policy, PolicyName: c.PolicyName, Tag: c.Tag, Comments: c.Comments, Mode: c.Mode,
		ExpiresAt: timestamp(c.ExpiresAt), Expired: c.Expired, CreatedAt: timestamp(c.CreatedAt), CreatedBy: c.CreatedBy, Locked: c.Lock != nil,
		Online: c.Online, LastSeen: timestamp(c.Dev.LastSeen), InSessionWith: c.With,
		Actions: []*apipb.Action{offered("start", start), offered("join", join), offered("edit", c.Edit), offered("unpin", c.Edit)},
	}
}
