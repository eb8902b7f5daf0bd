package agent

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// adhocRig is a rig whose service is an ad-hoc client.
type adhocRig struct {
	*rig
	t testing.TB
}

// asAdhoc runs a test with an ad-hoc client. The test lets it end.
func asAdhoc(t *testing.T, f func(t *testing.T, r *adhocRig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.only = wire.SessionID{1, 2, 3}
		r.start()
		f(t, &adhocRig{r, t})
		r.end()
	})
}

// its is an offer of the ad-hoc client's own session.
func (r *adhocRig) its(edit func(g *wirepb.SessionGrant)) *wirepb.SessionOffer {
	return r.grant(func(g *wirepb.SessionGrant) {
		g.Session = r.only[:]
		if edit != nil {
			edit(g)
		}
	})
}

// begun brings its session up to a viewer.
func (r *adhocRig) begun() (session []byte, tr *fakeChild) {
	r.t.Helper()
	session, _, tr, _ = r.active(func(g *wirepb.SessionGrant) { g.Session, g.MaxDurationS = r.only[:], 120 })
	return session, tr
}

// wantOver waits for the end of the service by itself.
func (r *adhocRig) wantOver(by wirepb.EndedBy, code wirepb.ErrorCode) {
	r.t.Helper()
	err := <-r.ended
	r.ended <- err // for end
	var o *Over
	if !errors.As(err, &o) || o.By != by || o.Code != code {
		r.t.Errorf("ended with %v, want by %v, %v", err, by, code)
	}
}

// keep confirms the summary of the session, as a broker does.
func (r *adhocRig) keep() {
	s := <-r.summaries
	got := new(wirepb.SessionSummary)
	if err := proto.Unmarshal(s.Summary, got); err != nil {
		r.t.Error(err)
	}
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_SummaryKept{SummaryKept: &wirepb.SummaryKept{Seq: got.Seq}}})
}

// TestL11_AnAdhocClientEndsWithItsSession: whoever ends it, and it stays until the broker
// has the summary, which is lost with it.
func TestL11_AnAdhocClientEndsWithItsSession(t *testing.T) {
	for name, tc := range map[string]struct {
		by   wirepb.EndedBy
		code wirepb.ErrorCode
		end  func(r *adhocRig, id []byte, tr *fakeChild)
	}{
		"Customer": {wirepb.EndedBy_ENDED_BY_CUSTOMER, 0, func(_ *adhocRig, id []byte, tr *fakeChild) {
			tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: id}}})
		}},
		"Rep": {wirepb.EndedBy_ENDED_BY_REP, 0, func(r *adhocRig, id []byte, _ *fakeChild) {
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: id, By: wirepb.EndedBy_ENDED_BY_REP}}})
		}},
		"Expiry": {wirepb.EndedBy_ENDED_BY_EXPIRY, wirepb.ErrorCode_ERROR_CODE_EXPIRED, func(*adhocRig, []byte, *fakeChild) { time.Sleep(2 * time.Minute) }},
	} {
		t.Run(name, func(t *testing.T) {
			asAdhoc(t, func(t *testing.T, r *adhocRig) {
				id, tr := r.begun()
				tr.drain()
				tc.end(r, id, tr)
				synctest.Wait()
				select {
				case err := <-r.ended:
					t.Fatalf("gone before its summary was kept: %v", err)
				default:
				}
				r.keep()
				r.wantOver(tc.by, tc.code)
			})
		})
	}
}

func TestL11_AnAdhocClientDoesNotWaitForEverForItsSummary(t *testing.T) {
	asAdhoc(t, func(_ *testing.T, r *adhocRig) {
		id, tr := r.begun()
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: id}}})
		r.wantOver(wirepb.EndedBy_ENDED_BY_CUSTOMER, 0)
	})
}

func TestL11_AnAdhocClientEndsAfterANo(t *testing.T) {
	asAdhoc(t, func(_ *testing.T, r *adhocRig) {
		<-r.helper
		tr := <-r.tray
		r.offer(r.its(nil))
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		tr.answer(ask.Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		wantConsent(r.rig, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		r.keep()
		r.wantOver(wirepb.EndedBy_ENDED_BY_CUSTOMER, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
	})
}

func TestL11_AnAdhocClientGoesWhenItsSessionDoesNotCome(t *testing.T) {
	asAdhoc(t, func(t *testing.T, r *adhocRig) {
		began := time.Now()
		m := (<-r.msgs).GetEnd()
		if m.GetCode() != wirepb.ErrorCode_ERROR_CODE_NOT_OFFERED || string(m.GetSession()) != string(r.only[:]) {
			t.Errorf("the broker was told %v", m)
		}
		r.wantOver(wirepb.EndedBy_ENDED_BY_AGENT, wirepb.ErrorCode_ERROR_CODE_NOT_OFFERED)
		if d := time.Since(began).Round(time.Minute); d != adhocWait {
			t.Errorf("waited %v", d)
		}
	})
}

func TestL11_AnAdhocClientGoesWhenItsSessionIsOver(t *testing.T) {
	asAdhoc(t, func(t *testing.T, r *adhocRig) {
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: []byte("another session!"), By: wirepb.EndedBy_ENDED_BY_REP}}})
		select {
		case err := <-r.ended:
			t.Fatalf("ended by another's end: %v", err)
		default:
		}
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{
			Session: r.only[:], By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN,
		}}})
		r.wantOver(wirepb.EndedBy_ENDED_BY_BROKER, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
	})
}

func TestK_AnAdhocClientServesItsOwnSessionOnly(t *testing.T) {
	asAdhoc(t, func(t *testing.T, r *adhocRig) {
		<-r.helper
		tr := <-r.tray
		r.offer(r.grant(nil))
		wantConsent(r.rig, wirepb.ErrorCode_ERROR_CODE_OTHER_SESSION)
		tr.request(good)
		if a := expect(t, tr, (*ipcpb.ToTray).GetRequestResult); a.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED {
			t.Errorf("a request: %v", a)
		}
		r.offer(r.its(nil))
		r.yes(tr)
		wantConsent(r.rig, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED)
	})
}

func history(session []byte, said ...*wirepb.Chat) *wirepb.BrokerMessage {
	return &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ChatHistory{ChatHistory: &wirepb.ChatHistory{Session: session, Said: said}}}
}

// TestO27_C7_AnAdhocClientShowsWhatWasSaidBefore: in order, whole, the person's own words as
// theirs; and later what the person says in the browser.
func TestO27_C7_AnAdhocClientShowsWhatWasSaidBefore(t *testing.T) {
	asAdhoc(t, func(t *testing.T, r *adhocRig) {
		id, tr := r.begun()
		tr.drain()
		r.say(history(id,
			&wirepb.Chat{Seq: 1, From: "Ann", FromCustomer: true, Text: "it is on fire", AtUnixMs: 1000},
			&wirepb.Chat{Seq: 2, From: "Ada", Text: "among us", Channel: wirepb.ChatChannel_CHAT_CHANNEL_REPS},
			&wirepb.Chat{Seq: 3, From: "Ada", Text: "which one?", AtUnixMs: 2000},
		))
		wantRefused(r.rig, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
		h := expect(t, tr, (*ipcpb.ToTray).GetChatHistory)
		if len(h.Said) != 2 || !h.Said[0].FromCustomer || h.Said[0].AtUnixMs != 1000 || h.Said[1].Text != "which one?" || h.Said[1].FromCustomer {
			t.Errorf("history %v", h)
		}
		r.chat(&wirepb.Chat{Session: id, Seq: 4, From: "Ann", FromCustomer: true, Text: "the left one"})
		if c := expect(t, tr, (*ipcpb.ToTray).GetChat); c.Text != "the left one" || !c.FromCustomer {
			t.Errorf("told %v", c)
		}
		r.say(history(id, &wirepb.Chat{Seq: 5, From: "Ada", Text: "again"})) // too late
		if got := tr.chats(); len(got) > 0 {
			t.Errorf("told %v", got)
		}
	})
}

// A service that stays believes nobody who speaks in the person's name.
func TestC6_HistoryIsForAdhocClientsOnly(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, _, tr, _ := r.active(nil)
		tr.drain()
		r.say(history(id, &wirepb.Chat{Seq: 1, From: "Ann", FromCustomer: true, Text: "I agree"}))
		synctest.Wait()
		for len(tr.msgs) > 0 {
			if h := (<-tr.msgs).(*ipcpb.ToTray).GetChatHistory(); h != nil {
				t.Errorf("told %v", h)
			}
		}
	})
}
