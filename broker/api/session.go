package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type sessionService struct{ *Server }

func (s *Server) sessionRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewSessionServiceHandler(sessionService{s}, opts...)
	all := private(h, apipbconnect.SessionServiceStartProcedure, apipbconnect.SessionServiceGetProcedure, apipbconnect.SessionServiceAttachProcedure, apipbconnect.SessionServiceEndProcedure, apipbconnect.SessionServiceTerminateProcedure, apipbconnect.SessionServiceCloseProcedure, apipbconnect.SessionServiceResumeProcedure, apipbconnect.SessionServiceSendChatProcedure, apipbconnect.SessionServiceSetTypingProcedure)
	return guests(all, apipbconnect.SessionServiceGetProcedure, apipbconnect.SessionServiceAttachProcedure, apipbconnect.SessionServiceCloseProcedure, apipbconnect.SessionServiceSendChatProcedure, apipbconnect.SessionServiceSetTypingProcedure)
}

func (s sessionService) Start(ctx context.Context, r *connect.Request[apipb.StartRequest]) (*connect.Response[apipb.StartResponse], error) {
	if len(r.Msg.Reason) > wire.MaxText {
		return nil, &account.FieldError{Field: "reason", Detail: "too long"}
	}
	p := account.Of(ctx)
	started, err := s.Desk.Start(ctx, p, desk.Ask{Device: r.Msg.DeviceId, Path: r.Msg.Path, ViewOnly: r.Msg.ViewOnly, Reason: r.Msg.Reason})
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.StartResponse{Session: sessionOf(p, started)}), nil
}

// get is a session that the caller may see.
func (s sessionService) get(ctx context.Context, id string) (desk.Session, error) {
	n, err := parseID(id)
	if err != nil {
		return desk.Session{}, err
	}
	found, err := s.Desk.Get(ctx, n)
	if err == nil {
		err = can(ctx, policy.SeeSession, desk.About(found.Session))
	}
	if err != nil {
		if may, failed := s.Desk.MayTake(ctx, account.Of(ctx), found.Session); failed == nil && may {
			err = nil
		}
	}
	return found, err
}

func (s sessionService) Get(ctx context.Context, r *connect.Request[apipb.GetRequest]) (*connect.Response[apipb.GetResponse], error) {
	found, err := s.get(ctx, r.Msg.Id)
	if err != nil {
		return nil, err
	}
	var said []store.ChatMessage
	if can(ctx, policy.ReadChat, desk.About(found.Session)) == nil {
		if said, err = s.Store.Chat(ctx, found.ID); err != nil {
			return nil, err
		}
	}
	p := account.Of(ctx)
	a := &apipb.GetResponse{Session: sessionOf(p, found), Chat: make([]*wirepb.Chat, 0, len(said))}
	for _, m := range said {
		if desk.Reads(p, found.Session, m) {
			a.Chat = append(a.Chat, desk.WireChat(m))
		}
	}
	return connect.NewResponse(a), nil
}

func (s sessionService) Attach(ctx context.Context, r *connect.Request[apipb.AttachRequest]) (*connect.Response[apipb.AttachResponse], error) {
	found, err := s.get(ctx, r.Msg.Id)
	if err != nil {
		return nil, err
	}
	ticket, err := s.Desk.Attach(ctx, account.Of(ctx), found.ID)
	if err != nil {
		return nil, err
	}
	url, hashes := s.WebTransport()
	return connect.NewResponse(&apipb.AttachResponse{
		Ticket: ticket.Reveal(), WebtransportUrl: url, CertificateHashes: hashes, WebsocketUrl: ViewerSocket,
	}), nil
}

func (s sessionService) End(ctx context.Context, r *connect.Request[apipb.EndRequest]) (*connect.Response[apipb.EndResponse], error) {
	id, err := parseID(r.Msg.Id)
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	found, err := s.Desk.End(ctx, p, id)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.EndResponse{Session: sessionOf(p, found)}), nil
}

func (s sessionService) Terminate(ctx context.Context, r *connect.Request[apipb.TerminateRequest]) (*connect.Response[apipb.TerminateResponse], error) {
	id, err := parseID(r.Msg.Id)
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	if err := can(ctx, policy.TerminateSession, policy.Object{}); err != nil {
		return nil, err
	}
	if !r.Msg.Confirm {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, "the session ends for everybody")
	}
	found, err := s.Desk.Terminate(ctx, p, id)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.TerminateResponse{Session: sessionOf(p, found)}), nil
}

func (s sessionService) Close(ctx context.Context, r *connect.Request[apipb.CloseRequest]) (*connect.Response[apipb.CloseResponse], error) {
	id, err := parseID(r.Msg.Id)
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	found, err := s.Desk.Close(ctx, p, id, support.Outcome(r.Msg.Outcome))
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.CloseResponse{Session: sessionOf(p, found)}), nil
}

func (s sessionService) Resume(ctx context.Context, r *connect.Request[apipb.ResumeRequest]) (*connect.Response[apipb.ResumeResponse], error) {
	id, err := parseID(r.Msg.Id)
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	found, err := s.Desk.Resume(ctx, p, id)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.ResumeResponse{Session: sessionOf(p, found)}), nil
}
