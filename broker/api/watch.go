package api

import (
	"context"
	"slices"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
)

// watcher is one stream of changes. It remembers what open sessions and invitations
// it has shown, so that it can say when one is none of the rep's any more.
type watcher struct {
	liveService
	p        account.Principal
	view     string
	sessions map[wire.SessionID]bool
	invited  map[string]wire.SessionID
}

func (w *watcher) snapshot(ctx context.Context) (*apipb.WatchResponse, error) {
	if w.p.IsGuest() {
		return w.guestSnapshot(ctx)
	}
	w.sessions, w.invited = map[wire.SessionID]bool{}, map[string]wire.SessionID{}
	all, err := w.Store.Devices(ctx)
	if err != nil {
		return nil, err
	}
	snap, shown := &apipb.Snapshot{}, map[string]bool{}
	for _, d := range all {
		if w.Desk.InView(w.view, d) {
			shown[d.ID] = true
			if d.Kind != store.AdHoc {
				snap.Devices = append(snap.Devices, w.deviceOf(w.p, d))
			}
		}
	}
	teams, err := w.Store.TeamsOf(ctx, w.p.ID)
	if err != nil {
		return nil, err
	}
	for _, open := range w.Desk.Open() {
		snap.Invitations = append(snap.Invitations, w.invite(open, teams)...)
		sees, err := w.sees(ctx, w.p, open)
		if err != nil {
			return nil, err
		}
		if sees && shown[open.Device] && listed(open) {
			w.sessions[open.ID] = true
			snap.Sessions = append(snap.Sessions, sessionOf(w.p, open))
		}
	}
	if seesRequests(w.p) == nil {
		snap.Requests, err = w.requests(ctx, w.p, support.WishPending, w.view, maxRequestPage)
	}
	return &apipb.WatchResponse{Event: &apipb.WatchResponse_Snapshot{Snapshot: snap}}, err
}

// listed: a request that nobody has approved is in the list of requests only.
func listed(s desk.Session) bool {
	return s.Request == "" || s.Rep.ID != "" || !s.ConsentAt.IsZero()
}

// invite lists the invitations to the rep that were not shown yet.
func (w *watcher) invite(s desk.Session, teams []string) (all []*apipb.Invitation) {
	if policy.Can(w.p.Policy(), policy.JoinSession, policy.Object{}) != nil {
		return nil
	}
	for _, i := range s.InvitationsOf(w.p.ID, teams) {
		if _, known := w.invited[i.ID]; !known {
			w.invited[i.ID] = s.ID
			all = append(all, invitationOf(s, i))
		}
	}
	return all
}

// event is what a change is to the rep; nothing when it is none of their business, or
// outside the view.
func (w *watcher) event(ctx context.Context, c live.Change) ([]*apipb.WatchResponse, error) {
	one := func(m *apipb.WatchResponse) []*apipb.WatchResponse { return []*apipb.WatchResponse{m} }
	switch {
	case w.p.IsGuest():
		return w.guestEvent(ctx, c)
	case c.Device != "":
		d, err := w.Store.Device(ctx, c.Device)
		if err != nil {
			return nil, err
		}
		if d.Kind == store.AdHoc {
			return nil, nil // it is a session's, and no one's else
		}
		if !w.Desk.InView(w.view, d) {
			return one(&apipb.WatchResponse{Event: &apipb.WatchResponse_DeviceRemoved{DeviceRemoved: d.ID}}), nil
		}
		return one(&apipb.WatchResponse{Event: &apipb.WatchResponse_Device{Device: w.deviceOf(w.p, d)}}), nil
	case c.Session != wire.SessionID{}:
		return w.session(ctx, c.Session, slices.Contains(c.Left, w.p.ID))
	case c.Chat != nil:
		return w.chat(ctx, *c.Chat)
	case c.Arrival != nil:
		return w.chat(ctx, *c.Arrival)
	case c.Typing != nil:
		return w.typing(ctx, *c.Typing)
	case c.Audit != nil && policy.Can(w.p.Policy(), policy.ReadAudit, policy.Object{}) == nil:
		return one(&apipb.WatchResponse{Event: &apipb.WatchResponse_Audit{Audit: recordOf(*c.Audit)}}), nil
	case c.Request != nil && seesRequests(w.p) == nil:
		d, err := w.Store.Device(ctx, c.Request.Device)
		if err != nil || !w.Desk.InView(w.view, d) {
			return nil, err
		}
		if sees, err := w.Desk.SeesRequest(ctx, w.p, *c.Request); err != nil || !sees {
			return nil, err
		}
		q, err := w.requestOf(ctx, w.p, *c.Request, d)
		return one(&apipb.WatchResponse{Event: &apipb.WatchResponse_Request{Request: q}}), err
	case c.List != "":
		return one(&apipb.WatchResponse{Event: &apipb.WatchResponse_Changed{Changed: c.List}}), nil
	}
	return nil, nil
}

// session is what a session is to the rep now. Who was in it and is not any more is
// told so, also where nothing was told of it before: they know it by what they did.
func (w *watcher) session(ctx context.Context, id wire.SessionID, left bool) ([]*apipb.WatchResponse, error) {
	found, err := w.Desk.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := w.invitations(ctx, found)
	if err != nil || !listed(found) {
		return all, err
	}
	if w.view != "" {
		d, err := w.Store.Device(ctx, found.Device)
		if err != nil || !w.Desk.InView(w.view, d) {
			return all, err
		}
	}
	sees, err := w.sees(ctx, w.p, found)
	switch {
	case err != nil:
		return nil, err
	case sees:
		w.sessions[id] = true
		all = append(all, &apipb.WatchResponse{Event: &apipb.WatchResponse_Session{Session: sessionOf(w.p, found)}})
	case (w.sessions[id] || left) && found.Phase.Final(): // who was in it is told how it ended
		all = append(all, &apipb.WatchResponse{Event: &apipb.WatchResponse_Session{Session: sessionOf(w.p, found)}})
	case w.sessions[id] || left:
		delete(w.sessions, id)
		all = append(all, &apipb.WatchResponse{Event: &apipb.WatchResponse_SessionGone{SessionGone: id.String()}})
	}
	if found.Phase.Final() {
		delete(w.sessions, id)
	}
	return all, nil
}

// invitations are those of a session that came to the rep, and that are gone.
func (w *watcher) invitations(ctx context.Context, s desk.Session) (all []*apipb.WatchResponse, err error) {
	var teams []string
	if len(s.Invitations) > 0 {
		if teams, err = w.Store.TeamsOf(ctx, w.p.ID); err != nil {
			return nil, err
		}
	}
	stand := map[string]bool{}
	for _, i := range s.InvitationsOf(w.p.ID, teams) {
		stand[i.ID] = true
	}
	for id, of := range w.invited {
		if of == s.ID && !stand[id] {
			delete(w.invited, id)
			all = append(all, &apipb.WatchResponse{Event: &apipb.WatchResponse_InvitationGone{InvitationGone: id}})
		}
	}
	for _, i := range w.invite(s, teams) {
		all = append(all, &apipb.WatchResponse{Event: &apipb.WatchResponse_Invitation{Invitation: i}})
	}
	return all, nil
}
