package agent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// passkey is a rep's, and the browser around it.
type passkey struct {
	t     *testing.T
	id    byte
	key   *ecdsa.PrivateKey
	count uint32
	flags byte
	rp    string
}

const lockParty = "help.example"

func newPasskey(t *testing.T, id byte) *passkey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &passkey{t: t, id: id, key: k, flags: 0x05, rp: lockParty}
}

func lockBy(t *testing.T, keys ...*passkey) *wirepb.JumpLock {
	t.Helper()
	l := &wirepb.JumpLock{RpId: lockParty, Origin: "https://" + lockParty}
	for _, k := range keys {
		der, err := x509.MarshalPKIXPublicKey(k.key.Public())
		if err != nil {
			t.Fatal(err)
		}
		l.Keys = append(l.Keys, &wirepb.JumpKey{Id: []byte{k.id}, PublicKey: der})
	}
	return l
}

// prove adds the proof of the passkey to an offer.
func (k *passkey) prove(o *wirepb.SessionOffer) *wirepb.SessionOffer {
	k.t.Helper()
	client, err := json.Marshal(map[string]any{
		"type": "webauthn.get", "challenge": base64.RawURLEncoding.EncodeToString(wire.LockChallenge(o.Grant)), "origin": "https://" + lockParty,
	})
	if err != nil {
		k.t.Fatal(err)
	}
	rp, hash := sha256.Sum256([]byte(k.rp)), sha256.Sum256(client)
	data := binary.BigEndian.AppendUint32(append(rp[:], k.flags), k.count)
	h := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, k.key, h[:])
	if err != nil {
		k.t.Fatal(err)
	}
	o.Proof = &wirepb.JumpProof{Key: []byte{k.id}, AuthenticatorData: data, ClientData: client, Signature: sig}
	return o
}

func withoutAsking(g *wirepb.SessionGrant) {
	g.Consent, g.ConsentAbsent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY, wirepb.ConsentRule_CONSENT_RULE_NOTIFY
}

// leave ends the session that stands, by the broker.
func (r *rig) leave(session []byte) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: session}}})
}

// lockedBubble is a machine whose policy does without a person, pinned with the lock of a
// passkey. state is that of the service.
func lockedBubble(t *testing.T, run func(t *testing.T, r *rig, k *passkey)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := newPasskey(t, 1)
		r := newRig(t)
		r.pinner, r.state, r.floor.Notify, r.floor.TimeoutAllows = &fakePinner{}, filepath.Join(t.TempDir(), "state"), true, true
		r.start()
		defer r.end()
		id, _, tr, _ := r.active(nil)
		r.tray <- tr
		m := r.order(id, func(o *wirepb.PinOrder) { o.Lock = lockBy(t, k) })
		r.pin(m)
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		p := wantPinned(r, yes)
		rec, err := wire.VerifyPinned(r.device.Public(), m.Order, p.Receipt, p.ReceiptSignature)
		if err != nil || !proto.Equal(rec.Lock, lockBy(t, k)) {
			t.Fatalf("%v, %v", rec, err)
		}
		r.leave(id)
		run(t, r, k)
	})
}

// TestD9_ABrokerAloneStartsNothingOnALockedMachine: with its own keys the broker signs what
// it likes; without a passkey of the lock no session begins that no person agrees to.
func TestD9_ABrokerAloneStartsNothingOnALockedMachine(t *testing.T) {
	lockedBubble(t, func(t *testing.T, r *rig, k *passkey) {
		refused := func(what string, code wirepb.ErrorCode, o *wirepb.SessionOffer) {
			t.Helper()
			t.Log(what)
			r.offer(o)
			wantConsent(r, code)
			wantNothing(r)
		}
		const locked, invalid = wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED, wirepb.ErrorCode_ERROR_CODE_JUMP_PROOF_INVALID
		refused("no proof", locked, r.grant(withoutAsking))
		refused("a key of the broker's own", invalid, newPasskey(t, 1).prove(r.grant(withoutAsking)))
		refused("a key that the lock does not know", invalid, newPasskey(t, 2).prove(r.grant(withoutAsking)))
		other := *k
		other.rp = "evil.example"
		refused("another relying party", invalid, other.prove(r.grant(withoutAsking)))
		other = *k
		other.flags = 0x01
		refused("its user not verified", invalid, other.prove(r.grant(withoutAsking)))
		o := r.grant(withoutAsking)
		o.Proof = k.prove(r.grant(withoutAsking)).Proof
		refused("the proof of another grant", invalid, o)

		// An order to unpin does not take the lock, nor does another one to pin.
		r.unpin("c1")
		wantUnpinned(r, yes)
		refused("after an order to unpin", locked, r.grant(withoutAsking))

		// The right proof opens it, once.
		k.count = 4
		o = k.prove(r.grant(withoutAsking))
		r.offer(o)
		if rec := r.receipt(o, wantConsent(r, yes)); rec.Rule != wirepb.ConsentRule_CONSENT_RULE_NOTIFY {
			t.Errorf("receipt %v", rec)
		}
		r.leave(o.Session)
		refused("again", wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID, o)
		refused("a counter that stands", invalid, k.prove(r.grant(withoutAsking)))
		k.count = 3
		refused("a counter that goes back", invalid, k.prove(r.grant(withoutAsking)))
		k.count = 5
		o = k.prove(r.grant(withoutAsking))
		r.offer(o)
		wantConsent(r, yes)
		r.leave(o.Session)

		// It outlasts the service, with its counters.
		state := r.state
		r.stop()
		<-r.ended
		again := newRig(t)
		again.device, again.broker, again.grantKey, again.state, again.floor = r.device, r.broker, r.grantKey, state, r.floor
		again.start()
		again.offer(again.grant(withoutAsking))
		wantConsent(again, locked)
		again.offer(k.prove(again.grant(withoutAsking)))
		wantConsent(again, invalid)
		k.count = 6
		o = k.prove(again.grant(withoutAsking))
		again.offer(o)
		wantConsent(again, yes)
		again.end()

		// It goes at the machine, and only there.
		if was, err := Unlock(state); !was || err != nil {
			t.Fatal(was, err)
		}
		if was, err := Unlock(state); was || err != nil {
			t.Fatal(was, err)
		}
		r.ended <- nil // for the end of the first
	})
}

// TestD9_APersonsYesNeedsNoPasskey, and silence is none.
func TestD9_APersonsYesNeedsNoPasskey(t *testing.T) {
	lockedBubble(t, func(t *testing.T, r *rig, k *passkey) {
		tr := <-r.tray
		o := r.grant(nil)
		r.offer(o)
		r.yes(tr)
		wantConsent(r, yes)

		// Out of this session another lock is refused, and an order without one leaves it.
		r.pin(r.order(o.Session, func(o *wirepb.PinOrder) { o.Lock = lockBy(t, newPasskey(t, 1)) }))
		wantPinned(r, wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED)
		m := r.order(o.Session, nil)
		r.pin(m)
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		p := wantPinned(r, yes)
		if rec, err := wire.VerifyPinned(r.device.Public(), m.Order, p.Receipt, p.ReceiptSignature); err != nil || !proto.Equal(rec.Lock, lockBy(t, k)) {
			t.Errorf("%v, %v", rec, err)
		}
		r.leave(o.Session)

		silent := func(g *wirepb.SessionGrant) { g.OnTimeout = wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW }
		r.offer(r.grant(silent))
		if ask := expect(t, tr, (*ipcpb.ToTray).GetAsk); ask.SilenceAllows {
			t.Error("the prompt says that silence is a yes")
		}
		time.Sleep(time.Minute)
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT)
		k.count = 1
		o = k.prove(r.grant(silent))
		r.offer(o)
		if ask := expect(t, tr, (*ipcpb.ToTray).GetAsk); !ask.SilenceAllows {
			t.Error("the prompt does not say that silence is a yes")
		}
		time.Sleep(time.Minute)
		if rec := r.receipt(o, wantConsent(r, yes)); !rec.ByTimeout {
			t.Errorf("receipt %v", rec)
		}
	})
}

// TestD9_NobodyIsPinnedAnewWithoutAPerson: an order that no person sees is none where a
// lock stands.
func TestD9_NobodyIsPinnedAnewWithoutAPerson(t *testing.T) {
	lockedBubble(t, func(t *testing.T, r *rig, _ *passkey) {
		o := r.grant(nil)
		r.offer(o)
		r.yes(<-r.tray)
		wantConsent(r, yes)
		away := alice()
		away.Locked = true
		r.terminals.Put(away)
		synctest.Wait()
		r.pin(r.order(o.Session, nil))
		wantPinned(r, wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED)
	})
}

// TestD9_ASessionThatWasNotProvedStaysWithPeople: it is not taken to a login screen by the
// rule for nobody being there.
func TestD9_ASessionThatWasNotProvedStaysWithPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newPasskey(t, 1)
		r := newRig(t)
		greeter := terminaltest.Desktop("4", "gdm", 120)
		greeter.Greeter, greeter.Active = true, false
		r.elevated, r.terminals, r.pinner = true, terminaltest.NewScript(alice(), greeter), &fakePinner{}
		r.floor.Notify = true
		r.start()
		defer r.end()
		session, _, tr, _ := r.active(func(g *wirepb.SessionGrant) { g.ConsentAbsent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY })
		r.pin(r.order(session, func(o *wirepb.PinOrder) { o.Lock = lockBy(t, k) }))
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		wantPinned(r, yes)
		r.switchTo(session, "4")
		r.switched(wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_REFUSED, wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT)
	})
}
