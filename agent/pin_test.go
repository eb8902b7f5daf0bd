package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// fakePinner remembers what it was told, and is what a test says.
type fakePinner struct {
	mode  wirepb.JumpMode // what it is; unspecified: what is asked for, in user mode
	fails error
	part  bool           // the process runs from what is installed
	made  *transport.Pin // the device that it makes; nil: none
	state string         // of that

	mu        sync.Mutex
	installed int
	removed   int
	token     string
}

func (f *fakePinner) Mode(m wirepb.JumpMode) (wirepb.JumpMode, error) {
	switch {
	case f.mode != wirepb.JumpMode_JUMP_MODE_UNSPECIFIED:
		return f.mode, nil
	case m == wirepb.JumpMode_JUMP_MODE_SERVICE:
		return 0, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION}
	}
	return m, nil
}

func (f *fakePinner) Pin(_ context.Context, w Wanted) (*transport.Pin, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.installed++
	f.token = w.Token
	if f.fails == nil && f.made != nil {
		return f.made, w.Remember(f.state)
	}
	return nil, f.fails
}

func (f *fakePinner) Unpin(wirepb.JumpMode) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removed++
	return f.part, f.fails
}

func (f *fakePinner) counts() [2]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return [2]int{f.installed, f.removed}
}

// order is a good order, changed by edit before it is signed.
func (r *rig) order(session []byte, edit func(o *wirepb.PinOrder)) *wirepb.Pin {
	r.t.Helper()
	pin, jti, now := r.device.Pin(), make([]byte, 16), r.now()
	_, _ = rand.Read(jti)
	o := &wirepb.PinOrder{
		DeviceSpki: pin[:], Jti: jti, Session: session, Client: "c1", Name: "Till 7", Place: "Tills", RepName: "Ada", Organisation: "Example",
		Mode: wirepb.JumpMode_JUMP_MODE_USER, NotBeforeUnixMs: now.UnixMilli(), AnswerBeforeUnixMs: now.Add(time.Minute).UnixMilli(), ConsentTimeoutS: 30,
	}
	if edit != nil {
		edit(o)
	}
	b, sig, err := wire.SignPin(r.grantKey, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return &wirepb.Pin{Order: b, OrderSignature: sig}
}

func (r *rig) pin(m *wirepb.Pin) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Pin{Pin: m}})
}

func (r *rig) unpin(client string) {
	r.t.Helper()
	pin := r.device.Pin()
	b, sig, err := wire.SignUnpin(r.grantKey, &wirepb.UnpinOrder{DeviceSpki: pin[:], Client: client})
	if err != nil {
		r.t.Fatal(err)
	}
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Unpin{Unpin: &wirepb.Unpin{Order: b, OrderSignature: sig}}})
}

// wantPinned expects the next message to be this answer.
func wantPinned(r *rig, code wirepb.ErrorCode) *wirepb.Pinned {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.msgs:
		if p := m.GetPinned(); p != nil && p.Code == code {
			return p
		}
		r.t.Fatalf("got %v, want pinned %v", m, code)
	default:
		r.t.Fatalf("no answer, want pinned %v", code)
	}
	return nil
}

func wantUnpinned(r *rig, code wirepb.ErrorCode) {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.msgs:
		if u := m.GetUnpinned(); u == nil || u.Code != code || u.Client != "c1" {
			r.t.Fatalf("got %v, want unpinned %v", m, code)
		}
	default:
		r.t.Fatalf("no answer, want unpinned %v", code)
	}
}

// pinBubble is a service with a pinner of its own.
func pinBubble(t *testing.T, f *fakePinner, run func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.pinner, r.state = f, filepath.Join(t.TempDir(), "state")
		r.start()
		defer r.end()
		run(t, r)
	})
}

func TestJ1_D9_PinnedAfterAPersonsYes(t *testing.T) {
	f := &fakePinner{}
	pinBubble(t, f, func(t *testing.T, r *rig) {
		id, _, tr, _ := r.active(nil)
		m := r.order(id, nil)
		r.pin(m)
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		if p := ask.Pin; p == nil || p.Service || p.Place != "Tills" || ask.RepName != "Ada" {
			t.Fatalf("asked %v", ask)
		}
		wantNothing(r)
		tr.answer([]byte("of another question"), 0)
		if f.counts() != [2]int{} {
			t.Fatal("installed before the answer")
		}
		tr.answer(ask.Nonce, 0)
		p := wantPinned(r, yes)
		rec, err := wire.VerifyPinned(r.device.Public(), m.Order, p.Receipt, p.ReceiptSignature)
		if err != nil || !rec.Yes || rec.User != "alice" || rec.Mode != wirepb.JumpMode_JUMP_MODE_USER || f.counts() != [2]int{1, 0} {
			t.Fatalf("%v, %v, %v", rec, err, f.counts())
		}
		r.pin(m) // a second time
		wantPinned(r, wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID)
		// The session goes on, and its end leaves what was installed.
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: id}}})
		if f.counts() != [2]int{1, 0} {
			t.Fatalf("after the end: %v", f.counts())
		}
		r.unpin("another")
		synctest.Wait()
		if m := <-r.msgs; m.GetUnpinned().GetClient() != "another" || f.counts() != [2]int{1, 0} {
			t.Fatalf("an order about another: %v", m)
		}
		r.unpin("c1")
		wantUnpinned(r, yes)
		r.unpin("c1") // as after a lost answer
		wantUnpinned(r, yes)
		if f.counts() != [2]int{1, 1} {
			t.Fatalf("removed: %v", f.counts())
		}
	})
}

func TestJ1_NoIsSignedAndInstallsNothing(t *testing.T) {
	f := &fakePinner{}
	pinBubble(t, f, func(t *testing.T, r *rig) {
		id, _, tr, _ := r.active(nil)
		m := r.order(id, nil)
		r.pin(m)
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		p := wantPinned(r, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		if rec, err := wire.VerifyPinned(r.device.Public(), m.Order, p.Receipt, p.ReceiptSignature); err != nil || rec.Yes {
			t.Fatalf("%v, %v", rec, err)
		}
		// Silence is No, and so is the end of the session.
		r.pin(r.order(id, nil))
		expect(t, tr, (*ipcpb.ToTray).GetAsk)
		time.Sleep(30 * time.Second)
		wantPinned(r, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT)
		expect(t, tr, (*ipcpb.ToTray).GetWithdraw)
		r.pin(r.order(id, nil))
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: id}}})
		wantPinned(r, wirepb.ErrorCode_ERROR_CODE_CANCELLED)
		tr.answer(ask.Nonce, 0) // too late
		wantNothing(r)
		if f.counts() != [2]int{} {
			t.Fatalf("installed: %v", f.counts())
		}
	})
}

func TestD9_OrdersOfACompromisedBrokerAreRefused(t *testing.T) {
	f := &fakePinner{}
	pinBubble(t, f, func(t *testing.T, r *rig) {
		id, _, _, _ := r.active(nil)
		forged := r.order(id, nil)
		forged.OrderSignature[0] ^= 1
		for what, m := range map[string]*wirepb.Pin{
			"forged":         forged,
			"another device": r.order(id, func(o *wirepb.PinOrder) { o.DeviceSpki = make([]byte, 32) }),
			"old": r.order(id, func(o *wirepb.PinOrder) {
				o.NotBeforeUnixMs -= 120_000
				o.AnswerBeforeUnixMs -= 120_000
			}),
		} {
			r.pin(m)
			t.Log(what)
			wantPinned(r, wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID)
		}
		r.pin(r.order(make([]byte, 16), nil))
		wantPinned(r, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
		pin := r.device.Pin()
		b, sig, err := wire.SignUnpin(r.grantKey, &wirepb.UnpinOrder{DeviceSpki: pin[:], Client: "c1"})
		if err != nil {
			t.Fatal(err)
		}
		sig[0] ^= 1
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Unpin{Unpin: &wirepb.Unpin{Order: b, OrderSignature: sig}}})
		if m := <-r.msgs; m.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID {
			t.Fatalf("a forged order to unpin: %v", m)
		}
		if f.counts() != [2]int{} {
			t.Fatalf("%v", f.counts())
		}
	})
}

func TestJ9_ServiceModeNeedsTheRights(t *testing.T) {
	service := func(o *wirepb.PinOrder) { o.Mode = wirepb.JumpMode_JUMP_MODE_SERVICE }
	f := &fakePinner{}
	pinBubble(t, f, func(_ *testing.T, r *rig) {
		id, _, _, _ := r.active(nil)
		r.pin(r.order(id, service))
		wantPinned(r, wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION)
	})
	// The machine's service is one already, whatever is asked for.
	f = &fakePinner{mode: wirepb.JumpMode_JUMP_MODE_SERVICE}
	pinBubble(t, f, func(t *testing.T, r *rig) {
		id, _, tr, _ := r.active(nil)
		m := r.order(id, nil)
		r.pin(m)
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		tr.answer(ask.Nonce, 0)
		p := wantPinned(r, yes)
		if rec, err := wire.VerifyPinned(r.device.Public(), m.Order, p.Receipt, p.ReceiptSignature); err != nil ||
			rec.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE || !ask.Pin.Service {
			t.Fatalf("%v, %v", rec, err)
		}
	})
}

func TestJ1_WhatCannotBeInstalledIsSaid(t *testing.T) {
	f := &fakePinner{fails: errors.New("the disk is full")}
	pinBubble(t, f, func(t *testing.T, r *rig) {
		id, _, tr, _ := r.active(nil)
		r.pin(r.order(id, nil))
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		if p := wantPinned(r, wirepb.ErrorCode_ERROR_CODE_INSTALL_FAILED); p.Detail != "the disk is full" {
			t.Fatalf("%v", p)
		}
		f.mu.Lock()
		f.fails = nil
		f.mu.Unlock()
		r.pin(r.order(id, nil)) // again, when it is mended
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		wantPinned(r, yes)
	})
}

// A broker that lost its record may ask again; what the person says yes to takes the
// place of what was there.
func TestJ1_AnotherYesTakesThePlaceOfTheFirst(t *testing.T) {
	f := &fakePinner{}
	pinBubble(t, f, func(t *testing.T, r *rig) {
		id, _, tr, _ := r.active(nil)
		for _, client := range []string{"c0", "c1"} {
			r.pin(r.order(id, func(o *wirepb.PinOrder) { o.Client = client }))
			tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
			wantPinned(r, yes)
		}
		r.unpin("c0")
		synctest.Wait()
		if m := <-r.msgs; m.GetUnpinned().GetClient() != "c0" || f.counts() != [2]int{2, 0} {
			t.Fatalf("an order about the first: %v, %v", m, f.counts())
		}
		r.unpin("c1")
		wantUnpinned(r, yes)
		if f.counts() != [2]int{2, 1} {
			t.Fatalf("%v", f.counts())
		}
	})
}

// What was installed outlasts the process, which ends once it is uninstalled; not
// in the middle of a session.
func TestJ6_J7_PinnedOverARestartUntilUnpinned(t *testing.T) {
	f := &fakePinner{}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.pinner, r.state = f, filepath.Join(t.TempDir(), "state")
		r.start()
		id, _, tr, _ := r.active(nil)
		r.pin(r.order(id, nil))
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		wantPinned(r, yes)
		state := r.state
		r.end()

		f.part = true
		again := newRig(t)
		again.device, again.broker, again.grantKey, again.pinner, again.state = r.device, r.broker, r.grantKey, f, state
		again.start()
		defer again.end()
		id, _, _, _ = again.active(nil)
		again.unpin("c1")
		wantUnpinned(again, yes)
		wantNothing(again)
		select {
		case err := <-again.ended:
			t.Fatalf("ended in a session: %v", err)
		default:
		}
		again.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: id}}})
		time.Sleep(time.Second)
		err := <-again.ended
		if !errors.Is(err, ErrUnpinned) {
			t.Fatalf("ended with %v", err)
		}
		again.ended <- err
	})
}

// A pinned client starts quietly, as at a sign-in: its user's tray is told how it stands,
// and to show nothing.
func TestJ1_APinnedClientStartsQuietly(t *testing.T) {
	f := &fakePinner{}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.pinner, r.state = f, filepath.Join(t.TempDir(), "state")
		r.start()
		id, _, tr, _ := r.active(nil)
		r.pin(r.order(id, nil))
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		wantPinned(r, yes)
		r.end()

		again := newRig(t)
		again.device, again.broker, again.grantKey, again.pinner, again.state = r.device, r.broker, r.grantKey, f, r.state
		again.start()
		defer again.end()
		tr = <-again.tray
		time.Sleep(time.Minute)
		synctest.Wait()
		told := false
		for len(tr.msgs) > 0 {
			m := (<-tr.msgs).(*ipcpb.ToTray)
			if m.GetStatus() == nil {
				t.Errorf("the tray is told %v", m)
			}
			told = true
		}
		if !told {
			t.Error("the tray is told nothing")
		}
	})
}
