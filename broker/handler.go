package broker

import (
	"context"

	"github.com/alongside-remote/alongside/broker/button"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/broker/jump"
	"github.com/alongside-remote/alongside/broker/policybook"
	"github.com/alongside-remote/alongside/broker/relay"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/transfer"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// slots are what sessions with consent have: viewers, and transfers of files.
type slots struct {
	*relay.Relay
	files *transfer.Book
}

// Close implements desk.Relay.
func (s slots) Close(id wire.SessionID, why error) {
	s.files.Close(id, why)
	s.Relay.Close(id, why)
}

// Detach implements desk.Relay.
func (s slots) Detach(id wire.SessionID, why error) {
	s.files.Detach(id, why)
	s.Relay.Detach(id, why)
}

// Expel implements desk.Relay.
func (s slots) Expel(id wire.SessionID, rep string, why error) {
	s.files.Expel(id, rep, why)
	s.Relay.Expel(id, rep, why)
}

// viewers lets the relay, which the desk needs, reach the desk.
type viewers struct{ b *Broker }

func (v viewers) ViewerAttached(id wire.SessionID, viewer uint32, rep string, recorder bool) error {
	return v.b.desk.ViewerAttached(id, viewer, rep, recorder)
}

func (v viewers) ViewerDetached(id wire.SessionID, viewer uint32) {
	v.b.desk.ViewerDetached(id, viewer)
}

// handler gives the fleet's news to the desk and the policy book, and its streams
// to the relay.
type handler struct {
	*desk.Desk
	book    *policybook.Book
	jumps   *jump.Book
	relay   *relay.Relay
	buttons *button.Keeper
	files   *transfer.Book
}

// Connected tells a device its policy and its buttons before its sessions are taken up.
func (h handler) Connected(d store.Device, active []wire.SessionID) {
	h.book.Connected(context.Background(), d.ID)
	h.buttons.Connected(context.Background(), d.ID)
	h.jumps.Connected(context.Background(), d)
	h.Desk.Connected(d, active)
}

// Message takes a device's message.
func (h handler) Message(d store.Device, m *wirepb.AgentMessage) {
	if r := m.GetPolicy(); r != nil {
		h.book.Report(context.Background(), d, r)
		return
	}
	if r := m.GetButtons(); r != nil {
		h.buttons.Report(context.Background(), d.ID, r)
		return
	}
	if r := m.GetFileAnswer(); r != nil {
		h.files.Answer(d.ID, r)
		return
	}
	if !h.jumps.Message(context.Background(), d, m) {
		h.Desk.Message(d, m)
	}
}

// Media takes a stream only for a session of that device that has consent.
func (h handler) Media(device string, id wire.SessionID, viewer uint32, st transport.Stream) {
	if !h.Owns(device, id) {
		st.Reset()
		return
	}
	h.relay.Media(id, viewer, st)
}

// File takes the stream of a transfer.
func (h handler) File(device string, id wire.SessionID, number uint32, st transport.Stream) {
	h.files.Stream(device, id, number, st)
}

var _ fleet.Handler = handler{}
