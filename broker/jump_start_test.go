package broker

import (
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestI9_J8_UnattendedByTheRuleForNobodyPresent(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	c := a.pin(rob, nil)
	// Nobody is signed in: the device says so, and answers by the rule.
	a.info.User = ""
	a.link.Close(nil)
	a.connect()
	start := func() (*apipb.Session, *wirepb.SessionOffer) {
		s, err := rob.jump(t, c.Id)
		if err != nil {
			t.Fatal(err)
		}
		return s.Session, a.offer()
	}
	s, o := start()
	if g := a.grant(o); g.ConsentAbsent != wirepb.ConsentRule_CONSENT_RULE_ASK {
		t.Fatalf("by default: %v", g)
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Consent{Consent: &wirepb.SessionConsent{
		Session: o.Session, Code: wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT,
	}}})
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	ada.set(t, "consent_absent", "notify")
	s, o = start()
	if g := a.grant(o); g.ConsentAbsent != wirepb.ConsentRule_CONSENT_RULE_NOTIFY || g.Consent != wirepb.ConsentRule_CONSENT_RULE_ASK {
		t.Fatalf("with the rule: %v", g)
	}
	a.answer(o, true)
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	// Both ways of starting ask for the second factor where policy does.
	ada.set(t, "mfa_at_start", "true")
	_, err := rob.jump(t, c.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED)
}

func TestJ2_ExpiryHoursAndConditionsOfAJump(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "consent_present", "notify", "consent_absent", "notify")
	for field, d := range map[string]*apipb.JumpDetails{
		"expires_at": {ExpiresAt: timestamppb.New(n.now().Add(-time.Hour))}, "policy_id": {PolicyId: "no such"}, "name": {Name: strings.Repeat("n", 65)},
	} {
		s := a.active(rob)
		_, err := rob.jumps().Pin(t.Context(), connect.NewRequest(&apipb.PinRequest{SessionId: s.Id, Details: d}))
		if wrongField(err) != field {
			t.Errorf("%s: %v", field, err)
		}
		if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
			t.Fatal(err)
		}
	}
	now := n.now().UTC()
	closed := ada.object(t, jumpPolicy("Closed", &apipb.JumpPolicy{Hours: []string{now.Add(-24 * time.Hour).Weekday().String()[:3] + " 00:00-00:01 UTC"}}))
	c := a.pin(rob, &apipb.JumpDetails{PolicyId: closed.Id})
	_, err := rob.jump(t, c.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED)
	if got := may(rob.listJumps(t, "")[0], "start"); got.Enabled || !strings.Contains(got.Reason, "Closed") {
		t.Errorf("shown: %v", got)
	}
	wantCode(t, ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_JUMP_POLICY, closed.Id, true), wirepb.ErrorCode_ERROR_CODE_IN_USE)
	_, err = ada.saveObject(t, jumpPolicy("Bad", &apipb.JumpPolicy{Hours: []string{"sometimes"}}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)

	change := func(d *apipb.JumpDetails) {
		t.Helper()
		must[apipb.UpdateJumpClientResponse](t)(rob.jumps().UpdateJumpClient(t.Context(), connect.NewRequest(&apipb.UpdateJumpClientRequest{Id: c.Id, Details: d})))
	}
	factor := ada.object(t, jumpPolicy("Factor", &apipb.JumpPolicy{SecondFactor: true}))
	change(&apipb.JumpDetails{PolicyId: factor.Id})
	_, err = rob.jump(t, c.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED)

	asks := ada.object(t, jumpPolicy("Asks", &apipb.JumpPolicy{Ask: true}))
	change(&apipb.JumpDetails{PolicyId: asks.Id, ExpiresAt: timestamppb.New(n.now().Add(time.Hour))})
	s, err := rob.jump(t, c.Id)
	if err != nil {
		t.Fatal(err)
	}
	if g := a.grant(a.offer()); g.Consent != wirepb.ConsentRule_CONSENT_RULE_ASK || g.ConsentAbsent != wirepb.ConsentRule_CONSENT_RULE_ASK {
		t.Errorf("the policy asks: %v", g)
	}
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Session.Id})); err != nil {
		t.Fatal(err)
	}
	n.advance(time.Hour)
	rob = n.rep("rob")
	_, err = rob.jump(t, c.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_JUMP_EXPIRED)
	if got := rob.listJumps(t, "")[0]; !got.Expired || may(got, "start").Code != wirepb.ErrorCode_ERROR_CODE_JUMP_EXPIRED {
		t.Errorf("shown: %v", got)
	}
}

func TestQ13_ASecondJumpJoinsOrIsRefused(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	rita, made := n.with(ada, "rita", policy.SessionStart, policy.JumpStart)
	group := ada.object(t, jumpGroup("Tills", &apipb.JumpMember{Account: rob.id(t), Pin: true}, &apipb.JumpMember{Account: made.Id}))
	c := a.pin(rob, &apipb.JumpDetails{GroupId: group.Id})
	first, err := rob.jump(t, c.Id)
	if err != nil {
		t.Fatal(err)
	}
	a.answer(a.offer(), true)
	n.phase(rob, first.Session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	_, err = rita.jump(t, c.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS)

	joins := ada.object(t, jumpPolicy("Joins", &apipb.JumpPolicy{Join: true}))
	must[apipb.UpdateJumpClientResponse](t)(rob.jumps().UpdateJumpClient(t.Context(), connect.NewRequest(&apipb.UpdateJumpClientRequest{
		Id: c.Id, Details: &apipb.JumpDetails{GroupId: group.Id, PolicyId: joins.Id},
	})))
	owner := rob.open(t)
	if got := rita.listJumps(t, "")[0]; !may(got, "join").Enabled || got.InSessionWith != "Rob Rep" {
		t.Errorf("shown: %v", got)
	}
	second, err := rita.jump(t, c.Id)
	if err != nil || !second.Joined || second.Session.Id != first.Session.Id {
		t.Fatalf("%v, %v", second, err)
	}
	// The owner is told, and was asked nothing.
	s := told(owner, "who joined", func(m *apipb.WatchResponse) (*apipb.Session, bool) {
		return m.GetSession(), len(m.GetSession().GetParticipants()) == 2
	})
	if s.RepName != "Rob Rep" || s.Participants[1].Name != "rita" || len(s.Invitations) != 0 {
		t.Errorf("%v", s)
	}
	told(owner, "a word about it", func(m *apipb.WatchResponse) (struct{}, bool) {
		return struct{}{}, strings.Contains(m.GetChat().GetText(), "rita joined by the jump policy Joins")
	})
	rita.attach(t, first.Session.Id)
	if joined := n.records(action("session.join")); len(joined) != 1 || joined[0].ActorName != "rita" {
		t.Errorf("audit: %+v", joined)
	}
	if again, err := rita.jump(t, c.Id); err != nil || again.Session.Id != first.Session.Id {
		t.Errorf("a second time: %v, %v", again, err)
	}
}

func TestC9_J6_UnpinAsksFirstAndUninstalls(t *testing.T) {
	n := newBench(t)
	a, b := n.online(), n.online()
	rob := n.rep("rob")
	c, away := a.pin(rob, &apipb.JumpDetails{Name: "here"}), b.pin(rob, &apipb.JumpDetails{Name: "away"})
	wantCode(t, rob.unpin(t, c.Id, false), wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	if got := rob.listJumps(t, ""); len(got) != 2 {
		t.Fatalf("unconfirmed: %v", got)
	}
	if err := rob.unpin(t, c.Id, true); err != nil {
		t.Fatal(err)
	}
	if got := rob.listJumps(t, ""); len(got) != 1 || got[0].Id != away.Id {
		t.Fatalf("unpinned: %v", got)
	}
	a.unpinned(c.Id)
	eventually(t, "the removal in the log", func() bool { return len(n.records(action("jump.removed"))) == 1 })
	_, err := rob.jump(t, c.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	// Offline it hears when it is back, until it has done it, also of another broker.
	b.link.Close(nil)
	eventually(t, "offline", func() bool { return !n.b.fleet.Online(b.dev) })
	if err := rob.unpin(t, away.Id, true); err != nil {
		t.Fatal(err)
	}
	n.restart()
	b.connect()
	b.unpinned(away.Id)
	eventually(t, "the removal in the log", func() bool { return len(n.records(action("jump.removed"))) == 2 })
	due, err := n.b.store.Unpins(t.Context(), b.dev)
	if err != nil || len(due) != 0 {
		t.Fatalf("still due: %v, %v", due, err)
	}
	// It may be pinned again.
	b.pin(n.rep("rob"), nil)
}

func TestJ5_ABundlePinsManyMachines(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	group := ada.object(t, jumpGroup("Tills", &apipb.JumpMember{Account: rob.id(t)}))
	_, err := ada.inventory.CreateEnrollmentToken(t.Context(), connect.NewRequest(&apipb.CreateEnrollmentTokenRequest{
		Jump: &apipb.JumpPlan{GroupId: "no such"},
	}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	r := must[apipb.CreateEnrollmentTokenResponse](t)(ada.inventory.CreateEnrollmentToken(t.Context(), connect.NewRequest(&apipb.CreateEnrollmentTokenRequest{
		Uses: 3, Jump: &apipb.JumpPlan{GroupId: group.Id, Tag: "till"},
	})))
	b, err := transport.ParseBundle([]byte(r.Bundle), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var devices []string
	for range 3 {
		a := n.agent()
		if e := a.tryEnroll(b.Token); e.GetEnrolled() == nil {
			t.Fatalf("enroll: %v", e)
		}
		devices = append(devices, a.dev)
	}
	got := rob.listJumps(t, "till")
	if len(got) != 3 {
		t.Fatalf("%v", got)
	}
	for _, c := range got {
		if !slices.Contains(devices, c.DeviceId) || c.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE || c.CreatedBy != "Ada Admin" || c.GroupName != "Tills" {
			t.Errorf("%v", c)
		}
	}
}
