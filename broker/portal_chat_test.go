package broker

import (
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (p *page) acknowledge(how wirepb.ChatArrival, seq ...uint64) error {
	_, err := p.c.portal().AcknowledgeChat(p.t.Context(), connect.NewRequest(&apipb.AcknowledgeChatRequest{Token: p.token, Seq: seq, Arrival: how}))
	return err
}

func (p *page) types(typing bool) error {
	_, err := p.c.portal().TypeChat(p.t.Context(), connect.NewRequest(&apipb.TypeChatRequest{Token: p.token, Typing: typing}))
	return err
}

// taken is a chat that Rob took, with its page.
func taken(t *testing.T) (n *bench, rob *client, p *page, s *apipb.Session, first string) {
	t.Helper()
	n, first, _ = newPortal(t)
	rob = n.rep("rob")
	p = n.begin(withQueue(first))
	s = rob.waits(t)
	if _, err := rob.resume(t, s.Id); err != nil {
		t.Fatal(err)
	}
	p.phase(chatting)
	return n, rob, p, s, first
}

// What the page received and showed is told to consoles and kept, as what an endpoint
// did is; nothing of it is about another's chat, and it is bounded.
func TestO17_C6_ThePageSaysHowFarMessagesCame(t *testing.T) {
	n, rob, p, s, first := taken(t)
	mine := rob.open(t)
	p.say("hello")
	said := rob.write(t, s.Id, "how are you", toAll)
	among := rob.write(t, s.Id, "among us", toReps)
	p.until("it came", func() bool { return len(p.said) == 2 })
	if got := p.said[1]; got.Seq != said.Seq || got.Arrival != unsure || got.RepId != "" {
		t.Fatal(got)
	}
	must1(t, p.acknowledge(delivered, said.Seq, 999, 1<<63))
	mine.arrival(said.Seq, delivered)
	must1(t, p.acknowledge(drawn, said.Seq, among.Seq, 1))
	mine.arrival(said.Seq, drawn)
	must1(t, p.acknowledge(delivered, said.Seq)) // which takes nothing back

	stranger := n.begin(withQueue(first))
	must1(t, stranger.acknowledge(drawn, among.Seq))
	stranger.token = "guess"
	wantCode(t, stranger.acknowledge(drawn, said.Seq), wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
	wantCode(t, stranger.types(true), wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
	wantCode(t, p.acknowledge(unsure, said.Seq), wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	wantCode(t, p.acknowledge(9, said.Seq), wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	wantCode(t, p.acknowledge(drawn, make([]uint64, 201)...), wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	var got []wirepb.ChatArrival
	for _, m := range rob.history(t, s.Id) {
		got = append(got, m.Arrival)
	}
	if !slices.Equal(got, []wirepb.ChatArrival{unsure, drawn, unsure}) {
		t.Fatal(got)
	}
	limited(t, func() error { return p.acknowledge(drawn, said.Seq) })
	rob.end(t, s.Id)
	p.phase(ended)
	n.advance(time.Minute) // so that it is not too often
	wantCode(t, p.acknowledge(drawn, said.Seq), wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
}

// Who writes is told to the other side, and is kept nowhere; what a rep writes among
// reps is not the customer's.
func TestO17_C6_TypingGoesBothWays(t *testing.T) {
	n, rob, p, s, _ := taken(t)
	mine := rob.open(t)
	typing := func(m *apipb.WatchResponse) (*apipb.Typing, bool) { return m.GetTyping(), m.GetTyping() != nil }
	for _, want := range []bool{true, false} {
		must1(t, p.types(want))
		if got := told(mine, "typing", typing); got.RepId != "" || got.Name != "Cora Customer" || got.SessionId != s.Id || got.Typing != want {
			t.Fatal(got)
		}
	}
	must1(t, rob.types(s.Id, true, toReps))
	must1(t, rob.types(s.Id, true, toAll))
	must1(t, rob.types(s.Id, false, toAll))
	p.until("the rep writes, and stops", func() bool { return len(p.typing) == 2 })
	if a, b := p.typing[0], p.typing[1]; a.Name != "Rob Rep" || !a.Typing || b.Typing {
		t.Fatal(p.typing)
	}
	limited(t, func() error { return p.types(true) })
	if len(n.records(action("session.typing"))) > 0 || len(rob.history(t, s.Id)) > 0 {
		t.Error("typing was kept")
	}
}

// limited calls until it is too often.
func limited(t *testing.T, call func() error) {
	t.Helper()
	var err error
	for range 100 {
		if err = call(); err != nil {
			break
		}
	}
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED)
}
