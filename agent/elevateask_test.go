package agent

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// answerOf checks the receipt of a person's answer.
func (r *rig) answerOf(e *wirepb.ElevateResult, grant []byte) *wirepb.ElevationReceipt {
	r.t.Helper()
	order := &wirepb.Elevate{Session: e.Session, Nonce: e.Nonce, RepId: "rep1"}
	receipt, err := wire.VerifyElevationReceipt(r.device.Public(), grant, order, e.Receipt, e.ReceiptSignature)
	if err != nil {
		r.t.Fatalf("receipt of %v: %v", e, err)
	}
	return receipt
}

// activeWith is active with a grant that the test knows.
func (r *rig) activeWith(edit func(g *wirepb.SessionGrant)) (o *wirepb.SessionOffer, h, tr *fakeChild, m *mediaEnd) {
	r.t.Helper()
	h, tr = <-r.helper, <-r.tray
	o = r.grant(edit)
	r.offer(o)
	r.yes(tr)
	wantConsent(r, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED)
	tr.shown(o.Session)
	r.attach(o.Session, 1)
	return o, h, tr, <-r.media
}

// With credentials of the rep's the person in front is asked first. Without a Yes the
// credentials are not opened, nothing is a try, and the session goes on; with it the
// system is asked, and the answer is signed.
func TestD7_CredentialsOfARepAskThePerson(t *testing.T) {
	elevatable(t, func(t *testing.T, r *rig, sys *fakeElevator) {
		o, h, tr, m := r.activeWith(nil)
		offer := (<-r.rights).Elevation
		ask := func(n byte) *ipcpb.ConsentAsk {
			t.Helper()
			r.elevate(o.Session, n, sealed(offer, "secret"))
			r.tried(elevAsks, 0)
			q := expect(t, tr, (*ipcpb.ToTray).GetAsk)
			if !q.Elevate || q.RepName != "Ada" || q.Organisation != "Example" || q.TimeoutS != 30 || q.SilenceAllows {
				t.Errorf("asked %v", q)
			}
			return q
		}
		for n, want := range []wirepb.ErrorCode{wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE} {
			tr.answer(ask(byte(n)).Nonce, want)
			got := r.tried(elevNo, want)
			if no := want == wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER; no != (got.Receipt != nil) || no && r.answerOf(got, o.Grant).Yes {
				t.Errorf("answered %v", got)
			}
		}
		q := ask(3)
		tr.answer(bytes.Repeat([]byte{9}, 16), 0) // to another question
		wantNothing(r)
		time.Sleep(31 * time.Second)
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT)
		if w := expect(t, tr, (*ipcpb.ToTray).GetWithdraw); !bytes.Equal(w.Nonce, q.Nonce) {
			t.Error("another question was taken back")
		}
		tr.answer(q.Nonce, 0) // too late
		wantNothing(r)
		if len(sys.given) > 0 {
			t.Error("credentials were opened without a Yes")
		}
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates", n)
		}
		r.elevate(o.Session, 3, sealed(offer, "secret"))
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_MALFORMED) // what was refused is no good again
		for n := byte(4); n < 7; n++ {
			tr.answer(ask(n).Nonce, 0)
			receipt := r.answerOf(r.tried(elevAsking, 0), o.Grant)
			if !receipt.Yes || receipt.User != "alice" || receipt.Rule != wirepb.ConsentRule_CONSENT_RULE_ASK {
				t.Errorf("receipt %v", receipt)
			}
			if c := <-sys.given; string(c.Password) != "secret" {
				t.Errorf("given %v", c)
			}
			sys.answers <- &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS}
			r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS)
		}
	})
}

// How often a person is asked has an end, whatever they answer.
func TestD7_NobodyIsAskedForEver(t *testing.T) {
	elevatable(t, func(t *testing.T, r *rig, _ *fakeElevator) {
		session, _, tr, _ := r.active(nil)
		offer := (<-r.rights).Elevation
		for n := range byte(maxElevateOrders) {
			r.elevate(session, n, sealed(offer, "x"))
			r.tried(elevAsks, 0)
			tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
			r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		}
		r.elevate(session, maxElevateOrders, sealed(offer, "x"))
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES)
	})
}

// With nobody in front the rule for that decides, and where it lets it, says so.
func TestD7_NobodyInFrontGoesByTheRule(t *testing.T) {
	for rule, want := range map[wirepb.ConsentRule]wirepb.ErrorCode{
		wirepb.ConsentRule_CONSENT_RULE_ASK:    wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT,
		wirepb.ConsentRule_CONSENT_RULE_NOTIFY: 0,
	} {
		t.Run(rule.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, sys := newRig(t), newElevator()
				r.elevator, r.floor.Notify = sys, true
				r.start()
				defer r.end()
				o, _, tr, _ := r.activeWith(func(g *wirepb.SessionGrant) { g.ConsentAbsent = rule })
				offer := (<-r.rights).Elevation
				tr.drain()
				locked := alice()
				locked.Locked = true
				r.terminals.Put(locked)
				synctest.Wait()
				r.elevate(o.Session, 1, sealed(offer, "x"))
				if want != 0 {
					r.tried(elevNo, want)
					if len(sys.given) > 0 {
						t.Error("credentials were opened")
					}
					return
				}
				receipt := r.answerOf(r.tried(elevAsking, 0), o.Grant)
				if !receipt.Yes || receipt.Rule != rule {
					t.Errorf("receipt %v", receipt)
				}
				<-sys.given
				sys.answers <- &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_NOT_ADMINISTRATOR}
				r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_NOT_ADMINISTRATOR)
				for len(tr.msgs) > 0 {
					if (<-tr.msgs).(*ipcpb.ToTray).GetAsk() != nil {
						t.Error("somebody was asked")
					}
				}
			})
		})
	}
}

// What changes while the person is asked counts: a prompt or a person that goes, a rep
// who leaves, a session that is put by or ends.
func TestD7_WhatChangesWhileThePersonIsAskedCounts(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *rig, session []byte, tr *fakeChild)
		want   wirepb.ErrorCode
		answer bool
	}{
		"the prompt goes": {func(_ *rig, _ []byte, tr *fakeChild) { tr.die() }, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, false},
		"the rep leaves": {func(r *rig, session []byte, _ *fakeChild) {
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Participants{Participants: &wirepb.SessionParticipants{
				Session: session, Participants: []*wirepb.Participant{{RepId: "rep2", Name: "Bea", Owner: true}},
			}}})
		}, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, true},
		"it is held": {func(r *rig, session []byte, _ *fakeChild) {
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Hold{Hold: &wirepb.SessionHold{Session: session, Held: true}}})
		}, wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, true},
	} {
		t.Run(name, func(t *testing.T) {
			elevatable(t, func(t *testing.T, r *rig, sys *fakeElevator) {
				session, _, tr, _ := r.active(nil)
				r.elevate(session, 1, sealed((<-r.rights).Elevation, "x"))
				r.tried(elevAsks, 0)
				ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
				c.change(r, session, tr)
				if c.answer {
					tr.answer(ask.Nonce, 0)
				}
				r.tried(elevNo, c.want)
				if len(sys.given) > 0 {
					t.Error("credentials were opened")
				}
			})
		})
	}
	elevatable(t, func(t *testing.T, r *rig, _ *fakeElevator) {
		session, _, tr, _ := r.active(nil)
		r.elevate(session, 1, sealed((<-r.rights).Elevation, "x"))
		r.tried(elevAsks, 0)
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: session}}})
		if w := expect(t, tr, (*ipcpb.ToTray).GetWithdraw); !bytes.Equal(w.Nonce, ask.Nonce) {
			t.Error("the question is still on the screen")
		}
	})
}

// A session that only looks does so after the elevation, too: nothing of its viewers is
// injected, and what would act on the machine is refused.
func TestQ8_ViewOnlyStaysViewOnlyElevated(t *testing.T) {
	for name, edit := range map[string]func(r *rig){
		"granted so": func(r *rig) {
			r.handed.Session.Permissions = r.handed.Session.Permissions[:1]
		},
		"since": func(r *rig) {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := handedRig(t, nil)
				edit(r)
				r.start()
				session := r.only[:]
				h, tr := r.crewAt("1")
				r.tried(elevDone, 0)
				if name == "since" {
					r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.ViewOnly = true }))
				}
				tr.shown(session)
				r.attach(session, 1)
				<-r.media
				if open := expect(t, h, (*ipcpb.ToHelper).GetOpen); open.Control {
					t.Errorf("opened %v", open)
				}
				if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); name == "granted so" && b.Control {
					t.Errorf("the banner says %v", b)
				}
				r.wishRestart(session, "rep1")
				wantRestart(r, restartRefused, wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED)
				r.end()
			})
		})
	}
}

// TestD27_APanicOverCredentialsTellsItsPlaceAlone, and is no end of the service.
func TestD27_APanicOverCredentialsTellsItsPlaceAlone(t *testing.T) {
	elevatable(t, func(t *testing.T, r *rig, sys *fakeElevator) {
		session, _, tr, _ := r.active(nil)
		offer := (<-r.rights).Elevation
		r.elevate(session, 1, sealed(offer, "secret"))
		r.tried(elevAsks, 0)
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		r.tried(elevAsking, 0)
		sys.answers <- errDefect
		e := r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_INTERNAL)
		if strings.Contains(e.Detail, errDefect.Error()) || !strings.Contains(e.Detail, "elevate_test.go:") {
			t.Errorf("the rep reads %q", e.Detail)
		}
	})
}
