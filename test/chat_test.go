//go:build linux

package test

import (
	"slices"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestC6_D12_TheRepCannotWriteAsThePerson: a rep's message opens the chat on the
// desktop; the rep, who controls it, clicks into it and types an answer, which is
// nobody's. The person's own arrives, and control goes on when they are done.
func TestC6_D12_TheRepCannotWriteAsThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	s := w.begin(d.Id)
	v := w.look(s.Id)
	_, err = w.rep.Sessions.SendChat(w.ctx, connect.NewRequest(&apipb.SendChatRequest{Id: s.Id, Text: "May I delete it?"}))
	w.must(err)
	at, err := w.desktop.ChatEntry(w.ctx)
	w.must(err)
	w.must(bed.Until(w.ctx, "the message to be shown", func() (bool, error) {
		g, err := w.rep.Sessions.Get(w.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
		return err == nil && g.Msg.Chat[0].Arrival == wirepb.ChatArrival_CHAT_ARRIVAL_SHOWN, err
	}))
	forged := append(clicked(uint16(at.X), uint16(at.Y)), wire.Input{Kind: wire.InputText, Text: "I agree\r"})
	w.must(v.Input(forged...))
	w.must(bed.Until(w.ctx, "remote input to be suspended", func() (bool, error) { return v.State().GetPromptOpen(), nil }))
	w.must(v.Input(forged...))
	w.must(w.desktop.Write(w.ctx, "No, keep it"))
	w.must(v.Input(forged...))
	var texts []string
	w.must(bed.Until(w.ctx, "the person's answer", func() (bool, error) {
		g, err := w.rep.Sessions.Get(w.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
		if err != nil {
			return false, err
		}
		texts = nil
		for _, c := range g.Msg.Chat {
			texts = append(texts, c.Text)
		}
		return slices.Contains(texts, "No, keep it"), nil
	}))
	if want := []string{"May I delete it?", "No, keep it"}; !slices.Equal(texts, want) {
		t.Errorf("said %q", texts)
	}
	w.must(w.desktop.CloseChat())
	w.must(bed.Until(w.ctx, "control to go on", func() (bool, error) { return !v.State().GetPromptOpen(), nil }))
	w.must(v.Input(wire.Input{Kind: wire.InputMotion, X: 321, Y: 123}))
	w.must(bed.Until(w.ctx, "the pointer to follow", func() (bool, error) {
		p, err := w.desktop.Pointer()
		return p.X == 321 && p.Y == 123, err
	}))
	w.must(w.desktop.Done(w.ctx))
	_, err = w.rep.Office(w.broker).Record(w.ctx, s.Id, "input_rejected:prompt_open")
	w.must(err)
}
