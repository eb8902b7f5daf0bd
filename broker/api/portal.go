package api

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/portal"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// portalService is for customers on the public page, who have no account.
type portalService struct{ *Server }

func (s *Server) portalRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewPortalServiceHandler(portalService{s}, opts...)
	routes := personal(h, apipbconnect.PortalServiceDescribePortalProcedure, apipbconnect.PortalServiceBeginChatProcedure,
		apipbconnect.PortalServiceWatchChatProcedure, apipbconnect.PortalServiceSayChatProcedure, apipbconnect.PortalServiceAcknowledgeChatProcedure,
		apipbconnect.PortalServiceTypeChatProcedure, apipbconnect.PortalServiceDeclineClientProcedure,
		apipbconnect.PortalServiceFetchClientProcedure, apipbconnect.PortalServiceLeaveChatProcedure)
	for i := range routes {
		routes[i].Public = true
	}
	return routes
}

func (s portalService) DescribePortal(
	ctx context.Context, _ *connect.Request[apipb.DescribePortalRequest],
) (*connect.Response[apipb.DescribePortalResponse], error) {
	set, err := s.Portal.Settings(ctx)
	if err != nil {
		return nil, err
	}
	a := &apipb.DescribePortalResponse{
		Organisation: s.Organisation(), Title: set.Title, Greeting: set.Greeting, Accent: set.Accent, Closed: !set.Open,
	}
	if len(set.Logo) > 0 {
		a.Logo = portal.LogoPath
	}
	if !set.Open {
		return connect.NewResponse(a), nil
	}
	issues, queues, err := s.Portal.Choices(ctx)
	if err != nil {
		return nil, err
	}
	a.Issues = choices(set.Issues, issues, func(i store.Issue) (string, string) { return i.ID, i.Name })
	a.Queues = choices(set.Queues, queues, func(q store.Queue) (string, string) { return q.ID, q.Name })
	return connect.NewResponse(a), nil
}

// choices are those that were chosen, of those that there are, in the order chosen.
func choices[T any](chosen []string, all []T, what func(T) (id, name string)) (shown []*apipb.PortalChoice) {
	for _, id := range chosen {
		for _, x := range all {
			if have, name := what(x); have == id {
				shown = append(shown, &apipb.PortalChoice{Id: id, Name: name})
			}
		}
	}
	return shown
}

func (s portalService) BeginChat(ctx context.Context, r *connect.Request[apipb.BeginChatRequest]) (*connect.Response[apipb.BeginChatResponse], error) {
	token, err := s.Portal.Begin(ctx, portal.Begin{
		Name: r.Msg.Name, Key: r.Msg.GetKey(), Issue: r.Msg.GetIssueId(), Queue: r.Msg.GetQueueId(),
	}, r.Peer().Addr)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.BeginChatResponse{Token: token.Reveal()}), nil
}

func (s portalService) SayChat(ctx context.Context, r *connect.Request[apipb.SayChatRequest]) (*connect.Response[apipb.SayChatResponse], error) {
	v, err := s.Portal.Visit(ctx, r.Msg.Token)
	if err != nil {
		return nil, err
	}
	if len(r.Msg.Text) > wire.MaxText {
		return nil, &account.FieldError{Field: "text", Detail: "too long"}
	}
	m, err := s.Portal.Say(ctx, v, r.Msg.Text)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.SayChatResponse{Chat: desk.ToVisitor(m)}), nil
}

func (s portalService) AcknowledgeChat(
	ctx context.Context, r *connect.Request[apipb.AcknowledgeChatRequest],
) (*connect.Response[apipb.AcknowledgeChatResponse], error) {
	v, err := s.Portal.Visit(ctx, r.Msg.Token)
	if err == nil {
		err = s.Portal.Acknowledge(ctx, v, r.Msg.Seq, r.Msg.Arrival)
	}
	return connect.NewResponse(&apipb.AcknowledgeChatResponse{}), err
}

func (s portalService) TypeChat(ctx context.Context, r *connect.Request[apipb.TypeChatRequest]) (*connect.Response[apipb.TypeChatResponse], error) {
	v, err := s.Portal.Visit(ctx, r.Msg.Token)
	if err == nil {
		err = s.Portal.Types(v, r.Msg.Typing)
	}
	return connect.NewResponse(&apipb.TypeChatResponse{}), err
}

func (s portalService) DeclineClient(
	ctx context.Context, r *connect.Request[apipb.DeclineClientRequest],
) (*connect.Response[apipb.DeclineClientResponse], error) {
	v, err := s.Portal.Visit(ctx, r.Msg.Token)
	if err == nil {
		err = s.Desk.DeclineClient(ctx, v.Session)
	}
	return connect.NewResponse(&apipb.DeclineClientResponse{}), err
}

func (s portalService) LeaveChat(ctx context.Context, r *connect.Request[apipb.LeaveChatRequest]) (*connect.Response[apipb.LeaveChatResponse], error) {
	v, err := s.Portal.Visit(ctx, r.Msg.Token)
	if err == nil {
		err = s.Desk.Leave(ctx, v.Session)
	}
	return connect.NewResponse(&apipb.LeaveChatResponse{}), err
}

func (s portalService) FetchClient(ctx context.Context, r *connect.Request[apipb.FetchClientRequest]) (*connect.Response[apipb.FetchClientResponse], error) {
	v, err := s.Portal.Visit(ctx, r.Msg.Token)
	if err != nil {
		return nil, err
	}
	clients := s.Portal.Clients()
	if len(clients) == 0 {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CLIENT_UNAVAILABLE, "this broker offers no client")
	}
	b, err := s.Portal.Bundle(ctx, v)
	if err != nil {
		return nil, err
	}
	a := &apipb.FetchClientResponse{Bundle: string(b.Content), BundleName: b.Name, ExpiresAt: timestamp(b.Until)}
	for _, c := range clients {
		a.Clients = append(a.Clients, &apipb.ClientFile{
			Os: c.OS, Arch: c.Arch, Name: c.Name, Path: portal.DownloadPath + c.OS + "-" + c.Arch, Size: c.Size, Sha256: c.SHA256,
		})
	}
	return connect.NewResponse(a), nil
}

// WatchChat shows a customer their own session and nothing else.
func (s portalService) WatchChat(ctx context.Context, r *connect.Request[apipb.WatchChatRequest], out *connect.ServerStream[apipb.WatchChatResponse]) error {
	v, err := s.Portal.Visit(ctx, r.Msg.Token)
	if err != nil {
		return err
	}
	// Subscribed before the history is read: a message in between comes twice and
	// never not at all; seq tells.
	sub := s.Hub.Subscribe()
	defer sub.Cancel()
	leave, ok := s.Desk.Here(v.Session)
	if !ok {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "this chat is open in too many windows")
	}
	defer leave()
	said, err := s.Store.Chat(ctx, v.Session)
	if err != nil {
		return err
	}
	over, waits, err := s.sendVisit(ctx, v, out)
	if err != nil {
		return err
	}
	for _, m := range said {
		if err := sendSaid(m, out); err != nil {
			return err
		}
	}
	if over {
		return nil
	}
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ping.C:
			err = out.Send(&apipb.WatchChatResponse{Event: &apipb.WatchChatResponse_Ping{Ping: &apipb.VisitPing{}}})
		case c, ok := <-sub.Changes():
			switch {
			case !ok:
				return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_VIEWER_TOO_SLOW, "too far behind; watch again")
			case c.Chat != nil && c.Chat.Session == v.Session:
				err = sendSaid(*c.Chat, out)
			case c.Typing != nil && c.Typing.Session == v.Session:
				err = sendTyping(*c.Typing, out)
			case c.Session == v.Session, c.List == desk.WaitingList && waits:
				over, waits, err = s.sendVisit(ctx, v, out)
			}
		}
		if err != nil || over {
			return err
		}
	}
}

// sendSaid shows a message, unless it is for reps.
func sendSaid(m store.ChatMessage, out *connect.ServerStream[apipb.WatchChatResponse]) error {
	if m.RepsOnly {
		return nil
	}
	return out.Send(&apipb.WatchChatResponse{Event: &apipb.WatchChatResponse_Chat{Chat: desk.ToVisitor(m)}})
}

// sendTyping shows that a rep writes to the customer.
func sendTyping(t live.Typing, out *connect.ServerStream[apipb.WatchChatResponse]) error {
	if t.RepsOnly || t.Rep == "" {
		return nil
	}
	return out.Send(&apipb.WatchChatResponse{Event: &apipb.WatchChatResponse_Typing{Typing: &apipb.VisitTyping{Name: t.Name, Typing: t.Typing}}})
}

// sendVisit shows how the session stands, and tells whether it is over, or waits.
func (s portalService) sendVisit(ctx context.Context, v store.Visit, out *connect.ServerStream[apipb.WatchChatResponse]) (over, waits bool, err error) {
	found, err := s.Desk.Get(ctx, v.Session)
	if err != nil {
		return false, false, err
	}
	state := &apipb.VisitState{
		Phase: phases[found.Phase], RepName: found.Rep.Name, Screen: found.Phase == support.Active,
		EndedBy: found.By, Code: found.Code,
	}
	if found.Phase == support.Waiting {
		state.RepName = ""                                // for whom it waits is not who is there
		state.Ahead = uint32(s.Desk.Ahead(found.Session)) //nolint:gosec // some hundreds
	}
	if found.Asked() {
		state.AskedUntil = timestamp(found.LapsesAt)
	}
	return found.Phase.Final(), found.Phase == support.Waiting, out.Send(&apipb.WatchChatResponse{Event: &apipb.WatchChatResponse_State{State: state}})
}
