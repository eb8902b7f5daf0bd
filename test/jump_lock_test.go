//go:build linux

package test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	jumpLocked   = wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED
	proofInvalid = wirepb.ErrorCode_ERROR_CODE_JUMP_PROOF_INVALID
)

// pinOrder sends an order to pin and returns the answer.
func (b *impostor) pinOrder(session []byte, client string, lock *wirepb.JumpLock, answer func()) *wirepb.Pinned {
	b.t.Helper()
	now, jti := time.Now(), make([]byte, 16)
	_, _ = rand.Read(jti)
	order, sig, err := wire.SignPin(b.grantKey, &wirepb.PinOrder{
		DeviceSpki: b.device[:], Jti: jti, Session: session, Client: client, Name: "Till 7", RepName: "Mallory", Organisation: "Example",
		Mode: wirepb.JumpMode_JUMP_MODE_USER, NotBeforeUnixMs: now.UnixMilli(), AnswerBeforeUnixMs: now.Add(time.Minute).UnixMilli(), ConsentTimeoutS: 60, Lock: lock,
	})
	b.check(err)
	b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Pin{Pin: &wirepb.Pin{Order: order, OrderSignature: sig}}})
	answer()
	return take(b, "answer to the pinning", b.pins)
}

func withoutAPerson(g *wirepb.SessionGrant) { g.Consent, g.ConsentAbsent = ruleNotify, ruleNotify }

// TestD9_AHostileBrokerDoesNotOpenTheLock: a real agent, whose machine does without a person's
// yes and which was pinned with a jump lock. Without the passkey no grant of the broker's
// begins anything: none without a proof, with that of another key, or with one for another
// grant; also not after an order to unpin and a restart of the agent. With it, it does.
func TestD9_AHostileBrokerDoesNotOpenTheLock(t *testing.T) {
	t.Parallel()
	w, b := hostileWorld(t, "consent = \"policy\"\n")
	mine, err := bed.NewPasskey()
	w.must(err)
	others, err := bed.NewPasskey()
	w.must(err)
	lock, err := mine.Lock()
	w.must(err)

	end := func(o *wirepb.SessionOffer) {
		t.Helper()
		b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: o.Session}}})
		for over := false; !over; {
			s := b.summary()
			over = string(s.Session) == string(o.Session)
			b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_SummaryKept{SummaryKept: &wirepb.SummaryKept{Seq: s.Seq}}})
		}
	}
	begins := func(what string, o *wirepb.SessionOffer, want wirepb.ErrorCode) {
		t.Helper()
		b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Offer{Offer: o}})
		got := b.answer()
		if got.Code != want {
			t.Errorf("%s: %v, want %v", what, got.Code, want)
		}
		if got.Code != 0 {
			b.attach(o.Session, 1, false) // as if it had been a yes
			b.refused(what)
			return
		}
		_, err := w.desktop.Window(w.ctx, bed.BannerTitle)
		w.must(err)
		end(o)
	}
	begins("before the lock", b.grant(b.grantKey, withoutAPerson), 0)

	o := b.offer(b.grantKey, func(*wirepb.SessionGrant) {})
	w.must(w.desktop.Answer(w.ctx, true))
	if a := b.answer(); a.Code != 0 {
		t.Fatalf("consent: %v", a)
	}
	p := b.pinOrder(o.Session, "c1", lock, func() { w.must(w.desktop.Answer(w.ctx, true)) })
	r := new(wirepb.PinReceipt)
	if err := proto.Unmarshal(p.Receipt, r); err != nil || p.Code != 0 || !proto.Equal(r.Lock, lock) {
		t.Fatalf("%v, %v, %v", p, r, err)
	}
	end(o)

	locked := func(when string) {
		t.Helper()
		begins(when+", without a proof", b.grant(b.grantKey, withoutAPerson), jumpLocked)
		o := b.grant(b.grantKey, withoutAPerson)
		o.Proof, err = others.Prove(o.Grant)
		w.must(err)
		begins(when+", by another key", o, proofInvalid)
		o = b.grant(b.grantKey, withoutAPerson)
		o.Proof, err = others.Prove(o.Grant)
		w.must(err)
		o.Proof.Key = lock.Keys[0].Id
		begins(when+", by another key under its name", o, proofInvalid)
		old := b.grant(b.grantKey, withoutAPerson)
		o = b.grant(b.grantKey, withoutAPerson)
		o.Proof, err = mine.Prove(old.Grant)
		w.must(err)
		begins(when+", for another grant", o, proofInvalid)
		o = b.grant(b.grantKey, withoutAPerson)
		o.Proof, err = mine.Prove(o.Grant)
		w.must(err)
		begins(when+", by the passkey", o, 0)
	}
	locked("pinned")
	order, sig, err := wire.SignUnpin(b.grantKey, &wirepb.UnpinOrder{DeviceSpki: b.device[:], Client: "c1"})
	w.must(err)
	b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Unpin{Unpin: &wirepb.Unpin{Order: order, OrderSignature: sig}}})
	take(b, "answer to the unpinning", b.unpins)
	w.must(w.agent.Restart())
	b.ready()
	locked("unpinned and started again")
}

// TestD9_LockedInTheConsoleAndStartedByItsPasskey: a rep locks a device by a passkey of a real
// browser when it is pinned. Another member of its Jump Group, who has not that passkey, is refused at
// the device; with it the session begins, and the person is not asked.
func TestD9_LockedInTheConsoleAndStartedByItsPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{noAgent: true, browser: &bed.BrowserOptions{}})
	floor := filepath.Join(w.mkdir("etc"), "policy.toml")
	w.must(os.WriteFile(floor, []byte("consent = \"policy\"\n"), 0o600))
	bundle, err := w.broker.Bundle(w.ctx, w.dir)
	w.must(err)
	w.agent, err = bed.NewAgent(w.ctx, filepath.Join(programs, "alongside"), filepath.Join(w.dir, "agent"), bundle, w.desktop, w.log, "--policy", floor)
	w.must(err)
	t.Cleanup(func() { w.agent.Stop() })
	w.must(w.broker.AddRep(w.ctx, "ada", "Ada Other", repPassword, true))
	ada, err := w.broker.SignIn(w.ctx, "ada", repPassword)
	w.must(err)
	group := &apipb.JumpGroup{}
	for _, r := range []*bed.Rep{w.rep, ada} {
		me, err := r.SignInAPI.State(w.ctx, connect.NewRequest(&apipb.StateRequest{}))
		w.must(err)
		group.Members = append(group.Members, &apipb.JumpMember{Account: me.Msg.Rep.Id, Pin: true})
	}
	tills, err := apipbconnect.NewConfigServiceClient(w.rep.HTTP, w.broker.Console).SaveObject(w.ctx, connect.NewRequest(&apipb.SaveObjectRequest{
		Object: &apipb.ConfigObject{Name: "Tills", Object: &apipb.ConfigObject_JumpGroup{JumpGroup: group}},
	}))
	w.must(err)
	w.rep = ada // the other's sign-in here has proved no second factor

	// Passkeys belong to a name, not to an address.
	w.console.URL = strings.Replace(w.console.URL, "127.0.0.1", "localhost", 1)
	w.must(w.console.VirtualAuthenticator())
	w.must(w.console.SignIn(repName, repPassword))
	w.must(w.console.Open(w.console.URL + "/account"))
	w.click("add-factor")
	w.must(w.console.Fill(`input[name="factor-name"]`, "Laptop"))
	w.click("enroll-passkey", "codes-kept")
	w.must(w.console.Support(w.host))
	w.must(w.desktop.Answer(w.ctx, true))
	w.must(w.console.Phase("active"))
	w.click("pin")
	w.step("lock", w.console.Click(`[name^="jump-lock-"]`))
	w.click("pin-confirm")
	w.must(w.desktop.Answer(w.ctx, true))
	w.step("locked", w.console.Wait(id("pinned")))
	w.says("pinned", "It is locked.")
	w.click("pin-done")
	w.must(w.console.End())

	all, err := w.jumps().ListJumpClients(w.ctx, connect.NewRequest(&apipb.ListJumpClientsRequest{All: true}))
	w.must(err)
	if len(all.Msg.Clients) != 1 || !all.Msg.Clients[0].Locked {
		t.Fatalf("%v", all.Msg.Clients)
	}
	c := all.Msg.Clients[0]
	_, err = w.jumps().UpdateJumpClient(w.ctx, connect.NewRequest(&apipb.UpdateJumpClientRequest{
		Id: c.Id, Details: &apipb.JumpDetails{Name: c.Name, GroupId: tills.Msg.Object.Id},
	}))
	w.must(err)
	w.set(c.DeviceId, map[string]string{"consent_present": "notify", "consent_absent": "notify"})
	s := w.jump(c.Id)
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	w.must(err)
	if s.Code != jumpLocked {
		t.Errorf("without the passkey: %v", s.Code)
	}

	w.must(w.console.Open(w.console.URL + "/jump"))
	w.must(w.console.Wait(id("jump-locked")))
	w.click("jump")
	w.must(w.console.Phase("active"))
	w.must(w.console.Connected())
	_, err = w.desktop.Window(w.ctx, bed.BannerTitle)
	w.must(err)
	if w.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("the person is asked")
	}
	w.step("jumped", bed.SamePixels(w.ctx, w.console, w.desktop))
}
