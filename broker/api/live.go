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
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// pingEvery is how often Watch shows that it lives: below the idle timeouts of
// proxies, and how soon a sign-in that ran out is noticed.
const pingEvery = 15 * time.Second

type liveService struct{ *Server }

func (s *Server) liveRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewLiveServiceHandler(liveService{s}, opts...)
	return private(h, apipbconnect.LiveServiceWatchProcedure)
}

func (s liveService) Watch(ctx context.Context, r *connect.Request[apipb.WatchRequest], out *connect.ServerStream[apipb.WatchResponse]) error {
	if err := can(ctx, policy.ListDevices, policy.Object{}); err != nil {
		return err
	}
	p := account.Of(ctx)
	signedOut, cancel := s.Accounts.Ended(p)
	defer cancel()
	// Subscribed before the snapshot is taken: a change in between comes twice
	// and never not at all.
	sub := s.Hub.Subscribe()
	defer sub.Cancel()
	snap, err := s.snapshot(ctx, p, r.Msg.View)
	if err != nil {
		return err
	}
	if err := out.Send(&apipb.WatchResponse{Event: &apipb.WatchResponse_Snapshot{Snapshot: snap}}); err != nil {
		return err
	}
	every := s.PingEvery
	if every == 0 {
		every = pingEvery
	}
	ping := time.NewTicker(every)
	defer ping.Stop()
	gone := refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "signed out")
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-signedOut:
			return gone
		case <-ping.C:
			if !s.Accounts.Valid(ctx, p) {
				return gone
			}
			if err := out.Send(&apipb.WatchResponse{Event: &apipb.WatchResponse_Ping{Ping: &apipb.Ping{}}}); err != nil {
				return err
			}
		case c, ok := <-sub.Changes():
			if !ok {
				return refuse(wirepb.ErrorCode_ERROR_CODE_VIEWER_TOO_SLOW, "too far behind; watch again")
			}
			m, err := s.event(ctx, p, c, r.Msg.View)
			if err != nil {
				return err
			}
			if m == nil {
				continue
			}
			if err := out.Send(m); err != nil {
				return err
			}
			if c.List != settingsList {
				continue
			}
			// What may be done with every device may be another now, and which of
			// them are in the view.
			if snap, err = s.snapshot(ctx, p, r.Msg.View); err != nil {
				return err
			}
			if err := out.Send(&apipb.WatchResponse{Event: &apipb.WatchResponse_Snapshot{Snapshot: snap}}); err != nil {
				return err
			}
		}
	}
}

// settingsList is the list of scopes among the lists of live.Change.
const settingsList = "settings"

func (s liveService) snapshot(ctx context.Context, p account.Principal, view string) (*apipb.Snapshot, error) {
	all, err := s.Store.Devices(ctx)
	if err != nil {
		return nil, err
	}
	snap, shown := &apipb.Snapshot{}, map[string]bool{}
	for _, d := range all {
		if s.Desk.InView(view, d) {
			shown[d.ID] = true
			snap.Devices = append(snap.Devices, s.deviceOf(p, d))
		}
	}
	for _, open := range s.Desk.Open() {
		if shown[open.Device] && listed(open) {
			snap.Sessions = append(snap.Sessions, sessionOf(p, open))
		}
	}
	if seesRequests(p) == nil {
		snap.Requests, err = s.requests(ctx, p, support.WishPending, view, maxRequestPage)
	}
	return snap, err
}

// listed: a request that nobody has approved is in the list of requests only.
func listed(s desk.Session) bool { return s.Request == "" || s.Rep.ID != "" }

// event is a change as p may see it; nil when it is none of p's business, or
// outside the view.
func (s liveService) event(ctx context.Context, p account.Principal, c live.Change, view string) (*apipb.WatchResponse, error) {
	switch {
	case c.Device != "":
		d, err := s.Store.Device(ctx, c.Device)
		if err != nil {
			return nil, err
		}
		if !s.Desk.InView(view, d) {
			return &apipb.WatchResponse{Event: &apipb.WatchResponse_DeviceRemoved{DeviceRemoved: d.ID}}, nil
		}
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Device{Device: s.deviceOf(p, d)}}, nil
	case c.Session != wire.SessionID{}:
		return s.sessionEvent(ctx, p, c.Session, view)
	case c.Chat != nil:
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Chat{Chat: desk.WireChat(*c.Chat)}}, nil
	case c.Audit != nil && policy.Can(p.Policy(), policy.ReadAudit, policy.Object{}) == nil:
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Audit{Audit: recordOf(*c.Audit)}}, nil
	case c.Request != nil && seesRequests(p) == nil:
		d, err := s.Store.Device(ctx, c.Request.Device)
		if err != nil || !s.Desk.InView(view, d) {
			return nil, err
		}
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Request{Request: s.requestOf(p, *c.Request, d)}}, nil
	case c.List != "":
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Changed{Changed: c.List}}, nil
	}
	return nil, nil
}

func (s liveService) sessionEvent(ctx context.Context, p account.Principal, id wire.SessionID, view string) (*apipb.WatchResponse, error) {
	found, err := s.Desk.Get(ctx, id)
	if err != nil || !listed(found) {
		return nil, err
	}
	if view != "" {
		d, err := s.Store.Device(ctx, found.Device)
		if err != nil || !s.Desk.InView(view, d) {
			return nil, err
		}
	}
	return &apipb.WatchResponse{Event: &apipb.WatchResponse_Session{Session: sessionOf(p, found)}}, nil
}
