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

func (s liveService) Watch(ctx context.Context, _ *connect.Request[apipb.WatchRequest], out *connect.ServerStream[apipb.WatchResponse]) error {
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
	snap, err := s.snapshot(ctx, p)
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
			m, err := s.event(ctx, p, c)
			if err != nil {
				return err
			}
			if m == nil {
				continue
			}
			if err := out.Send(m); err != nil {
				return err
			}
		}
	}
}

func (s liveService) snapshot(ctx context.Context, p account.Principal) (*apipb.Snapshot, error) {
	devices, err := s.devices(ctx, p, "")
	if err != nil {
		return nil, err
	}
	snap := &apipb.Snapshot{Devices: devices}
	for _, open := range s.Desk.Open() {
		snap.Sessions = append(snap.Sessions, sessionOf(p, open))
	}
	return snap, nil
}

// event is a change as p may see it; nil when it is none of p's business.
func (s liveService) event(ctx context.Context, p account.Principal, c live.Change) (*apipb.WatchResponse, error) {
	switch {
	case c.Device != "":
		d, err := s.deviceByID(ctx, p, c.Device)
		if err != nil {
			return nil, err
		}
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Device{Device: d}}, nil
	case c.Session != wire.SessionID{}:
		found, err := s.Desk.Get(ctx, c.Session)
		if err != nil {
			return nil, err
		}
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Session{Session: sessionOf(p, found)}}, nil
	case c.Chat != nil:
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Chat{Chat: desk.WireChat(*c.Chat)}}, nil
	case c.Audit != nil && policy.Can(p.Policy(), policy.ReadAudit, policy.Object{}) == nil:
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Audit{Audit: recordOf(*c.Audit)}}, nil
	case c.Request != nil:
		q := c.Request
		return &apipb.WatchResponse{Event: &apipb.WatchResponse_Request{Request: &apipb.SupportRequest{
			Id: q.ID, DeviceId: q.Device, At: timestamp(q.At), Name: q.Name, Email: q.Email, Phone: q.Phone, Reason: q.Reason,
			Phase: apipb.RequestPhase_REQUEST_PHASE_PENDING,
		}}}, nil
	}
	return nil, nil
}
