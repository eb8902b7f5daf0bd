package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/policy"
)

func (s collaborationService) Peek(ctx context.Context, r *connect.Request[apipb.PeekRequest]) (*connect.Response[apipb.PeekResponse], error) {
	if err := can(ctx, policy.PeekSession, policy.Object{}); err != nil {
		return nil, err
	}
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	g, err := s.Desk.Peek(ctx, account.Of(ctx), id)
	if err != nil {
		return nil, err
	}
	a := &apipb.PeekResponse{
		Name: g.Name, Email: g.Email, Phone: g.Phone, Reason: g.Reason, Issue: g.Issue, DeviceId: g.Device, DeviceName: g.DeviceName,
		QueueName: g.In, Since: timestamp(g.Since), Participants: participantsOf(g.Session), More: g.More,
	}
	for _, m := range g.Chat {
		a.Chat = append(a.Chat, desk.WireChat(m))
	}
	return connect.NewResponse(a), nil
}
