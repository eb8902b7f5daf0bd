package broker

import (
	"context"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestJ1_J2_J3_J7_L12_PinnedOutOfASession(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	mine := ada.object(t, jumpGroup("Tills", &apipb.JumpMember{Account: rob.id(t), Pin: true}))
	ada.object(t, jumpGroup("Servers", &apipb.JumpMember{Account: rob.id(t)}))
	terms := ada.object(t, jumpPolicy("Always", &apipb.JumpPolicy{}))
	at := must[apipb.JumpTargetsResponse](t)(rob.jumps().JumpTargets(t.Context(), connect.NewRequest(&apipb.JumpTargetsRequest{})))
	if !at.Personal || len(at.Groups) != 1 || at.Groups[0].Id != mine.Id || len(at.Policies) != 1 {
		t.Fatalf("where rob may pin: %v", at)
	}

	s := a.active(rob)
	desk := rob.open(t)
	expires := timestamppb.New(n.now().Add(time.Hour).Truncate(time.Second))
	details := &apipb.JumpDetails{
		Name: "Till 7", GroupId: mine.Id, PolicyId: terms.Id, Tag: "till", Comments: "by the door\nkey at the desk", ExpiresAt: expires,
	}
	done := rob.pinning(t, &apipb.PinRequest{SessionId: s.Id, Details: details})
	p, o := a.order()
	if o.Name != "Till 7" || o.Place != "Tills" || o.RepName != "Rob Rep" || o.Organisation != "Example Ltd" ||
		o.Mode != wirepb.JumpMode_JUMP_MODE_USER || o.ExpiresUnixMs != expires.AsTime().UnixMilli() || hex.EncodeToString(o.Session) != s.Id {
		t.Fatalf("asked at the endpoint: %v", o)
	}
	if got := rob.listJumps(t, ""); len(got) != 0 {
		t.Fatalf("before the answer: %v", got)
	}
	a.answerPin(p, o, true, a.id)
	got := <-done
	if got.err != nil {
		t.Fatal(got.err)
	}
	told(desk, "the list", func(m *apipb.WatchResponse) (struct{}, bool) { return struct{}{}, m.GetChanged() == "jump" })
	c := got.client
	if c.Name != "Till 7" || c.GroupName != "Tills" || c.PolicyName != "Always" || c.Tag != "till" || !strings.Contains(c.Comments, "desk") ||
		!c.ExpiresAt.AsTime().Equal(expires.AsTime()) || !c.Online || c.DeviceId != a.dev || c.InSessionWith != "Rob Rep" {
		t.Fatalf("%v", c)
	}
	for _, query := range []string{"till 7", "TILLS", "door", "cora"} {
		if found := rob.listJumps(t, query); len(found) != 1 {
			t.Errorf("%q finds %v", query, found)
		}
	}
	if found := rob.listJumps(t, "elsewhere"); len(found) != 0 {
		t.Errorf("found: %v", found)
	}
	// A second time says so.
	_, err := rob.jumps().Pin(t.Context(), connect.NewRequest(&apipb.PinRequest{SessionId: s.Id, Details: details}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_ALREADY_PINNED)

	// The end of the session leaves it; a new Jump works.
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	a.ended()
	if found := rob.listJumps(t, ""); len(found) != 1 || !found[0].Online || !may(found[0], "start").Enabled {
		t.Fatalf("after the end: %v", found)
	}
	again, err := rob.jump(t, c.Id)
	if err != nil || again.Joined || again.Session.Path != "jump" {
		t.Fatalf("%v, %v", again, err)
	}
	a.answer(a.offer(), true)
	n.phase(rob, again.Session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)

	all := n.records(action("jump.pin"))
	if len(all) != 2 || all[0].Result != "ok" || len(all[0].Evidence) == 0 || all[1].Result != "already_pinned" {
		t.Fatalf("audit: %+v", all)
	}
}

func TestJ1_NothingIsPinnedWithoutTheEndpoint(t *testing.T) {
	n := newBench(t)
	a, other := n.online(), n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	ask := func() (<-chan pinned, *wirepb.Pin, *wirepb.PinOrder) {
		done := rob.pinning(t, &apipb.PinRequest{SessionId: s.Id})
		p, o := a.order()
		return done, p, o
	}
	done, p, o := ask()
	a.answerPin(p, o, false, a.id)
	wantCode(t, (<-done).err, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
	done, p, o = ask()
	a.answerPin(p, o, true, other.id) // a receipt of another key
	wantCode(t, (<-done).err, wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID)
	done, p, o = ask()
	other.answerPin(p, o, true, a.id) // through another device's link
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Pinned{Pinned: &wirepb.Pinned{
		Jti: o.Jti, Code: wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION,
	}}})
	wantCode(t, (<-done).err, wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION)
	if got := rob.listJumps(t, ""); len(got) != 0 {
		t.Fatalf("pinned: %v", got)
	}
	// Nor by somebody who is not in the session, or out of one that is over.
	ada := n.rep("ada")
	_, err := ada.jumps().Pin(t.Context(), connect.NewRequest(&apipb.PinRequest{SessionId: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	_, err = rob.jumps().Pin(t.Context(), connect.NewRequest(&apipb.PinRequest{SessionId: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
}

func TestJ9_ServiceModeNeedsAnElevatedClient(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	done := rob.pinning(t, &apipb.PinRequest{SessionId: s.Id, Mode: wirepb.JumpMode_JUMP_MODE_SERVICE})
	_, o := a.order()
	if o.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE {
		t.Fatalf("%v", o)
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Pinned{Pinned: &wirepb.Pinned{
		Jti: o.Jti, Code: wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION, Detail: "the client runs as cora",
	}}})
	wantCode(t, (<-done).err, wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION)
	if all := n.records(action("jump.pin")); len(all) != 1 || all[0].Result != "requires_elevation" {
		t.Fatalf("audit: %+v", all)
	}
}

func TestJ4_J5_ListsAreForThoseWhoseTheyAre(t *testing.T) {
	n := newBench(t)
	a, b := n.online(), n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	rita, made := n.with(ada, "rita", policy.SessionStart, policy.JumpStart)
	group := ada.object(t, jumpGroup("Tills", &apipb.JumpMember{Account: rob.id(t), Pin: true}))
	own, shared := a.pin(rob, &apipb.JumpDetails{Name: "own"}), b.pin(rob, &apipb.JumpDetails{Name: "shared", GroupId: group.Id})

	if got := rob.listJumps(t, ""); len(got) != 2 || got[0].OwnerName != "Rob Rep" || got[1].GroupName != "Tills" {
		t.Fatalf("rob's: %v", got)
	}
	for _, id := range []string{own.Id, shared.Id, "no such one"} {
		_, err := rita.jump(t, id)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	}
	if got := rita.listJumps(t, ""); len(got) != 0 {
		t.Fatalf("rita's: %v", got)
	}
	// A membership counts, and ends, at once.
	watching := rita.open(t)
	members := []*apipb.JumpMember{{Account: rob.id(t), Pin: true}, {Account: made.Id}}
	group = ada.object(t, &apipb.ConfigObject{
		Id: group.Id, Version: group.Version, Name: "Tills", Object: &apipb.ConfigObject_JumpGroup{JumpGroup: &apipb.JumpGroup{Members: members}},
	})
	told(watching, "the change of the group", func(m *apipb.WatchResponse) (struct{}, bool) { return struct{}{}, m.GetChanged() == "directory" })
	if got := rita.listJumps(t, ""); len(got) != 1 || got[0].Id != shared.Id || may(got[0], "unpin").Enabled {
		t.Fatalf("rita's: %v", got)
	}
	s, err := rita.jump(t, shared.Id)
	if err != nil {
		t.Fatal(err)
	}
	b.answer(b.offer(), true)
	n.phase(rita, s.Session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if _, err := rita.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Session.Id})); err != nil {
		t.Fatal(err)
	}
	wantCode(t, rita.unpin(t, shared.Id, true), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	ada.object(t, &apipb.ConfigObject{
		Id: group.Id, Version: group.Version, Name: "Tills", Object: &apipb.ConfigObject_JumpGroup{JumpGroup: &apipb.JumpGroup{Members: members[:1]}},
	})
	_, err = rita.jump(t, shared.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	refused := n.records(action("jump.start"))
	if len(refused) != 4 || refused[3].Result != "forbidden" || refused[3].Object != "jump:"+shared.Id {
		t.Fatalf("audit: %+v", refused)
	}
	// An administrator finds and unpins everything, and starts nothing of others.
	all := must[apipb.ListJumpClientsResponse](t)(ada.jumps().ListJumpClients(t.Context(), connect.NewRequest(&apipb.ListJumpClientsRequest{All: true}))).Clients
	if len(all) != 2 || may(all[0], "start").Enabled || !may(all[0], "unpin").Enabled {
		t.Fatalf("all: %v", all)
	}
	_, err = rob.jumps().ListJumpClients(t.Context(), connect.NewRequest(&apipb.ListJumpClientsRequest{All: true}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	wantCode(t, ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_JUMP_GROUP, group.Id, true), wirepb.ErrorCode_ERROR_CODE_IN_USE)
}

// Who comes to a pinned device by another way asks the person, whatever policy says.
func TestJ4_OnlyAJumpDoesWithoutAPersonsYes(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "consent_present", "notify", "consent_absent", "notify")
	c := a.pin(rob, nil)
	rules := func() [2]wirepb.ConsentRule {
		g := a.grant(a.offer())
		return [2]wirepb.ConsentRule{g.Consent, g.ConsentAbsent}
	}
	const ask, notify = wirepb.ConsentRule_CONSENT_RULE_ASK, wirepb.ConsentRule_CONSENT_RULE_NOTIFY
	s := ada.start(t, a.dev)
	if got := rules(); got != [2]wirepb.ConsentRule{ask, ask} {
		t.Fatalf("somebody else by the inventory: %v", got)
	}
	if _, err := ada.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	if _, err := rob.jump(t, c.Id); err != nil {
		t.Fatal(err)
	}
	if got := rules(); got != [2]wirepb.ConsentRule{notify, notify} {
		t.Fatalf("the Jump: %v", got)
	}
}

func (a *agent) grant(o *wirepb.SessionOffer) *wirepb.SessionGrant {
	a.t.Helper()
	g, err := wire.VerifyGrant(a.hi.GrantKey, a.id.Pin(), wire.SessionID(o.Session), o.Grant, o.GrantSignature, a.n.now())
	if err != nil {
		a.t.Fatal(err)
	}
	return g
}

// TestJ1_AQuestionThatIsForgottenEnds: the rep gives up the call and the endpoint forgets
// the question with its link. When its time is over that is recorded, and it is asked anew.
func TestJ1_AQuestionThatIsForgottenEnds(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	ask := &apipb.PinRequest{SessionId: s.Id, Details: &apipb.JumpDetails{Name: "Till 7"}}
	ctx, giveUp := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := rob.jumps().Pin(ctx, connect.NewRequest(ask))
		gaveUp <- err
	}()
	a.order()
	giveUp()
	if err := <-gaveUp; err == nil {
		t.Fatal("pinned without an answer")
	}
	a.link.Close(nil)
	a.connect(mustID(t, s.Id))
	_, err := rob.jumps().Pin(t.Context(), connect.NewRequest(ask))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_BUSY) // the answer may come still
	n.advance(2 * time.Minute)
	eventually(t, "the end of the question", func() bool {
		all := n.records(func(r store.Record) bool { return r.Action == "jump.pin" && r.Result == "consent_timeout" })
		return len(all) == 1
	})
	done := rob.pinning(t, ask)
	p, o := a.order()
	a.answerPin(p, o, true, a.id)
	if got := <-done; got.err != nil {
		t.Fatal(got.err)
	}
}
