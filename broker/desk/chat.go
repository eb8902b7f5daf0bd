package desk

import (
	"context"
	"fmt"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Say is a rep's chat message. One for reps only never reaches the endpoint.
func (d *Desk) Say(ctx context.Context, p account.Principal, id wire.SessionID, said string, repsOnly bool) (store.ChatMessage, error) {
	e := d.find(id)
	if e == nil {
		return store.ChatMessage{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
	}
	if err := policy.Can(p.Policy(), policy.Chat, About(d.show(e).Session)); err != nil {
		return store.ChatMessage{}, err
	}
	m, err := d.chat(ctx, e, store.ChatMessage{From: writer(p), Rep: p.ID, RepsOnly: repsOnly, Text: text.Body(said)})
	if err != nil || repsOnly {
		return m, err
	}
	_ = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Chat{Chat: toEndpoint(m)}})
	return m, nil
}

func (d *Desk) chatFromCustomer(ctx context.Context, e *entry, dev store.Device, c *wirepb.Chat) {
	m := store.ChatMessage{From: text.Name(c.From), FromCustomer: true, Text: text.Body(c.Text)}
	if m.From == "" {
		m.From = dev.Hostname
	}
	if _, err := d.chat(ctx, e, m); err != nil {
		d.conf.Log.InfoContext(ctx, "chat message refused", "session", e.id.String(), "device", dev.ID, "error", err)
	}
}

func (d *Desk) chat(ctx context.Context, e *entry, m store.ChatMessage) (store.ChatMessage, error) {
	if m.Text == "" {
		return m, &account.FieldError{Field: "text", Detail: "write something"}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.s.Chats() {
		return m, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active")
	}
	m.Session, m.At = e.id, d.conf.Now()
	err := d.conf.Store.Update(ctx, func(tx *store.Tx) (err error) {
		m.Seq, err = tx.AddChat(m)
		return err
	})
	if err != nil {
		return m, fmt.Errorf("keep chat: %w", err)
	}
	d.conf.Hub.Publish(live.Change{Chat: &m})
	return m, nil
}

// WireChat is a chat message as it is sent.
func WireChat(m store.ChatMessage) *wirepb.Chat {
	channel := wirepb.ChatChannel_CHAT_CHANNEL_UNSPECIFIED
	if m.RepsOnly {
		channel = wirepb.ChatChannel_CHAT_CHANNEL_REPS
	}
	return &wirepb.Chat{
		Channel: channel, Session: m.Session[:], Seq: m.Seq, From: m.From, RepId: m.Rep, FromCustomer: m.FromCustomer, Text: m.Text,
		AtUnixMs: m.At.UnixMilli(), Arrival: m.Arrival,
	}
}
