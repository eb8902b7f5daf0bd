package agent

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (r *rig) chat(m *wirepb.Chat) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Chat{Chat: m}})
}

func (c *fakeChild) write(session []byte, text string) {
	c.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Chat{Chat: &wirepb.Chat{Session: session, Text: text}}})
}

// chats are the messages that the tray was told, and not the history.
func (c *fakeChild) chats() (texts []string) {
	synctest.Wait()
	for len(c.msgs) > 0 {
		if m := (<-c.msgs).(*ipcpb.ToTray).GetChat(); m != nil {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// A tray that begins anew gets what was said, and a link that was lost what was
// written meanwhile.
func TestO27_ChatOutlivesTheTrayAndTheLink(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(nil)
		r.chat(&wirepb.Chat{Session: session, Seq: 1, From: "Ada", Text: "hello"})
		wantReceipt(r, wirepb.ChatArrival_CHAT_ARRIVAL_DELIVERED, 1)
		tr.write(session, "hi")
		if m := (<-r.msgs).GetChat(); m.GetText() != "hi" || !m.GetFromCustomer() {
			t.Errorf("the broker was told %v", m)
		}
		r.chat(&wirepb.Chat{Session: session, Seq: 1, From: "Ada", Text: "hello"}) // the same again
		wantReceipt(r, wirepb.ChatArrival_CHAT_ARRIVAL_DELIVERED, 1)
		tr.die()
		tr = <-r.tray
		h := expect(t, tr, (*ipcpb.ToTray).GetChatHistory)
		if len(h.Said) != 2 || h.Said[0].Text != "hello" || h.Said[0].FromCustomer || h.Said[1].Text != "hi" || !h.Said[1].FromCustomer || string(h.Session) != string(session) {
			t.Errorf("history %v", h)
		}
		r.l.Close(nil)
		synctest.Wait()
		for i := range outboxChat + 3 {
			tr.write(session, fmt.Sprint("offline ", i))
		}
		tr.shown(session)
		r.connect()
		for i := range outboxChat {
			if m := (<-r.msgs).GetChat(); m.GetText() != fmt.Sprint("offline ", i) {
				t.Fatalf("the broker was told %v", m)
			}
		}
		wantNothing(r)
	})
}

// What is not for the person, or not what it says to be, does not reach the screen.
func TestO17_TheScreenShowsOnlyWhatIsForIt(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(nil)
		tr.drain()
		r.chat(&wirepb.Chat{Session: session, From: "Ada", Text: "among us", Channel: wirepb.ChatChannel_CHAT_CHANNEL_REPS})
		r.chat(&wirepb.Chat{Session: session, From: "alice", Text: "I agree", FromCustomer: true})
		r.chat(&wirepb.Chat{Session: []byte("another session.."), From: "Ada", Text: "elsewhere"})
		if got := tr.chats(); len(got) > 0 {
			t.Errorf("shown: %v", got)
		}
		wantNothing(r)
		for _, m := range []*wirepb.Chat{
			{Session: session, From: "Ada"},
			{Session: session, From: "Ada", Text: strings.Repeat("x", wire.MaxText+1)},
			{Session: session, From: strings.Repeat("x", wire.MaxName+1), Text: "x"},
		} {
			r.chat(m)
			wantRefused(r, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
		}
		tr.write(session, strings.Repeat("x", wire.MaxText+1))
		tr.write([]byte("another session.."), "x")
		wantNothing(r)
	})
}

func TestChatIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(nil)
		tr.drain()
		for range chatBurst + 1 {
			r.chat(&wirepb.Chat{Session: session, From: "Ada", Text: "flood"})
		}
		wantRefused(r, wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED)
		if got := tr.chats(); len(got) != chatBurst {
			t.Errorf("%d shown at once", len(got))
		}
		for range chatBurst + 1 {
			tr.write(session, "flood")
		}
		if n := len(r.msgs); n != chatBurst {
			t.Errorf("%d sent at once", n)
		}
		for i := range maxSaid + 10 {
			time.Sleep(chatEvery)
			r.chat(&wirepb.Chat{Session: session, From: "Ada", Text: fmt.Sprint(i)})
			tr.drain()
		}
		tr.die()
		tr = <-r.tray
		h := expect(t, tr, (*ipcpb.ToTray).GetChatHistory)
		if n := len(h.Said); n != maxSaid || h.Said[n-1].Text != fmt.Sprint(maxSaid+9) {
			t.Errorf("%d kept, the last is %v", n, h.Said[n-1])
		}
		for range 20 {
			time.Sleep(chatEvery)
			r.chat(&wirepb.Chat{Session: session, From: "Ada", Text: strings.Repeat("x", wire.MaxText)})
		}
		tr.die()
		tr = <-r.tray
		if h := expect(t, tr, (*ipcpb.ToTray).GetChatHistory); len(h.Said) != maxSaidBytes/(wire.MaxText+100) {
			t.Errorf("%d long ones kept", len(h.Said))
		}
	})
}

// D12: the tray hears that nothing is injected when the helper has said so for what
// the tray has open now, and not before.
func TestD12_TheTrayHearsWhenNothingIsInjected(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, tr, _ := r.active(nil)
		open := func(serial uint32, open bool) {
			tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Prompt{Prompt: &ipcpb.PromptState{Open: open, Serial: serial}}})
		}
		quiet := func(serial uint32) {
			h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Quiet{Quiet: &ipcpb.Quiet{Serial: serial}}})
		}
		heard := func() (serials []uint32) {
			synctest.Wait()
			for len(tr.msgs) > 0 {
				if q := (<-tr.msgs).(*ipcpb.ToTray).GetQuiet(); q != nil {
					serials = append(serials, q.Serial)
				}
			}
			return serials
		}
		h.drain()
		open(1, true)
		first := expect(t, h, (*ipcpb.ToHelper).GetSuspend)
		if !first.Input || len(heard()) > 0 {
			t.Errorf("told before the helper was: %v", first)
		}
		open(1, false)
		open(2, true)
		expect(t, h, (*ipcpb.ToHelper).GetSuspend) // goes on
		second := expect(t, h, (*ipcpb.ToHelper).GetSuspend)
		quiet(first.Serial)
		if got := heard(); len(got) > 0 {
			t.Errorf("an answer to what was before counted: %v", got)
		}
		quiet(second.Serial)
		quiet(second.Serial)
		if got := heard(); len(got) != 1 || got[0] != 2 {
			t.Errorf("told %v", got)
		}
		open(2, false)
		open(3, true)
		r.unfit.Store(true)
		h.die()
		if got := heard(); len(got) != 1 || got[0] != 3 {
			t.Errorf("without a helper: %v", got)
		}
	})
}
