package agent

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const yes = wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED

func TestC4_NothingLeavesBeforeYes(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		h, tr := <-r.helper, <-r.tray
		o := r.grant(nil)
		r.offer(o)
		// A broker that claims a viewer, and a helper that sends frames, before
		// anybody was asked.
		r.attach(o.Session, 1)
		h.update(1, 1, 1)
		tr.shown(o.Session)
		h.update(1, 1, 2)
		if n := r.bytes.Load(); n != 0 {
			t.Fatalf("%d bytes on media streams before the Yes", n)
		}
		if m := <-r.msgs; m.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN {
			t.Fatalf("viewer before consent was answered %v", m)
		}
		r.yes(tr)
		c := wantConsent(r, yes)
		rec, err := wire.VerifyReceipt(r.device.Public(), o.Grant, c.Receipt, c.ReceiptSignature)
		if err != nil || !rec.Yes || rec.User != "alice" || rec.TerminalSession != "1" {
			t.Fatalf("receipt %v, %v", rec, err)
		}
		// Consent stands, but the banner is not up.
		r.attach(o.Session, 1)
		h.update(1, 1, 3)
		if n := r.bytes.Load(); n != 0 {
			t.Fatalf("%d bytes on media streams before the banner", n)
		}
		tr.shown(o.Session)
		m := <-r.media
		h.update(1, 1, 4)
		if n, _ := m.updates(); n != 1 {
			t.Fatalf("%d updates after banner and Yes, want 1", n)
		}
	})
}

func TestI6_NoIsSignedAndOpensNothing(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		o := r.grant(nil)
		r.offer(o)
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		c := wantConsent(r, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		rec, err := wire.VerifyReceipt(r.device.Public(), o.Grant, c.Receipt, c.ReceiptSignature)
		if err != nil || rec.Yes {
			t.Fatalf("receipt %v, %v", rec, err)
		}
		r.attach(o.Session, 1)
		if n := r.bytes.Load(); n != 0 {
			t.Fatalf("%d bytes after a No", n)
		}
	})
}

func TestConsentTimesOutByItself(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		r.offer(r.grant(nil))
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		time.Sleep(29 * time.Second)
		wantNothing(r)
		time.Sleep(time.Second)
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT)
		if w := expect(t, tr, (*ipcpb.ToTray).GetWithdraw); !bytes.Equal(w.Nonce, ask.Nonce) {
			t.Error("another prompt was withdrawn")
		}
		tr.answer(ask.Nonce, 0) // too late
		wantNothing(r)
	})
}

func TestC3_WrongNonceIsDropped(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		r.offer(r.grant(nil))
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		tr.answer(make([]byte, len(ask.Nonce)), 0)
		tr.answer(nil, 0)
		wantNothing(r)
		tr.answer(ask.Nonce, 0)
		wantConsent(r, yes)
	})
}

func TestSecondOfferIsToldThatASessionExists(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		r.offer(r.grant(nil))
		r.offer(r.grant(nil))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS)
		r.yes(tr)
		wantConsent(r, yes)
		r.offer(r.grant(nil))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS)
	})
}

func TestTrayGoneWhileAskingIsNotANo(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		r.offer(r.grant(nil))
		tr.die()
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE)
		r.offer(r.grant(nil)) // waits for the next tray
		tr = <-r.tray
		r.yes(tr)
		wantConsent(r, yes)
	})
}

func TestAnOfferWaitsForATrayThatNeverComes(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		r.unfit.Store(true) // those that come now end at once
		tr.die()
		synctest.Wait()
		r.offer(r.grant(nil))
		time.Sleep(promptWait)
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE)
	})
}

func TestNobodyPresent(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		gone := alice()
		gone.Gone = true
		r.terminals.Put(gone)
		r.offer(r.grant(nil))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT)
	})
}

func TestRepCancelsBeforeTheAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		o := r.grant(nil)
		r.offer(o)
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{
			Session: o.Session, By: wirepb.EndedBy_ENDED_BY_REP, Code: wirepb.ErrorCode_ERROR_CODE_CANCELLED,
		}}})
		expect(t, tr, (*ipcpb.ToTray).GetWithdraw)
		tr.answer(ask.Nonce, 0)
		wantNothing(r)
	})
}

func TestBadGrantsAreRefusedOnce(t *testing.T) {
	other, err := transport.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(r *rig) *wirepb.SessionOffer{
		"signature": func(r *rig) *wirepb.SessionOffer {
			o := r.grant(nil)
			o.GrantSignature[0] ^= 1
			return o
		},
		"changed": func(r *rig) *wirepb.SessionOffer {
			o := r.grant(nil)
			o.Grant[len(o.Grant)-1] ^= 1
			return o
		},
		"device": func(r *rig) *wirepb.SessionOffer {
			pin := other.Pin()
			return r.grant(func(g *wirepb.SessionGrant) { g.DeviceSpki = pin[:] })
		},
		"session": func(r *rig) *wirepb.SessionOffer {
			o := r.grant(nil)
			o.Session = make([]byte, 16)
			return o
		},
		"no session": func(r *rig) *wirepb.SessionOffer {
			o := r.grant(nil)
			o.Session = nil
			return o
		},
		"expired": func(r *rig) *wirepb.SessionOffer {
			o := r.grant(nil)
			time.Sleep(66 * time.Second)
			return o
		},
		"not yet": func(r *rig) *wirepb.SessionOffer {
			return r.grant(func(g *wirepb.SessionGrant) {
				g.NotBeforeUnixMs += 6000
				g.StartBeforeUnixMs += 6000
			})
		},
		"older than the service": func(r *rig) *wirepb.SessionOffer {
			return r.grant(func(g *wirepb.SessionGrant) {
				g.NotBeforeUnixMs -= 30000
				g.StartBeforeUnixMs -= 30000
			})
		},
		"replayed": func(r *rig) *wirepb.SessionOffer {
			o := r.grant(nil)
			r.offer(o)
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: o.Session}}})
			return o
		},
	}
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				tr := <-r.tray
				o := make(r)
				tr.drain()
				r.offer(o)
				wantConsent(r, wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID)
				wantNothing(r)
				for len(tr.msgs) > 0 {
					if m := (<-tr.msgs).(*ipcpb.ToTray); m.GetAsk() != nil {
						t.Error("the user was asked")
					}
				}
			})
		})
	}
}
