package api

import (
	"context"
	"slices"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
)

// guestSnapshot is a guest's: their session, and nothing else.
func (w *watcher) guestSnapshot(ctx context.Context) (*apipb.WatchResponse, error) {
	w.sessions, w.invited = map[wire.SessionID]bool{}, map[string]wire.SessionID{}
	found, err := w.Desk.Get(ctx, w.p.Guest)
	if err == nil {
		err = policy.Can(w.p.Policy(), policy.SeeSession, desk.About(found.Session))
	}
	if err != nil {
		return nil, err
	}
	w.sessions[found.ID] = true
	snap := &apipb.Snapshot{Sessions: []*apipb.Session{sessionOf(w.p, found)}}
	return &apipb.WatchResponse{Event: &apipb.WatchResponse_Snapshot{Snapshot: snap}}, nil
}

// guestEvent is what a change is to a guest.
func (w *watcher) guestEvent(ctx context.Context, c live.Change) ([]*apipb.WatchResponse, error) {
	switch {
	case c.Session == w.p.Guest:
		return w.session(ctx, c.Session, slices.Contains(c.Left, w.p.ID))
	case c.Chat != nil && c.Chat.Session == w.p.Guest:
		return w.chat(ctx, *c.Chat)
	case c.Arrival != nil && c.Arrival.Session == w.p.Guest:
		return w.chat(ctx, *c.Arrival)
	case c.Typing != nil && c.Typing.Session == w.p.Guest:
		return w.typing(ctx, *c.Typing)
	default:
		return nil, nil
	}
}

// reads reports whether the one who watches reads a message of a session.
func (w *watcher) reads(found desk.Session, m store.ChatMessage) bool {
	return w.hears(found) && desk.Reads(w.p, found.Session, m)
}

// hears reports whether the one who watches is in the chat of a session.
func (w *watcher) hears(found desk.Session) bool {
	return found.In(w.p.ID) && (!w.p.IsGuest() || policy.Can(w.p.Policy(), policy.ReadChat, desk.About(found.Session)) == nil)
}
