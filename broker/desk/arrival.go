package desk

import (
	"context"
	"errors"
	"math"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	// MaxReceipt is how many messages one receipt may be about: as many as an endpoint keeps.
	MaxReceipt = 200
	// maxAgain is how many messages an endpoint is told again when it is back: what it
	// takes at once.
	maxAgain = 16
)

// Arrives reports whether a receipt can say this of a message.
func Arrives(a wirepb.ChatArrival) bool {
	return a == wirepb.ChatArrival_CHAT_ARRIVAL_DELIVERED || a == wirepb.ChatArrival_CHAT_ARRIVAL_SHOWN
}

// arrived is an endpoint's receipt. One that there cannot be is of no use to anybody.
func (d *Desk) arrived(ctx context.Context, e *entry, _ store.Device, r *wirepb.ChatReceipt) {
	if !Arrives(r.Arrival) || len(r.Seq) > MaxReceipt {
		return
	}
	if err := d.noteArrival(ctx, e, r.Seq, r.Arrival); err != nil {
		d.conf.Log.ErrorContext(ctx, "note what arrived", "session", e.id.String(), "error", err)
	}
}

// ArrivedAtVisitor notes how far messages have come on the portal page.
func (d *Desk) ArrivedAtVisitor(ctx context.Context, id wire.SessionID, seq []uint64, a wirepb.ChatArrival) error {
	e := d.find(id)
	if e == nil {
		return gone()
	}
	return d.noteArrival(ctx, e, seq, a)
}

// noteArrival notes how far messages have come, and tells consoles. Numbers that no
// message to everybody has are passed over.
func (d *Desk) noteArrival(ctx context.Context, e *entry, seqs []uint64, a wirepb.ChatArrival) error {
	var news []store.ChatMessage
	err := d.conf.Store.Update(ctx, func(tx *store.Tx) error {
		for _, seq := range seqs {
			if seq > math.MaxInt64 {
				continue // no message has it
			}
			m, err := tx.ChatArrived(e.id, seq, a)
			switch {
			case errors.Is(err, store.ErrNotFound):
			case err != nil:
				return err
			default:
				news = append(news, m)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, m := range news {
		d.conf.Hub.Publish(live.Change{Arrival: &m})
	}
	return nil
}

// sayAgain tells an endpoint that is back what it may not have heard, and what it may
// have shown without the broker's hearing of it: it knows messages by their number.
func (d *Desk) sayAgain(ctx context.Context, e *entry) {
	unseen, err := d.conf.Store.Unseen(ctx, e.id, maxAgain)
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "find what was not shown", "session", e.id.String(), "error", err)
		return
	}
	for _, m := range unseen {
		_ = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Chat{Chat: toEndpoint(m)}})
	}
}

// toEndpoint is a message as the endpoint gets it, which has no use for who knows of it.
func toEndpoint(m store.ChatMessage) *wirepb.Chat {
	c := WireChat(m)
	c.Arrival = wirepb.ChatArrival_CHAT_ARRIVAL_UNSPECIFIED
	return c
}
