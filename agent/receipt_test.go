package agent

import (
	"crypto/ed25519"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	ask    = wirepb.ConsentRule_CONSENT_RULE_ASK
	notify = wirepb.ConsentRule_CONSENT_RULE_NOTIFY
)

// lenient is a rig on whose machine a rule may stand for a person.
func lenient(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.floor.Notify, r.floor.TimeoutAllows = true, true
		r.start()
		defer r.end()
		f(t, r)
	})
}

func (r *rig) receipt(o *wirepb.SessionOffer, c *wirepb.SessionConsent) *wirepb.ConsentReceipt {
	r.t.Helper()
	rec, err := wire.VerifyReceipt(r.device.Public(), o.Grant, c.Receipt, c.ReceiptSignature)
	if err != nil {
		r.t.Fatal(err)
	}
	return rec
}

func TestQ2_SilenceIsANoUnlessRuleAndFloorSayYes(t *testing.T) {
	lenient(t, func(t *testing.T, r *rig) {
		h, tr := <-r.helper, <-r.tray
		o := r.grant(func(g *wirepb.SessionGrant) { g.OnTimeout = wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW })
		r.offer(o)
		if a := expect(t, tr, (*ipcpb.ToTray).GetAsk); !a.SilenceAllows {
			t.Error("the person is not told what silence means")
		}
		h.update(1, 1, 1)
		time.Sleep(29 * time.Second)
		wantNothing(r)
		time.Sleep(time.Second)
		rec := r.receipt(o, wantConsent(r, yes))
		if !rec.Yes || !rec.ByTimeout || rec.Rule != ask {
			t.Errorf("receipt %v", rec)
		}
		expect(t, tr, (*ipcpb.ToTray).GetWithdraw)
	})
}

func TestQ2_NotifyShowsTheBannerAndAsksNobody(t *testing.T) {
	lenient(t, func(t *testing.T, r *rig) {
		h, tr := <-r.helper, <-r.tray
		o := r.grant(func(g *wirepb.SessionGrant) { g.Consent = notify })
		tr.drain()
		r.offer(o)
		rec := r.receipt(o, wantConsent(r, yes))
		if !rec.Yes || rec.Rule != notify || rec.ByTimeout {
			t.Errorf("receipt %v", rec)
		}
		r.attach(o.Session, 1)
		h.update(1, 1, 1)
		if n := r.bytes.Load(); n != 0 {
			t.Errorf("%d bytes before the banner", n)
		}
		expect(t, tr, (*ipcpb.ToTray).GetBanner)
		tr.shown(o.Session)
		m := <-r.media
		h.update(1, 1, 2)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates under the banner", n)
		}
	})
}

func TestQ2_NobodyInFrontHasARuleOfItsOwn(t *testing.T) {
	lenient(t, func(t *testing.T, r *rig) {
		<-r.tray
		locked := alice()
		locked.Locked = true
		r.terminals.Put(locked)
		synctest.Wait()
		r.offer(r.grant(func(g *wirepb.SessionGrant) { g.Consent = notify }))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT)
		o := r.grant(func(g *wirepb.SessionGrant) { g.ConsentAbsent = notify })
		r.offer(o)
		if rec := r.receipt(o, wantConsent(r, yes)); rec.Rule != notify {
			t.Errorf("receipt %v", rec)
		}
	})
}

func TestQ3_ReconnectInsideTheReceiptNeedsNoClick(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		h, tr := <-r.helper, <-r.tray
		o := r.grant(func(g *wirepb.SessionGrant) { g.ConsentValidS = 300 })
		r.offer(o)
		before := time.Now()
		r.yes(tr)
		rec := r.receipt(o, wantConsent(r, yes))
		if d := time.UnixMilli(rec.ValidUntilUnixMs).Sub(before); d < 299*time.Second || d > 300*time.Second {
			t.Errorf("valid for %v", d)
		}
		tr.shown(o.Session)
		tr.drain()
		r.l.Close(nil)
		time.Sleep(4 * time.Minute)
		if hello := r.connect(); len(hello.ActiveSessions) != 1 {
			t.Fatal("the session is gone inside the receipt")
		}
		r.attach(o.Session, 2)
		m := <-r.media
		h.update(2, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates", n)
		}
		for len(tr.msgs) > 0 {
			if (<-tr.msgs).(*ipcpb.ToTray).GetAsk() != nil {
				t.Error("asked again")
			}
		}
		// Beyond it the session goes on while the link stands, and not without.
		time.Sleep(2 * time.Minute)
		wantNothing(r)
		r.l.Close(nil)
		synctest.Wait()
		if hello := r.connect(); len(hello.ActiveSessions) != 0 {
			t.Error("the session came back after the receipt")
		}
		if e := wantEnd(r, wirepb.EndedBy_ENDED_BY_EXPIRY); e.Code != wirepb.ErrorCode_ERROR_CODE_CONSENT_EXPIRED {
			t.Errorf("ended with %v", e.Code)
		}
	})
}

func TestL3_ExpiryNeedsNoBroker(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, tr, _ := r.active(func(g *wirepb.SessionGrant) { g.MaxDurationS = 120 })
		time.Sleep(90 * time.Second)
		r.l.Close(nil)
		synctest.Wait()
		h.drain()
		tr.drain()
		time.Sleep(30*time.Second - time.Millisecond)
		synctest.Wait()
		for len(tr.msgs) > 0 {
			if (<-tr.msgs).(*ipcpb.ToTray).GetBannerHide() != nil {
				t.Fatal("ended early")
			}
		}
		time.Sleep(time.Millisecond)
		expect(t, tr, (*ipcpb.ToTray).GetBannerHide)
		if hello := r.connect(); len(hello.ActiveSessions) != 0 {
			t.Error("the session outlived its time")
		}
		if e := wantEnd(r, wirepb.EndedBy_ENDED_BY_EXPIRY); e.Code != wirepb.ErrorCode_ERROR_CODE_EXPIRED {
			t.Errorf("ended with %v", e.Code)
		}
	})
}

func TestL5_NoCountdownWithoutExpiry(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, _, tr, _ := r.active(nil)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		wantNothing(r)
		for len(tr.msgs) > 0 {
			if b := (<-tr.msgs).(*ipcpb.ToTray).GetBanner(); b.GetLeftMs() != 0 {
				t.Errorf("the banner counts down: %v", b)
			}
		}
	})
}

func (r *rig) deadline(session []byte, seconds uint32) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Deadline{Deadline: &wirepb.SessionDeadline{
		Session: session, Seconds: seconds, Code: wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, Detail: "switched off",
	}}})
}

func TestQ1_ADeadlineOnlyShortens(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, _, tr, _ := r.active(func(g *wirepb.SessionGrant) { g.MaxDurationS = 120 })
		tr.drain()
		r.deadline(id, 300)
		if len(tr.msgs) > 0 {
			t.Errorf("a later end was taken: %v", <-tr.msgs)
		}
		r.deadline(id, 30)
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.LeftMs != 30_000 || b.Note != "switched off" {
			t.Errorf("banner %v", b)
		}
		r.deadline(id, 60)
		time.Sleep(30 * time.Second)
		if e := wantEnd(r, wirepb.EndedBy_ENDED_BY_POLICY); e.Code != denied || e.Detail != "switched off" {
			t.Errorf("ended with %v", e)
		}
	})
}

func TestA12_TheBannerSaysWhatIsEnforced(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, tr, _ := r.active(nil)
		h.drain()
		tr.drain()
		for _, open := range []bool{true, false} {
			tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Prompt{Prompt: &ipcpb.PromptState{Open: open}}})
			b, s := expect(t, tr, (*ipcpb.ToTray).GetBanner), expect(t, h, (*ipcpb.ToHelper).GetSuspend)
			if !b.Control || b.Paused != open || s.Input != open {
				t.Errorf("prompt open %v: banner %v, helper %v", open, b, s)
			}
		}
	})
	bubble(t, func(t *testing.T, r *rig) {
		_, h, tr, _ := r.active(view)
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.Control || b.Paused {
			t.Errorf("banner %v of a view-only session", b)
		}
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); o.Control {
			t.Error("the helper would inject")
		}
	})
}

func TestA3_ARecorderComesOnlyWhereThePersonWasTold(t *testing.T) {
	for _, told := range []bool{false, true} {
		bubble(t, func(t *testing.T, r *rig) {
			id, h, tr, _ := r.active(func(g *wirepb.SessionGrant) { g.Recorded = told })
			if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.Recorded != told {
				t.Errorf("banner %v", b)
			}
			h.drain()
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerAttached{ViewerAttached: &wirepb.ViewerAttached{
				Session: id, Viewer: 9, Recorder: true,
			}}})
			if !told {
				if m := <-r.msgs; m.GetRefusal().GetCode() != denied {
					t.Errorf("answered %v", m)
				}
				return
			}
			m := <-r.media
			if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); o.Viewer != 9 || o.Control {
				t.Errorf("a recorder's view %v", o)
			}
			if _, err := m.Write(wire.AppendMedia(nil, wire.Media{
				MediaHeader: wire.MediaHeader{Kind: wire.MediaInput, Seq: 1}, Payload: wire.AppendInput(nil, wire.Input{Kind: wire.InputReleaseAll}),
			})); err != nil {
				t.Fatal(err)
			}
			expect(t, h, (*ipcpb.ToHelper).GetClose) // that stream is over
			if len(h.raw) > 0 {
				t.Error("its input reached the helper")
			}
		})
	}
}

// kept confirms a summary and returns it.
func (r *rig) kept(seq uint64, last []byte) (*wirepb.SessionSummary, []byte) {
	r.t.Helper()
	synctest.Wait()
	select {
	case s := <-r.summaries:
		got, err := wire.VerifySummary(r.device.Public(), s.Summary, s.Signature)
		if err == nil {
			err = wire.Follows(got, seq, last)
		}
		if err != nil {
			r.t.Fatal(err)
		}
		return got, s.Summary
	default:
		r.t.Fatal("no summary")
		return nil, nil
	}
}

func TestD26_SummariesAreSentUntilTheyAreKept(t *testing.T) {
	state := t.TempDir() + "/state"
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.state, r.enrolled = state, r.grantKey.Public().(ed25519.PublicKey)
		r.start()
		id, h, tr, m := r.active(nil)
		h.update(1, 1, 1)
		h.update(1, 1, 2)
		m.updates()
		h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Dropped{Dropped: &ipcpb.InputDropped{Viewer: 1, PromptOpen: 2}}})
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: id}}})
		wantEnd(r, wirepb.EndedBy_ENDED_BY_CUSTOMER)
		if len(r.summaries) > 0 {
			t.Error("the summary did not wait for the last counts")
		}
		h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Dropped{Dropped: &ipcpb.InputDropped{Viewer: 1, Injected: 7, Last: true}}})
		first, raw := r.kept(0, nil)
		if first.Updates != 2 || first.UpdateBytes == 0 || first.Viewers != 1 || first.InputInjected != 7 || first.InputPromptOpen != 2 ||
			first.ConsentAtUnixMs == 0 || first.By != wirepb.EndedBy_ENDED_BY_CUSTOMER {
			t.Errorf("summary %v", first)
		}
		r.offer(r.grant(nil))
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		if len(r.summaries) > 0 {
			t.Error("a second was sent before the first was kept")
		}
		r.end() // before the broker has confirmed anything

		s := newRig(t)
		s.state, s.device, s.grantKey, s.enrolled = state, r.device, r.grantKey, r.enrolled
		s.start()
		defer s.end()
		if again, _ := s.kept(0, nil); again.Updates != 2 {
			t.Errorf("after the restart %v", again)
		}
		s.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_SummaryKept{SummaryKept: &wirepb.SummaryKept{Seq: 1}}})
		second, _ := s.kept(1, raw)
		if second.ConsentAtUnixMs != 0 || second.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
			t.Errorf("summary of a No: %v", second)
		}
		s.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_SummaryKept{SummaryKept: &wirepb.SummaryKept{Seq: 2}}})
		s.l.Close(nil)
		s.connect()
		if len(s.summaries) > 0 {
			t.Error("sent again although it was kept")
		}
	})
}
