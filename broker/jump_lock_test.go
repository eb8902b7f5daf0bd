package broker

import (
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// addPasskey gives the rep a passkey, and returns the id of its factor.
func (c *client) addPasskey(t *testing.T, key *authenticator) string {
	t.Helper()
	b := must[apipb.BeginPasskeyResponse](t)(c.mfa().BeginPasskey(t.Context(), connect.NewRequest(&apipb.BeginPasskeyRequest{Name: "key"})))
	return must[apipb.FinishPasskeyResponse](t)(c.mfa().FinishPasskey(t.Context(),
		connect.NewRequest(&apipb.FinishPasskeyRequest{Id: b.Id, CredentialJson: key.create(b.OptionsJson)}))).Factor.Id
}

func (c *client) challengeJump(t *testing.T, id string) (*apipb.ChallengeJumpResponse, error) {
	t.Helper()
	r, err := c.jumps().ChallengeJump(t.Context(), connect.NewRequest(&apipb.ChallengeJumpRequest{Id: id}))
	if err != nil {
		return nil, err
	}
	return r.Msg, nil
}

func (c *client) jumpBy(t *testing.T, id, challenge, assertion string) (*apipb.Session, error) {
	t.Helper()
	r, err := c.jumps().StartJump(t.Context(), connect.NewRequest(&apipb.StartJumpRequest{
		Id: id, Proof: &apipb.PasskeyProof{Id: challenge, AssertionJson: assertion},
	}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Session, nil
}

// keepLock answers an order with a yes, and with the lock that the device has then.
func (a *agent) keepLock(p *wirepb.Pin, o *wirepb.PinOrder, l *wirepb.JumpLock) {
	a.t.Helper()
	receipt, message, err := wire.PinnedMessage(p.Order, &wirepb.PinReceipt{Yes: true, User: "cora", TerminalSession: "1", AtUnixMs: a.n.now().UnixMilli(), Lock: l})
	if err != nil {
		a.t.Fatal(err)
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Pinned{Pinned: &wirepb.Pinned{Jti: o.Jti, Receipt: receipt, ReceiptSignature: a.id.Sign(message)}}})
}

// TestD9_AJumpLockAsksThePasskey: the passkeys of a rep are fixed at the device, and answer
// for the very grant that is offered to it.
func TestD9_AJumpLockAsksThePasskey(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.local("rob")
	ada.set(t, "consent_present", "notify", "consent_absent", "notify")
	key := newAuthenticator(t, rob.base)
	factor := rob.addPasskey(t, key)
	end := func(s *apipb.Session) {
		t.Helper()
		if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
			t.Fatal(err)
		}
		a.ended()
	}

	s := a.active(rob)
	_, err := rob.jumps().Pin(t.Context(), connect.NewRequest(&apipb.PinRequest{SessionId: s.Id, LockPasskeys: []string{"of another"}}))
	if wrongField(err) != account.LockField {
		t.Errorf("another's passkey: %v", err)
	}
	ask := &apipb.PinRequest{SessionId: s.Id, LockPasskeys: []string{factor}}
	// A device that knows no locks is not left pinned without one.
	done := rob.pinning(t, ask)
	p, o := a.order()
	a.keepLock(p, o, nil)
	a.unpinned(o.Client)
	got := <-done
	wantCode(t, got.err, wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID)
	done = rob.pinning(t, ask)
	p, o = a.order()
	if l := o.Lock; wire.CheckLock(l) != nil || l.RpId != "localhost" || l.Origin != rob.base || len(l.Keys) != 1 || string(l.Keys[0].Id) != string(key.id) {
		t.Fatalf("the order locks by %v", l)
	}
	a.keepLock(p, o, o.Lock)
	if got = <-done; got.err != nil || !got.client.Locked {
		t.Fatalf("%v, %v", got.client, got.err)
	}
	end(s)
	lock, c := o.Lock, got.client

	// Without a proof the broker offers, and the device refuses.
	st, err := rob.jump(t, c.Id)
	if err != nil {
		t.Fatal(err)
	}
	offer := a.offer()
	if offer.Proof != nil {
		t.Fatal("a proof of nobody's")
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Consent{Consent: &wirepb.SessionConsent{
		Session: offer.Session, Code: wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED,
	}}})
	if s := n.phase(rob, st.Session.Id, apipb.SessionPhase_SESSION_PHASE_DENIED); s.Code != wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED {
		t.Errorf("%v", s)
	}

	// With one it begins, and the device can check it.
	ch, err := rob.challengeJump(t, c.Id)
	if err != nil {
		t.Fatal(err)
	}
	answer := key.get(ch.OptionsJson)
	_, err = ada.jumpBy(t, c.Id, ch.Id, answer) // on no list of hers
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	s, err = rob.jumpBy(t, c.Id, ch.Id, answer)
	if err != nil {
		t.Fatal(err)
	}
	offer = a.offer()
	if count, err := wire.VerifyJumpProof(lock, offer.Grant, offer.Proof); err != nil || count != key.count {
		t.Fatalf("%d, %v", count, err)
	}
	a.answer(offer, true)
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	end(s)
	_, err = rob.jumpBy(t, c.Id, ch.Id, answer)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MFA_STALE)

	// Another passkey's answer, and one for a start that has changed since, begin nothing.
	ch, err = rob.challengeJump(t, c.Id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = rob.jumpBy(t, c.Id, ch.Id, newAuthenticator(t, rob.base).get(ch.OptionsJson))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_JUMP_PROOF_INVALID)
	if ch, err = rob.challengeJump(t, c.Id); err != nil {
		t.Fatal(err)
	}
	answer = key.get(ch.OptionsJson)
	ada.set(t, "consent_present", "ask", "consent_absent", "notify")
	_, err = rob.jumpBy(t, c.Id, ch.Id, answer)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFLICT)

	// A later pinning without a lock finds the one that the device kept.
	if err := rob.unpin(t, c.Id, true); err != nil {
		t.Fatal(err)
	}
	a.unpinned(c.Id)
	s = rob.start(t, a.dev)
	a.answer(a.offer(), true)
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	done = rob.pinning(t, &apipb.PinRequest{SessionId: s.Id})
	p, o = a.order()
	if o.Lock != nil {
		t.Errorf("%v", o.Lock)
	}
	a.keepLock(p, o, proto.Clone(lock).(*wirepb.JumpLock))
	if got = <-done; got.err != nil || !got.client.Locked {
		t.Errorf("%v, %v", got.client, got.err)
	}
}
