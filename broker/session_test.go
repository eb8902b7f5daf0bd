package broker

import (
	"context"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/relay"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func protoMarshal(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

func TestE1_UnenrolledDeviceIsNotReached(t *testing.T) {
	n := newBench(t)
	_, err := n.rep("rob").session.Start(t.Context(), connect.NewRequest(&apipb.StartRequest{DeviceId: "00ff"}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED)
	found := n.records(action("session.start"))
	if len(found) != 1 || found[0].Result != "not_enrolled" {
		t.Fatalf("audit: %+v", found)
	}
	// Nor does one that nobody enrolled get in.
	a := n.agent()
	if _, m := a.first(a.dial(), hello(a)); m.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED {
		t.Fatalf("hello: %v", m)
	}
	eventually(t, "one record", func() bool { return len(n.records(action("device.refused"))) == 1 })
}

func TestE14_I1_InventoryShowsWhatCanBeDone(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	actions := func() map[string]*apipb.Action {
		r, err := rob.inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{Query: "WS-1 cora"}))
		if err != nil || len(r.Msg.Devices) != 1 {
			t.Fatalf("%v, %v", r, err)
		}
		all := map[string]*apipb.Action{}
		for _, act := range r.Msg.Devices[0].Actions {
			all[act.Id] = act
		}
		return all
	}
	if got := actions(); !got["support"].Enabled || !got["screenshare"].Enabled || got["revoke"].Enabled {
		t.Fatalf("online: %v", got)
	}
	a.link.Close(nil)
	eventually(t, "offline with a reason", func() bool {
		s := actions()["support"]
		return !s.Enabled && s.Code == wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE && s.Reason != ""
	})
	if r, err := rob.inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{Query: "nothing"})); err != nil || len(r.Msg.Devices) != 0 {
		t.Fatalf("%v, %v", r, err)
	}
}

func TestI2_I3_I5_R10_YesConnects(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	for i, path := range []string{"inventory", "device"} {
		r, err := rob.session.Start(t.Context(), connect.NewRequest(&apipb.StartRequest{DeviceId: a.dev, Path: path}))
		if err != nil {
			t.Fatal(err)
		}
		s := r.Msg.Session
		if s.Phase != apipb.SessionPhase_SESSION_PHASE_AWAITING_CONSENT || s.Path != path {
			t.Fatalf("%v", s)
		}
		o := a.offer()
		if c := n.b.relay.Counts(); c != (relay.Counts{}) {
			t.Fatalf("before the answer: %+v", c)
		}
		_, err = rob.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
		a.answer(o, true)
		n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
		if c := n.b.relay.Counts(); c.Slots != 1 {
			t.Fatalf("after yes: %+v", c)
		}
		if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
			t.Fatal(err)
		}
		if c := n.b.relay.Counts(); c != (relay.Counts{}) {
			t.Fatalf("after the end: %+v", c)
		}
		if got := len(n.records(action("session.start"))); got != i+1 {
			t.Fatalf("%d starts recorded", got)
		}
	}
	allowed := n.records(action("session.allow"))
	if len(allowed) != 2 || len(allowed[0].Evidence) == 0 {
		t.Fatalf("receipts: %+v", allowed)
	}
}

func TestI4_OfferNamesRepAndOrganisation(t *testing.T) {
	n := newBench(t)
	a := n.online()
	n.rep("rob").start(t, a.dev)
	o := a.offer()
	g, err := wire.VerifyGrant(a.hi.GrantKey, a.id.Pin(), wire.SessionID(o.Session), o.Grant, o.GrantSignature, time.Now())
	if err != nil || g.RepName != "Rob Rep" || g.Organisation != "Example Ltd" || g.MaxDurationS != 0 {
		t.Fatalf("%v, %v", g, err)
	}
}

func TestI6_C3_OnlyTheDeviceAnswers(t *testing.T) {
	n := newBench(t)
	a, other := n.online(), n.online()
	rob := n.rep("rob")

	s := rob.start(t, a.dev)
	o := a.offer()
	// Another device answers for it: nothing happens.
	forged := a.receipt(o, true, other.id)
	other.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Consent{Consent: forged}})
	other.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Heartbeat{Heartbeat: &wirepb.Heartbeat{Seq: 1}}})
	await(other, "echo", func(m *wirepb.BrokerMessage) (struct{}, bool) { return struct{}{}, m.GetHeartbeat() != nil })
	if got := rob.get(t, s.Id); got.Phase != apipb.SessionPhase_SESSION_PHASE_AWAITING_CONSENT {
		t.Fatalf("another device's yes: %v", got.Phase)
	}
	a.answer(o, false)
	got := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	if got.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER || got.EndedBy != wirepb.EndedBy_ENDED_BY_CUSTOMER {
		t.Fatalf("%v", got)
	}
}

// TestC3_C4_AYesIsAReceiptOfThisOffer: without a receipt there is no Yes, nor with one that
// another key signed, that says no, or that answers another offer.
func TestC3_C4_AYesIsAReceiptOfThisOffer(t *testing.T) {
	n := newBench(t)
	a, other := n.online(), n.online()
	rob := n.rep("rob")
	rob.start(t, other.dev)
	elsewhere := other.offer()
	for name, yes := range map[string]func(o *wirepb.SessionOffer) *wirepb.SessionConsent{
		"none":        func(*wirepb.SessionOffer) *wirepb.SessionConsent { return new(wirepb.SessionConsent) },
		"another key": func(o *wirepb.SessionOffer) *wirepb.SessionConsent { return a.receipt(o, true, other.id) },
		"a no": func(o *wirepb.SessionOffer) *wirepb.SessionConsent {
			c := a.receipt(o, false, a.id)
			c.Code = 0
			return c
		},
		"another offer": func(*wirepb.SessionOffer) *wirepb.SessionConsent { return other.receipt(elsewhere, true, a.id) },
	} {
		s := rob.start(t, a.dev)
		o := a.offer()
		c := yes(o)
		c.Session = o.Session
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Consent{Consent: c}})
		got := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
		if got.Code != wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID || n.b.relay.Counts().Slots != 0 {
			t.Fatalf("%s: %v, %+v", name, got, n.b.relay.Counts())
		}
	}
}

func TestC4_NothingConnectsBeforeYes(t *testing.T) {
	n := newBench(t)
	a := n.online()
	s := n.rep("rob").start(t, a.dev)
	o := a.offer()
	st, err := a.link.Open(t.Context(), wire.Preface{Type: wire.StreamMedia, Session: wire.SessionID(o.Session), Viewer: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), transport.ErrReset.Error()) {
		t.Fatalf("a media stream before yes: %v", err)
	}
	if c := n.b.relay.Counts(); c != (relay.Counts{}) {
		t.Fatalf("%+v for %s", c, s.Id)
	}
}

func TestI7_A1_OneTerminalRecordWhateverTheAnswer(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	for _, c := range []struct {
		name   string
		do     func(*agent, *wirepb.SessionOffer, *apipb.Session)
		phase  apipb.SessionPhase
		result string
	}{
		{"yes", func(a *agent, o *wirepb.SessionOffer, s *apipb.Session) {
			a.answer(o, true)
			n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
			if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
				t.Fatal(err)
			}
		}, apipb.SessionPhase_SESSION_PHASE_ENDED, "ok"},
		{
			"no", func(a *agent, o *wirepb.SessionOffer, _ *apipb.Session) { a.answer(o, false) },
			apipb.SessionPhase_SESSION_PHASE_DENIED, "denied_by_user",
		},
		{
			"timeout", func(*agent, *wirepb.SessionOffer, *apipb.Session) { n.advance(2 * time.Minute) },
			apipb.SessionPhase_SESSION_PHASE_DENIED, "consent_timeout",
		},
		{
			"agent offline", func(a *agent, _ *wirepb.SessionOffer, _ *apipb.Session) { a.link.Close(nil) },
			apipb.SessionPhase_SESSION_PHASE_CANCELLED, "device_offline",
		},
		{"rep cancels", func(_ *agent, _ *wirepb.SessionOffer, s *apipb.Session) {
			if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
				t.Fatal(err)
			}
		}, apipb.SessionPhase_SESSION_PHASE_CANCELLED, "cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := n.online()
			s := rob.start(t, a.dev)
			c.do(a, a.offer(), s)
			n.phase(rob, s.Id, c.phase)
			found := n.records(func(r store.Record) bool { return r.Session == s.Id && r.Action == "session.close" })
			if len(found) != 1 || found[0].Result != c.result {
				t.Fatalf("%+v", found)
			}
			for _, want := range []string{`requester="Rob Rep"`, `device="ws-1"`, `user="cora"`, "path=inventory", "requested=", "ended=", "outcome="} {
				if !strings.Contains(found[0].Detail, want) {
					t.Errorf("%q lacks %s", found[0].Detail, want)
				}
			}
		})
	}
	if _, err := audit.Verify(t.Context(), n.b.store); err != nil {
		t.Fatal(err)
	}
}

func TestL1_EitherPartyEnds(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	id := wire.SessionID(mustID(t, s.Id))
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_End{End: &wirepb.SessionEnd{Session: id[:], By: wirepb.EndedBy_ENDED_BY_CUSTOMER}}})
	if got := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED); got.EndedBy != wirepb.EndedBy_ENDED_BY_CUSTOMER {
		t.Fatalf("%v", got)
	}
	s = a.active(rob)
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	if e := a.ended(); e.By != wirepb.EndedBy_ENDED_BY_REP {
		t.Fatalf("%v", e)
	}
	// L2, L6: nobody else's Off, and an administrator's Terminate.
	s = a.active(rob)
	_, err := n.rep("ria").session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = rob.session.Terminate(t.Context(), connect.NewRequest(&apipb.TerminateRequest{Id: s.Id, Confirm: true}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	ada := n.rep("ada")
	_, err = ada.session.Terminate(t.Context(), connect.NewRequest(&apipb.TerminateRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	if _, err := ada.session.Terminate(t.Context(), connect.NewRequest(&apipb.TerminateRequest{Id: s.Id, Confirm: true})); err != nil {
		t.Fatal(err)
	}
	if got := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED); got.EndedBy != wirepb.EndedBy_ENDED_BY_ADMIN {
		t.Fatalf("%v", got)
	}
}

func mustID(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hexDecode(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOneSessionAtATime(t *testing.T) {
	n := newBench(t)
	a := n.online()
	clients := []*client{n.rep("rob"), n.rep("ria"), n.rep("ada")}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 12 {
		wg.Go(func() {
			_, err := clients[i%3].session.Start(t.Context(), connect.NewRequest(&apipb.StartRequest{DeviceId: a.dev}))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if code(err) != wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Fatalf("%d sessions at once", won)
	}
}

func TestSessionSurvivesARestartOfTheBroker(t *testing.T) {
	n := newBench(t)
	a, b := n.online(), n.online()
	rob := n.rep("rob")
	kept, dropped := a.active(rob), b.active(rob)
	n.restart()
	a.connect(mustID(t, kept.Id))
	if got := n.phase(rob, kept.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE); !got.AgentConnected {
		eventually(t, "connected", func() bool { return rob.get(t, kept.Id).AgentConnected })
	}
	rob.attach(t, kept.Id) // the slot is there again
	b.connect()            // came back without its session
	if got := n.phase(rob, dropped.Id, apipb.SessionPhase_SESSION_PHASE_ENDED); got.Code != wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN {
		t.Fatalf("%v", got)
	}
	// One that nobody claims ends after the grace.
	a.link.Close(nil)
	eventually(t, "lost", func() bool { return !rob.get(t, kept.Id).AgentConnected })
	n.advance(3 * time.Minute)
	n.phase(rob, kept.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	// And an endpoint that comes later still is told.
	a.connect(mustID(t, kept.Id))
	if e := a.ended(); string(e.Session) != string(mustID(t, kept.Id)) {
		t.Fatalf("%v", e)
	}
}

func TestL19_L20_SignOutEndsEverythingAtOnce(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w, err := rob.live.Watch(ctx, connect.NewRequest(&apipb.WatchRequest{}))
	if err != nil || !w.Receive() || w.Msg().GetSnapshot() == nil {
		t.Fatalf("%v %v", err, w.Err())
	}
	old := rob.cookie
	r, err := rob.signIn.SignOut(t.Context(), connect.NewRequest(&apipb.SignOutRequest{}))
	if err != nil || r.Msg.MessageId != "signed_out" {
		t.Fatalf("%v, %v", r, err)
	}
	for w.Receive() { //nolint:revive // until the stream ends
	}
	wantCode(t, w.Err(), wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	rob.cookie = old
	_, err = rob.inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
}

func TestLiveShowsChanges(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w, err := rob.live.Watch(ctx, connect.NewRequest(&apipb.WatchRequest{}))
	if err != nil || !w.Receive() {
		t.Fatal(err, w.Err())
	}
	a := n.online()
	s := a.active(rob)
	if _, err := rob.session.SendChat(t.Context(), connect.NewRequest(&apipb.SendChatRequest{Id: s.Id, Text: "hello"})); err != nil {
		t.Fatal(err)
	}
	var online, active, chat, recorded bool
	for (!online || !active || !chat || !recorded) && w.Receive() {
		m := w.Msg()
		online = online || m.GetDevice().GetOnline()
		active = active || m.GetSession().GetPhase() == apipb.SessionPhase_SESSION_PHASE_ACTIVE
		chat = chat || m.GetChat().GetText() == "hello"
		recorded = recorded || m.GetAudit().GetAction() == "session.allow"
	}
	if w.Err() != nil {
		t.Fatalf("device %v session %v chat %v audit %v: %v", online, active, chat, recorded, w.Err())
	}
	c := await(a, "chat", func(m *wirepb.BrokerMessage) (*wirepb.Chat, bool) { return m.GetChat(), m.GetChat() != nil })
	if c.Text != "hello" || c.From != "Rob Rep" {
		t.Fatalf("%v", c)
	}
}

func hexDecode(s string) ([]byte, error) { return hex.DecodeString(s) }
