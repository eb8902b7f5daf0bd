package agent

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func wantReceipt(r *rig, how wirepb.ChatArrival, seq ...uint64) {
	r.t.Helper()
	if m := (<-r.msgs).GetChatReceipt(); m.GetArrival() != how || !slices.Equal(m.GetSeq(), seq) {
		r.t.Fatalf("%v, want %v of %v", m, how, seq)
	}
}

// The broker hears that a message is here, and that it was shown, once; and again
// when it asks by sending the message again.
func TestO17_ReceiptsSayHowFarMessagesCame(t *testing.T) {
	const delivered, seen = wirepb.ChatArrival_CHAT_ARRIVAL_DELIVERED, wirepb.ChatArrival_CHAT_ARRIVAL_SHOWN
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(nil)
		tr.drain()
		shown := func(id []byte, seq ...uint64) {
			tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_ChatShown{ChatShown: &wirepb.ChatReceipt{Session: id, Seq: seq}}})
		}
		first := &wirepb.Chat{Session: session, Seq: 4, From: "Ada", Text: "hello"}
		r.chat(first)
		wantReceipt(r, delivered, 4)
		r.chat(first)
		wantReceipt(r, delivered, 4)
		shown([]byte("another session.."), 4)
		shown(session, 9) // no such message
		wantNothing(r)
		shown(session, 4, 9)
		wantReceipt(r, seen, 4)
		shown(session, 4)
		wantNothing(r)
		r.chat(first)
		wantReceipt(r, seen, 4)
		if got := tr.chats(); !slices.Equal(got, []string{"hello"}) {
			t.Fatalf("the tray was told %q", got)
		}
	})
}

// Typing passes both ways, at a bounded pace, and waits for no link.
func TestO17_TypingPassesAndIsKeptNowhere(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(nil)
		tr.drain()
		writes := func(id []byte, now bool) {
			tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_ChatTyping{ChatTyping: &wirepb.ChatTyping{Session: id, From: "not me", Typing: now}}})
		}
		writes(session, true)
		if m := (<-r.msgs).GetChatTyping(); !m.GetTyping() || m.From != "" || string(m.Session) != string(session) {
			t.Fatalf("%v", m)
		}
		writes([]byte("another session.."), true)
		wantNothing(r)
		for range 3 * typesBurst {
			writes(session, true)
		}
		synctest.Wait()
		if n := len(r.msgs); n != typesBurst-1 {
			t.Errorf("%d told at once", n)
		}
		for len(r.msgs) > 0 {
			<-r.msgs
		}
		rep := func(id []byte) {
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ChatTyping{ChatTyping: &wirepb.ChatTyping{Session: id, From: "Ada", Typing: true}}})
		}
		rep([]byte("another session.."))
		for range 2 * typedBurst {
			rep(session)
		}
		synctest.Wait()
		n := 0
		for len(tr.msgs) > 0 {
			if m := (<-tr.msgs).(*ipcpb.ToTray).GetChatTyping(); m != nil {
				if n++; m.From != "Ada" || !m.Typing {
					t.Fatalf("%v", m)
				}
			}
		}
		if n != typedBurst {
			t.Errorf("the tray was told %d times", n)
		}
		r.l.Close(nil)
		synctest.Wait()
		writes(session, true)
		tr.shown(session)
		r.connect()
		wantNothing(r)
	})
}
