package broker

import (
	"context"
	"slices"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	toAll  = wirepb.ChatChannel_CHAT_CHANNEL_UNSPECIFIED
	toReps = wirepb.ChatChannel_CHAT_CHANNEL_REPS

	unsure    = wirepb.ChatArrival_CHAT_ARRIVAL_UNSPECIFIED
	delivered = wirepb.ChatArrival_CHAT_ARRIVAL_DELIVERED
	drawn     = wirepb.ChatArrival_CHAT_ARRIVAL_SHOWN
)

func (c *client) write(t *testing.T, id, text string, channel wirepb.ChatChannel) *wirepb.Chat {
	t.Helper()
	return must[apipb.SendChatResponse](t)(c.session.SendChat(t.Context(), connect.NewRequest(&apipb.SendChatRequest{Id: id, Text: text, Channel: channel}))).Chat
}

func (c *client) types(id string, typing bool, channel wirepb.ChatChannel) error {
	_, err := c.session.SetTyping(context.Background(), connect.NewRequest(&apipb.SetTypingRequest{Id: id, Typing: typing, Channel: channel}))
	return err
}

func (c *client) history(t *testing.T, id string) []*wirepb.Chat {
	t.Helper()
	return must[apipb.GetResponse](t)(c.session.Get(t.Context(), connect.NewRequest(&apipb.GetRequest{Id: id}))).Chat
}

func (a *agent) acknowledge(id string, how wirepb.ChatArrival, seq ...uint64) {
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ChatReceipt{ChatReceipt: &wirepb.ChatReceipt{Session: mustID(a.t, id), Seq: seq, Arrival: how}}})
}

func (a *agent) heard() *wirepb.Chat {
	a.t.Helper()
	return await(a, "chat", func(m *wirepb.BrokerMessage) (*wirepb.Chat, bool) { return m.GetChat(), m.GetChat() != nil })
}

func (o *office) arrival(seq uint64, how wirepb.ChatArrival) {
	o.t.Helper()
	told(o, "how far a message came", func(m *apipb.WatchResponse) (struct{}, bool) {
		return struct{}{}, m.GetChat().GetSeq() == seq && m.GetChat().Arrival == how
	})
}

// A message names its writer, and says how far it came: to consoles at once and in
// the history, never back, and of messages to everybody only.
func TestO17_MessagesNameTheirWriterAndHowFarTheyCame(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s := a.active(rob)
	mine := rob.open(t)
	there := ria.open(t)
	ria.joined(t, rob, s.Id)
	first := rob.write(t, s.Id, "for all", toAll)
	among := ria.write(t, s.Id, "for reps", toReps)
	if first.RepId != rob.id(t) || among.RepId != ria.id(t) || first.Arrival != unsure {
		t.Fatal(first, among)
	}
	if got := a.heard(); got.Seq != first.Seq || got.RepId != rob.id(t) {
		t.Fatal(got)
	}
	a.acknowledge(s.Id, delivered, first.Seq, 999, 1<<63)
	mine.arrival(first.Seq, delivered)
	a.acknowledge(s.Id, drawn, first.Seq)
	there.arrival(first.Seq, drawn)
	// None of these is a receipt that there can be.
	a.acknowledge(s.Id, delivered, first.Seq)
	a.acknowledge(s.Id, drawn, among.Seq)
	a.acknowledge(s.Id, 9, first.Seq)
	a.acknowledge(s.Id, drawn, make([]uint64, 201)...)
	last := ria.write(t, s.Id, "and this", toAll)
	a.acknowledge(s.Id, delivered, last.Seq)
	mine.arrival(last.Seq, delivered)
	if _, err := rob.close(t, s.Id, "end"); err != nil {
		t.Fatal(err)
	}
	var got []wirepb.ChatArrival
	for _, m := range ada.history(t, s.Id) { // the transcript, for who reads the audit log
		got = append(got, m.Arrival)
	}
	if !slices.Equal(got, []wirepb.ChatArrival{drawn, unsure, delivered}) {
		t.Fatal(got)
	}
}

// What was written while the endpoint was away reaches it when it is back, and what
// it did not say to have shown is asked for again.
func TestO17_WhatWasWrittenMeanwhileIsDelivered(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	for _, text := range []string{"one", "two"} {
		rob.write(t, s.Id, text, toAll)
		a.heard()
	}
	a.acknowledge(s.Id, drawn, 1)
	a.acknowledge(s.Id, delivered, 2)
	eventually(t, "noted", func() bool { return rob.history(t, s.Id)[1].Arrival == delivered })
	a.link.Close(nil)
	eventually(t, "lost", func() bool { return !rob.get(t, s.Id).AgentConnected })
	rob.write(t, s.Id, "among us", toReps)
	rob.write(t, s.Id, "three", toAll)
	a.connect(mustID(t, s.Id))
	for _, want := range []string{"two", "three"} {
		if got := a.heard(); got.Text != want {
			t.Fatalf("%v, want %s", got, want)
		}
	}
}

// Who types is told to the others of the channel, and is kept nowhere.
func TestO17_TypingIsToldToTheOthers(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s := a.active(rob)
	mine := rob.open(t)
	there := ria.open(t)
	other := ada.open(t)
	ria.joined(t, rob, s.Id)
	typing := func(m *apipb.WatchResponse) (*apipb.Typing, bool) { return m.GetTyping(), m.GetTyping() != nil }
	toCustomer := func() *wirepb.ChatTyping {
		return await(a, "typing", func(m *wirepb.BrokerMessage) (*wirepb.ChatTyping, bool) {
			return m.GetChatTyping(), m.GetChatTyping() != nil
		})
	}
	wantCode(t, ada.types(s.Id, true, toAll), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	for _, c := range []struct {
		typing  bool
		channel wirepb.ChatChannel
	}{{true, toReps}, {true, toAll}, {false, toAll}} {
		if err := rob.types(s.Id, c.typing, c.channel); err != nil {
			t.Fatal(err)
		}
		if got := told(there, "typing", typing); got.RepId != rob.id(t) || got.Name != "Rob Rep" || got.SessionId != s.Id || got.Typing != c.typing || got.Channel != c.channel {
			t.Fatal(got)
		}
	}
	for _, want := range []bool{true, false} { // that which is among reps never came
		if got := toCustomer(); got.From != "Rob Rep" || got.Typing != want {
			t.Fatal(got)
		}
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ChatTyping{ChatTyping: &wirepb.ChatTyping{Session: mustID(t, s.Id), From: "Rob Rep", Typing: true}}})
	// The writer is not told of themselves, so that this is the first that rob hears of.
	if got := told(mine, "typing", typing); got.RepId != "" || got.Name != "cora" || !got.Typing {
		t.Fatal(got)
	}
	var err error
	for range 100 {
		if err = rob.types(s.Id, true, toReps); err != nil {
			break
		}
	}
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED)
	if len(n.records(action("session.typing"))) > 0 || len(rob.history(t, s.Id)) > 0 {
		t.Error("typing was kept")
	}
	// Who is not in the session heard nothing of it.
	ria.write(t, s.Id, "done", toAll)
	if _, err := rob.close(t, s.Id, "end"); err != nil {
		t.Fatal(err)
	}
	told(other, "the end", func(m *apipb.WatchResponse) (struct{}, bool) {
		if m.GetTyping() != nil || m.GetChat() != nil {
			t.Errorf("told of %v", m)
		}
		return struct{}{}, m.GetSession().GetPhase() == apipb.SessionPhase_SESSION_PHASE_ENDED
	})
}
