package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (s sessionService) SendChat(ctx context.Context, r *connect.Request[apipb.SendChatRequest]) (*connect.Response[apipb.SendChatResponse], error) {
	id, err := parseID(r.Msg.Id)
	if err != nil {
		return nil, err
	}
	if len(r.Msg.Text) > wire.MaxText {
		return nil, &account.FieldError{Field: "text", Detail: "too long"}
	}
	m, err := s.Desk.Say(ctx, account.Of(ctx), id, r.Msg.Text, r.Msg.Channel == wirepb.ChatChannel_CHAT_CHANNEL_REPS)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.SendChatResponse{Chat: desk.WireChat(m)}), nil
}

func (s sessionService) SetTyping(ctx context.Context, r *connect.Request[apipb.SetTypingRequest]) (*connect.Response[apipb.SetTypingResponse], error) {
	id, err := parseID(r.Msg.Id)
	if err != nil {
		return nil, err
	}
	repsOnly := r.Msg.Channel == wirepb.ChatChannel_CHAT_CHANNEL_REPS
	return connect.NewResponse(&apipb.SetTypingResponse{}), s.Desk.Types(account.Of(ctx), id, r.Msg.Typing, repsOnly)
}

// chat goes to those who are in the session.
func (w *watcher) chat(ctx context.Context, m store.ChatMessage) ([]*apipb.WatchResponse, error) {
	found, err := w.Desk.Get(ctx, m.Session)
	if err != nil || !w.reads(found, m) {
		return nil, err
	}
	return []*apipb.WatchResponse{{Event: &apipb.WatchResponse_Chat{Chat: desk.WireChat(m)}}}, nil
}

// typing goes to the others of those.
func (w *watcher) typing(ctx context.Context, t live.Typing) ([]*apipb.WatchResponse, error) {
	found, err := w.Desk.Get(ctx, t.Session)
	if err != nil || !w.hears(found) || t.Rep == w.p.ID {
		return nil, err
	}
	m := &apipb.Typing{SessionId: t.Session.String(), RepId: t.Rep, Name: t.Name, Typing: t.Typing}
	if t.RepsOnly {
		m.Channel = wirepb.ChatChannel_CHAT_CHANNEL_REPS
	}
	return []*apipb.WatchResponse{{Event: &apipb.WatchResponse_Typing{Typing: m}}}, nil
}
