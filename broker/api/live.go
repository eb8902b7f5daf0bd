package api

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/directory"
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
	return guests(private(h, apipbconnect.LiveServiceWatchProcedure), apipbconnect.LiveServiceWatchProcedure)
}

func (s liveService) Watch(ctx context.Context, r *connect.Request[apipb.WatchRequest], out *connect.ServerStream[apipb.WatchResponse]) error {
	p := account.Of(ctx)
	gone := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "signed out")
	if p.IsGuest() { // whose snapshot asks policy
		gone = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_GUEST_OUT, "you are not in the session any more")
	} else if err := can(ctx, policy.ListDevices, policy.Object{}); err != nil {
		return err
	}
	signedOut, cancel := s.Accounts.Ended(p)
	defer cancel()
	// Subscribed before the snapshot is taken: a change in between comes twice
	// and never not at all.
	sub := s.Hub.Subscribe()
	defer sub.Cancel()
	if !p.Key { // a script is nobody in front of a console
		defer s.Room.Enter(p.ID)()
	}
	w := &watcher{liveService: s, p: p, view: r.Msg.View}
	snap, err := w.snapshot(ctx)
	if err != nil {
		return err
	}
	if err := out.Send(snap); err != nil {
		return err
	}
	every := s.PingEvery
	if every == 0 {
		every = pingEvery
	}
	ping := time.NewTicker(every)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-signedOut:
			return gone
		case <-ping.C:
			if !s.valid(ctx, p) {
				return gone
			}
			if err := out.Send(&apipb.WatchResponse{Event: &apipb.WatchResponse_Ping{Ping: &apipb.Ping{}}}); err != nil {
				return err
			}
		case c, ok := <-sub.Changes():
			if !ok {
				return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_VIEWER_TOO_SLOW, "too far behind; watch again")
			}
			all, err := w.event(ctx, c)
			if err != nil {
				return err
			}
			for _, m := range all {
				if err := out.Send(m); err != nil {
					return err
				}
			}
			if p.IsGuest() && len(all) > 0 && !s.valid(ctx, p) {
				return gone
			}
			if p.IsGuest() || c.List != settingsList && c.List != directory.List {
				continue
			}
			// What may be done with every device may be another now, which of them are
			// in the view, and of which teams the rep is.
			if snap, err = w.snapshot(ctx); err != nil {
				return err
			}
			if err := out.Send(snap); err != nil {
				return err
			}
		}
	}
}

// settingsList is the list of scopes among the lists of live.Change.
const settingsList = "settings"
