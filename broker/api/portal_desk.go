package api

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
)

// portalDeskService is the reps' side of the portal page.
type portalDeskService struct{ *Server }

func (s *Server) portalDeskRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewPortalDeskServiceHandler(portalDeskService{s}, opts...)
	return private(h, apipbconnect.PortalDeskServiceCreateSessionKeyProcedure, apipbconnect.PortalDeskServiceListSessionKeysProcedure,
		apipbconnect.PortalDeskServiceRevokeSessionKeyProcedure, apipbconnect.PortalDeskServiceRunClientProcedure,
		apipbconnect.PortalDeskServiceGetPortalProcedure, apipbconnect.PortalDeskServiceSavePortalProcedure)
}

func sessionKeyOf(k store.SessionKey) *apipb.SessionKey {
	return &apipb.SessionKey{Id: k.ID, Note: k.Note, CreatedAt: timestamp(k.CreatedAt), ExpiresAt: timestamp(k.ExpiresAt)}
}

func (s portalDeskService) CreateSessionKey(
	ctx context.Context, r *connect.Request[apipb.CreateSessionKeyRequest],
) (*connect.Response[apipb.CreateSessionKeyResponse], error) {
	k, err := s.Portal.CreateKey(ctx, account.Of(ctx), r.Msg.Note, time.Duration(r.Msg.ValidS)*time.Second)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.CreateSessionKeyResponse{Key: sessionKeyOf(k.SessionKey), Code: k.Code, Link: k.Link}), nil
}

func (s portalDeskService) ListSessionKeys(
	ctx context.Context, _ *connect.Request[apipb.ListSessionKeysRequest],
) (*connect.Response[apipb.ListSessionKeysResponse], error) {
	all, err := s.Portal.Keys(ctx, account.Of(ctx))
	if err != nil {
		return nil, err
	}
	a := new(apipb.ListSessionKeysResponse)
	for _, k := range all {
		a.Keys = append(a.Keys, sessionKeyOf(k))
	}
	return connect.NewResponse(a), nil
}

func (s portalDeskService) RevokeSessionKey(
	ctx context.Context, r *connect.Request[apipb.RevokeSessionKeyRequest],
) (*connect.Response[apipb.RevokeSessionKeyResponse], error) {
	err := s.Portal.RevokeKey(ctx, account.Of(ctx), r.Msg.Id)
	return connect.NewResponse(&apipb.RevokeSessionKeyResponse{}), err
}

func (s portalDeskService) RunClient(ctx context.Context, r *connect.Request[apipb.RunClientRequest]) (*connect.Response[apipb.RunClientResponse], error) {
	id, err := parseID(r.Msg.SessionId)
	if err != nil {
		return nil, err
	}
	p := account.Of(ctx)
	found, err := s.Desk.RunClient(ctx, p, id)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.RunClientResponse{Session: sessionOf(p, found)}), nil
}

func portalOf(p store.Portal) *apipb.PortalSettings {
	return &apipb.PortalSettings{
		Open: p.Open, Title: p.Title, Greeting: p.Greeting, Accent: p.Accent, Issues: p.Issues, Queues: p.Queues, HasLogo: len(p.Logo) > 0,
	}
}

func (s portalDeskService) GetPortal(ctx context.Context, _ *connect.Request[apipb.GetPortalRequest]) (*connect.Response[apipb.GetPortalResponse], error) {
	if err := can(ctx, policy.EditSettings, policy.Object{}); err != nil {
		return nil, err
	}
	set, err := s.Portal.Settings(ctx)
	if err != nil {
		return nil, err
	}
	issues, queues, err := s.Portal.Choices(ctx)
	if err != nil {
		return nil, err
	}
	a := &apipb.GetPortalResponse{Settings: portalOf(set), Address: s.PortalPage()}
	for _, i := range issues {
		a.Issues = append(a.Issues, &apipb.PortalChoice{Id: i.ID, Name: i.Name})
	}
	for _, q := range queues {
		a.Queues = append(a.Queues, &apipb.PortalChoice{Id: q.ID, Name: q.Name})
	}
	return connect.NewResponse(a), nil
}

func (s portalDeskService) SavePortal(ctx context.Context, r *connect.Request[apipb.SavePortalRequest]) (*connect.Response[apipb.SavePortalResponse], error) {
	if err := can(ctx, policy.EditSettings, policy.Object{}); err != nil {
		return nil, err
	}
	w := r.Msg.Settings
	var logo *[]byte
	if r.Msg.Logo != nil {
		logo = &r.Msg.Logo
	}
	saved, err := s.Portal.Save(ctx, account.Of(ctx), store.Portal{
		Open: w.GetOpen(), Title: w.GetTitle(), Greeting: w.GetGreeting(), Accent: w.GetAccent(), Issues: w.GetIssues(), Queues: w.GetQueues(),
	}, logo)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.SavePortalResponse{Settings: portalOf(saved)}), nil
}

// visitOf is what a session has that began on the portal page; nil: it did not.
func visitOf(s desk.Session) *apipb.Visit {
	if !s.Chat {
		return nil
	}
	v := &apipb.Visit{Name: s.Visitor, ChatOnly: s.ChatOnly(), PageOpen: s.PageOpen}
	if s.Phase == support.Chatting && s.Asked() {
		v.AskedUntil = timestamp(s.LapsesAt)
	}
	return v
}
