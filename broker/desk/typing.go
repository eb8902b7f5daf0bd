package desk

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// A console says every two seconds that its rep writes, and once that they stopped; a
// rep has some sessions open at a time.
const (
	typingEvery = 250 * time.Millisecond
	typingBurst = 16
)

// Types tells the others that a rep writes, or does not any more: the reps in the
// session, and the person at the endpoint unless it is among reps.
func (d *Desk) Types(p account.Principal, id wire.SessionID, typing, repsOnly bool) error {
	e := d.find(id)
	if e == nil {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
	}
	s := d.show(e)
	if err := policy.Can(p.Policy(), policy.Chat, About(s.Session)); err != nil {
		return err
	}
	switch {
	case !s.Chats():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active")
	case !d.typing.Allow(p.ID, d.conf.Now()):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "this is said too often")
	}
	d.conf.Hub.Publish(live.Change{Typing: &live.Typing{Session: id, Rep: p.ID, Name: writer(p), RepsOnly: repsOnly, Typing: typing}})
	if !repsOnly {
		_ = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ChatTyping{
			ChatTyping: &wirepb.ChatTyping{Session: id[:], From: writer(p), Typing: typing},
		}})
	}
	return nil
}

// VisitorTypes tells reps that the customer writes on the portal page.
func (d *Desk) VisitorTypes(id wire.SessionID, typing bool) error {
	e := d.find(id)
	if e == nil {
		return gone()
	}
	d.customerTyping(e, typing)
	return nil
}

// customerTypes tells reps that the customer writes in the endpoint's chat.
func (d *Desk) customerTypes(_ context.Context, e *entry, _ store.Device, m *wirepb.ChatTyping) {
	d.customerTyping(e, m.Typing)
}

func (d *Desk) customerTyping(e *entry, typing bool) {
	if s := d.show(e); s.Chats() {
		d.conf.Hub.Publish(live.Change{Typing: &live.Typing{Session: e.id, Name: customer(s.Session), Typing: typing}})
	}
}
