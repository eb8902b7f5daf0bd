package broker

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// grant is what an offer grants.
func grant(t *testing.T, o *wirepb.SessionOffer) *wirepb.SessionGrant {
	t.Helper()
	g := new(wirepb.SessionGrant)
	if err := proto.Unmarshal(o.Grant, g); err != nil {
		t.Fatal(err)
	}
	return g
}

// accept is a Yes whose receipt says what change makes of it.
func (a *agent) accept(o *wirepb.SessionOffer, change func(*wirepb.ConsentReceipt)) {
	a.t.Helper()
	h := sha256.Sum256(o.Grant)
	r := &wirepb.ConsentReceipt{Session: o.Session, GrantHash: h[:], Yes: true, User: "cora", AtUnixMs: a.n.now().UnixMilli(), Permissions: grant(a.t, o).Permissions}
	change(r)
	b, err := protoMarshal(r)
	if err != nil {
		a.t.Fatal(err)
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Consent{Consent: &wirepb.SessionConsent{
		Session: o.Session, Receipt: b, ReceiptSignature: a.id.Sign(append([]byte("alongside consent v1"), b...)),
	}}})
}

func (c *client) end(t *testing.T, id string) {
	t.Helper()
	if _, err := c.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: id})); err != nil {
		t.Fatal(err)
	}
}

func TestE5_E6_BothPathsHangOnTheSwitch(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "remote_support", "off")
	wantCode(t, rob.tryStart(t, a.dev), wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED)
	if got := a.request(wish()); got.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED || !strings.Contains(got.Detail, "All devices") {
		t.Fatalf("%v", got)
	}
	for _, what := range []string{"session.start", "request.create"} {
		if found := n.records(action(what)); len(found) != 1 || found[0].Result != "policy_denied" {
			t.Errorf("%s: %+v", what, found)
		}
	}
	ada.set(t, "remote_support", "on")
	q := a.asked()
	// Off again: what waits is taken away, with its reason.
	ada.set(t, "remote_support", "off")
	if st := a.told(wirepb.RequestState_REQUEST_STATE_CANCELLED); string(st.Id) != string(q.Id) || !strings.Contains(st.Detail, "All devices") {
		t.Fatalf("%v", st)
	}
	ada.set(t, "remote_support", "on")
	s := rob.start(t, a.dev)
	a.offer()
	ada.set(t, "remote_support", "off")
	if got := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_CANCELLED); got.EndedBy != wirepb.EndedBy_ENDED_BY_POLICY {
		t.Fatalf("%v", got)
	}
}

func TestQ1_SwitchedOffWhileActive(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	s := a.active(rob)
	ada.set(t, "remote_support", "off")
	d := await(a, "deadline", func(m *wirepb.BrokerMessage) (*wirepb.SessionDeadline, bool) {
		return m.GetDeadline(), m.GetDeadline() != nil
	})
	if d.Seconds != 30 || d.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED || d.Detail == "" {
		t.Fatalf("%v", d)
	}
	got := rob.get(t, s.Id)
	if got.Phase != apipb.SessionPhase_SESSION_PHASE_ACTIVE || got.ExpiresInMs <= 0 || got.ExpiresInMs > 30_000 {
		t.Fatalf("%v", got)
	}
	n.advance(support.RevokeNotice)
	got = n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	if got.EndedBy != wirepb.EndedBy_ENDED_BY_POLICY || got.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED {
		t.Fatalf("%v", got)
	}
	a.ended()
	// keep: it may go on to its end.
	ada.set(t, "remote_support", "on", "on_revoke", "keep")
	s = a.active(rob)
	ada.set(t, "remote_support", "off")
	eventually(t, "spared", func() bool { return len(n.records(action("session.spare"))) == 1 })
	n.advance(time.Minute)
	if got := rob.get(t, s.Id); got.Phase != apipb.SessionPhase_SESSION_PHASE_ACTIVE {
		t.Fatalf("%v", got)
	}
	rob.end(t, s.Id)
}

func TestE9_E10_C5_D13_Q2_Q3_GrantCarriesTheSettings(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "view_only", "true", "session_expiry_min", "5", "consent_timeout_s", "20", "consent_timeout_answer", "allow",
		"consent_valid_min", "3", "consent_absent", "notify", "recording", "on", "at_end", "log_off")
	r, err := rob.session.Start(t.Context(), connect.NewRequest(&apipb.StartRequest{DeviceId: a.dev, Path: "device", Reason: "the printer\nagain"}))
	if err != nil {
		t.Fatal(err)
	}
	o := a.offer()
	g := grant(t, o)
	if !slices.Equal(g.Permissions, []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW}) || g.MaxDurationS != 300 || g.ConsentTimeoutS != 20 ||
		g.OnTimeout != wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW || g.ConsentValidS != 180 || g.Consent != wirepb.ConsentRule_CONSENT_RULE_ASK ||
		g.ConsentAbsent != wirepb.ConsentRule_CONSENT_RULE_NOTIFY || !g.Recorded || g.Reason != "the printer again" || g.AtEnd != wirepb.AtEnd_AT_END_LOG_OFF {
		t.Fatalf("%v", g)
	}
	a.answer(o, true)
	s := n.phase(rob, r.Msg.Session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if s.Control || !s.Recorded || s.ExpiresInMs <= 299_000-patience.Milliseconds() || s.ExpiresInMs > 300_000 {
		t.Fatalf("%v", s)
	}
	n.advance(time.Minute)
	if got := rob.get(t, s.Id); got.ExpiresInMs > 240_000 {
		t.Fatalf("the time does not run: %d", got.ExpiresInMs)
	}
	rob.end(t, s.Id)
	// Without them: control, no expiry, silence is a no.
	ada.set(t, "view_only", "false", "session_expiry_min", "0", "consent_timeout_answer", "deny", "recording", "off")
	s = rob.start(t, a.dev)
	g = grant(t, a.offer())
	if len(g.Permissions) != 2 || g.MaxDurationS != 0 || g.OnTimeout != wirepb.TimeoutAnswer_TIMEOUT_ANSWER_DENY || g.Recorded {
		t.Fatalf("%v", g)
	}
	rob.end(t, s.Id)
	// A rep who may not control looks on.
	looker, _ := n.with(ada, "lou", "session.start")
	looker.start(t, a.dev)
	if g := grant(t, a.offer()); len(g.Permissions) != 1 {
		t.Fatalf("%v", g)
	}
}

func TestQ2_YesOfARuleOnlyWhereTheGrantHasIt(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	for name, change := range map[string]func(*wirepb.ConsentReceipt){
		"silence": func(r *wirepb.ConsentReceipt) { r.ByTimeout = true },
		"rule":    func(r *wirepb.ConsentReceipt) { r.Rule = wirepb.ConsentRule_CONSENT_RULE_NOTIFY },
	} {
		s := rob.start(t, a.dev)
		a.accept(a.offer(), change)
		if got := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED); got.Code != wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID {
			t.Errorf("%s: %v", name, got)
		}
	}
	n.rep("ada").set(t, "consent_timeout_answer", "allow", "consent_present", "notify")
	s := rob.start(t, a.dev)
	a.accept(a.offer(), func(r *wirepb.ConsentReceipt) { r.ByTimeout = true })
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if found := n.records(action("session.allow")); len(found) != 1 || !strings.Contains(found[0].Detail, "by_timeout=true") {
		t.Fatalf("%+v", found)
	}
}

func TestQ3_ConsentDoesNotOutlastItsValidity(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	n.rep("ada").set(t, "consent_valid_min", "1")
	s := a.active(rob)
	lose := func() {
		a.link.Close(nil)
		eventually(t, "lost", func() bool { return !rob.get(t, s.Id).AgentConnected })
	}
	lose()
	n.advance(30 * time.Second)
	a.connect(mustID(t, s.Id))
	eventually(t, "connected", func() bool { return rob.get(t, s.Id).AgentConnected })
	lose()
	n.advance(31 * time.Second)
	if got := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED); got.Code != wirepb.ErrorCode_ERROR_CODE_CONSENT_EXPIRED {
		t.Fatalf("%v", got)
	}
	a.connect(mustID(t, s.Id))
	if e := a.ended(); e.Code != wirepb.ErrorCode_ERROR_CODE_CONSENT_EXPIRED {
		t.Fatalf("%v", e)
	}
}

func TestL3_A9_ExpiryEndsTheSession(t *testing.T) {
	n := newBench(t)
	a, b := n.online(), n.online()
	rob := n.rep("rob")
	n.rep("ada").set(t, "session_expiry_min", "2")
	s, other := a.active(rob), b.active(rob)
	// The endpoint's clock counts.
	id := mustID(t, s.Id)
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_End{End: &wirepb.SessionEnd{
		Session: id, By: wirepb.EndedBy_ENDED_BY_EXPIRY, Code: wirepb.ErrorCode_ERROR_CODE_EXPIRED,
	}}})
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_EXPIRED)
	// The broker's ends what the endpoint does not.
	n.advance(2 * time.Minute)
	n.phase(rob, other.Id, apipb.SessionPhase_SESSION_PHASE_EXPIRED)
	if e := b.ended(); e.By != wirepb.EndedBy_ENDED_BY_EXPIRY {
		t.Fatalf("%v", e)
	}
}

func TestC11_A6_A7_A8_ProofBeforeBothPaths(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "mfa_at_start", "true", "mfa_max_age_s", "60")
	q := a.asked()
	refused := func(want wirepb.ErrorCode) {
		t.Helper()
		wantCode(t, rob.tryStart(t, a.dev), want)
		_, err := rob.approve(t, q.Id)
		wantCode(t, err, want)
	}
	refused(wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED)
	phone, _ := n.enroll(rob)
	code := phone.next()
	if err := rob.prove(t, byCode(code)); err != nil {
		t.Fatal(err)
	}
	n.advance(2 * time.Minute)
	refused(wirepb.ErrorCode_ERROR_CODE_MFA_STALE)
	if err := rob.prove(t, byCode(code)); err == nil { // a replay proves nothing
		t.Fatal("a code counts twice")
	}
	refused(wirepb.ErrorCode_ERROR_CODE_MFA_STALE)
	if n.b.relay.Counts().Slots != 0 || len(n.records(action("session.offer"))) != 0 {
		t.Fatal("a session without a proof")
	}
	if err := rob.prove(t, byCode(phone.next())); err != nil {
		t.Fatal(err)
	}
	if _, err := rob.approve(t, q.Id); err != nil {
		t.Fatal(err)
	}
	a.answer(a.offer(), false)
	eventually(t, "start with the proof", func() bool { return rob.tryStart(t, a.dev) == nil })
	a.offer()
}

func TestA6_AnApprovalDoesNotOutlastItsProof(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "mfa_at_start", "true", "mfa_max_age_s", "60")
	q := a.asked()
	phone, _ := n.enroll(rob)
	if err := rob.prove(t, byCode(phone.next())); err != nil {
		t.Fatal(err)
	}
	a.link.Close(nil)
	eventually(t, "offline", func() bool { return !n.b.fleet.Linked(a.dev) })
	if _, err := rob.approve(t, q.Id); err != nil {
		t.Fatal(err)
	}
	n.advance(2 * time.Minute)
	a.connect()
	if st := a.told(wirepb.RequestState_REQUEST_STATE_CANCELLED); st.Detail == "" {
		t.Fatalf("%v", st)
	}
	if found := n.records(action("request.cancel")); len(found) != 1 || found[0].Result != "mfa_stale" {
		t.Fatalf("%+v", found)
	}
}

func TestL6_A2_TerminateNamesItsAdmin(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	s := a.active(rob)
	offers := func() bool {
		s := ada.get(t, s.Id)
		i := slices.IndexFunc(s.Actions, func(a *apipb.Action) bool { return a.Id == "terminate" })
		return s.Actions[i].Enabled
	}
	if !offers() {
		t.Fatal("an ongoing session offers no terminate")
	}
	if _, err := ada.session.Terminate(t.Context(), connect.NewRequest(&apipb.TerminateRequest{Id: s.Id, Confirm: true})); err != nil {
		t.Fatal(err)
	}
	if got := rob.get(t, s.Id); got.EndedByName != "Ada Admin" || got.EndedBy != wirepb.EndedBy_ENDED_BY_ADMIN || offers() {
		t.Fatalf("%v", got)
	}
	closed := n.records(action("session.close"))
	if len(closed) != 1 || closed[0].ActorName != "Ada Admin" || !strings.Contains(closed[0].Detail, "ended_by=admin") {
		t.Fatalf("%+v", closed)
	}
	// L1: the customer's Done names the customer.
	s = a.active(rob)
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_End{End: &wirepb.SessionEnd{Session: mustID(t, s.Id), By: wirepb.EndedBy_ENDED_BY_CUSTOMER}}})
	if got := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED); got.EndedByName != "cora" {
		t.Fatalf("%v", got)
	}
}

func TestC10_LegalOutcomesOfARep(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	s := a.active(rob)
	enabled := func(c *client) (ids []string) {
		for _, a := range c.get(t, s.Id).Actions {
			if a.Enabled {
				ids = append(ids, a.Id)
			}
		}
		return ids
	}
	if got := enabled(rob); !slices.Contains(got, "end") {
		t.Fatalf("owner: %v", got)
	}
	if got := enabled(ria); slices.Contains(got, "end") {
		t.Fatalf("somebody else: %v", got)
	}
	rob.end(t, s.Id)
	if got := enabled(rob); len(got) != 0 {
		t.Fatalf("over: %v", got)
	}
}
