package agent

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// made is the device that a played installer makes.
func made(t *testing.T) (*transport.Identity, *fakePinner) {
	t.Helper()
	id, err := transport.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	pin := id.Pin()
	return id, &fakePinner{made: &pin, state: filepath.Join(t.TempDir(), "made")}
}

// An elevated client is pinned as another device: the person's yes names it, it knows from
// its first moment on what it was pinned as and its lock, and the client itself is
// neither. It is unpinned by its own service, which then has no use for its state.
func TestV8_J9_AnElevatedClientPinsAServiceOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		device, f := made(t)
		f.mode = wirepb.JumpMode_JUMP_MODE_SERVICE
		r, said := handedRig(t, nil)
		r.pinner = f
		r.start()
		session := r.only[:]
		_, tr := r.crewAt("1")
		r.tried(elevDone, 0)
		lock := lockBy(t, newPasskey(t, 1))
		order := r.order(session, func(o *wirepb.PinOrder) { o.Mode, o.Lock = wirepb.JumpMode_JUMP_MODE_SERVICE, lock })
		order.Token = "canary-token"
		r.pin(order)
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		if !ask.Pin.GetService() {
			t.Errorf("asked %v", ask)
		}
		tr.answer(ask.Nonce, 0)
		p := wantPinned(r, yes)
		rec, err := wire.VerifyPinned(r.device.Public(), order.Order, p.Receipt, p.ReceiptSignature)
		if pin := device.Pin(); err != nil || !bytes.Equal(rec.DeviceSpki, pin[:]) || !proto.Equal(rec.Lock, lock) || rec.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE {
			t.Fatalf("%v, %v", rec, err)
		}
		if f.token != "canary-token" {
			t.Errorf("token %q", f.token)
		}
		for len(said) > 0 {
			if b := (<-said).GetMemory(); bytes.Contains(b, []byte("pinned")) || bytes.Contains(b, []byte("locked")) {
				t.Errorf("the client itself remembers %s", b)
			}
		}
		if b, err := os.ReadFile(filepath.Join(f.state, memoryFile)); err != nil || bytes.Contains(b, []byte("canary-token")) {
			t.Errorf("the token is kept: %s, %v", b, err)
		}
		r.end()

		service := newRig(t)
		service.device, service.broker, service.grantKey, service.state = device, r.broker, r.grantKey, f.state
		service.pinner = &fakePinner{part: true}
		service.floor.Notify = true
		service.start()
		defer service.end()
		service.offer(service.grant(withoutAsking))
		wantConsent(service, wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED)
		service.unpin("c1")
		wantUnpinned(service, yes)
		time.Sleep(time.Second)
		err = <-service.ended
		if !errors.Is(err, ErrUnmade) {
			t.Errorf("ended with %v", err)
		}
		service.ended <- err
	})
}

// The customer's client of one session is pinned as another device, and goes with its
// session; its jump lock goes with neither. A client that ends while it installs leaves
// nothing installed.
func TestJ1_L12_AnAdhocClientPinsAnother(t *testing.T) {
	_, f := made(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.pinner, r.only = f, wire.SessionID{7}
		r.start()
		id, _, tr, _ := r.active(func(g *wirepb.SessionGrant) { g.Session = r.only[:] })
		r.pin(r.order(id, nil))
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		wantPinned(r, yes)
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: id, By: wirepb.EndedBy_ENDED_BY_REP}}})
		time.Sleep(lastWords)
		var over *Over
		if err := <-r.ended; !errors.As(err, &over) {
			t.Errorf("ended with %v", err)
		}
		r.ended <- nil
		r.end()
		if f.counts() != [2]int{1, 0} {
			t.Errorf("after the end: %v", f.counts())
		}
	})
}

// slowPinner installs until its time is over.
type slowPinner struct{ *fakePinner }

func (s slowPinner) Pin(ctx context.Context, w Wanted) (*transport.Pin, error) {
	<-ctx.Done()
	return s.fakePinner.Pin(ctx, w)
}

func TestL12_AClientThatEndsWhileItInstallsLeavesNothing(t *testing.T) {
	_, f := made(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.pinner = slowPinner{f}
		r.start()
		id, _, tr, _ := r.active(nil)
		r.pin(r.order(id, nil))
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		r.end()
		if f.counts() != [2]int{1, 1} {
			t.Errorf("installed and removed: %v", f.counts())
		}
	})
}

// What the system does not let be installed has a code of its own, before anybody is asked.
func TestV8_WhyAServiceIsNotInstalled(t *testing.T) {
	for _, code := range []wirepb.ErrorCode{
		wirepb.ErrorCode_ERROR_CODE_ALREADY_INSTALLED, wirepb.ErrorCode_ERROR_CODE_NO_SERVICE_MANAGER,
		wirepb.ErrorCode_ERROR_CODE_SERVICE_MODE_ONLY, wirepb.ErrorCode_ERROR_CODE_OWN_POLICY_STRICTER,
	} {
		f := &refusingPinner{code}
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.pinner = f
			r.start()
			defer r.end()
			id, _, _, _ := r.active(nil)
			r.pin(r.order(id, nil))
			wantPinned(r, code)
		})
	}
}

type refusingPinner struct{ code wirepb.ErrorCode }

func (f *refusingPinner) Mode(wirepb.JumpMode) (wirepb.JumpMode, error) {
	return 0, &wire.CodeError{Code: f.code}
}
func (*refusingPinner) Pin(context.Context, Wanted) (*transport.Pin, error) { return nil, nil }
func (*refusingPinner) Unpin(wirepb.JumpMode) (bool, error)                 { return false, nil }
