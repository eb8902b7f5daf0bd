package broker

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"image/png"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) buttons() apipbconnect.ButtonServiceClient {
	return apipbconnect.NewButtonServiceClient(c.http, c.base)
}

func (c *client) deploy(t *testing.T, w *apipb.DeployRequest) *apipb.SupportButton {
	t.Helper()
	return must[apipb.DeployResponse](t)(c.buttons().Deploy(t.Context(), connect.NewRequest(w))).Button
}

func (c *client) listed(t *testing.T, device string) *apipb.ListButtonsResponse {
	t.Helper()
	return must[apipb.ListButtonsResponse](t)(c.buttons().ListButtons(t.Context(), connect.NewRequest(&apipb.ListButtonsRequest{DeviceId: device})))
}

func (c *client) removeButton(t *testing.T, id string, confirm bool) error {
	t.Helper()
	_, err := c.buttons().Remove(t.Context(), connect.NewRequest(&apipb.RemoveButtonRequest{Id: id, Confirm: confirm}))
	return err
}

// set waits until a device is told its buttons, and takes them as an endpoint does.
func (a *agent) set(buttons int) *wirepb.ButtonSet {
	a.t.Helper()
	return await(a, "buttons", func(m *wirepb.BrokerMessage) (*wirepb.ButtonSet, bool) {
		s := m.GetButtons()
		if s == nil {
			return nil, false
		}
		set, err := wire.VerifyButtons(ed25519.PublicKey(a.hi.GrantKey), a.id.Pin(), s.Buttons, s.Signature)
		if err != nil {
			a.t.Fatal(err)
		}
		return set, len(set.Buttons) == buttons
	})
}

// press is the use of a button.
func (a *agent) press(id []byte) (*wirepb.SupportRequest, *wirepb.RequestAnswer) {
	a.t.Helper()
	q := &wirepb.SupportRequest{Id: wish().Id, Button: id}
	return q, a.request(q)
}

// shop is what the tests of buttons need: a queue of Ria's team, a profile, a session.
type shop struct {
	ada, rob, ria *client
	a             *agent
	profile       *apipb.ConfigObject
	queue         string
	session       *apipb.Session
}

func (n *bench) shop() shop {
	n.t.Helper()
	s := shop{ada: n.rep("ada"), rob: n.rep("rob"), ria: n.rep("ria"), a: n.online()}
	_, s.queue, _ = n.team(s.ada, "Night", s.ria.id(n.t))
	s.profile = s.ada.object(n.t, buttonProfile("Shops", &apipb.ButtonProfile{
		Title: "Get help", MaxDays: 30, Greeting: "Somebody comes.", Colour: "#104060",
	}))
	s.session = s.a.active(s.rob)
	return s
}

func (s shop) wish(lasts time.Duration) *apipb.DeployRequest {
	return &apipb.DeployRequest{
		SessionId: s.session.Id, ProfileId: s.profile.Id, QueueId: s.queue, Description: "till by the door", LastsS: int64(lasts / time.Second),
	}
}

func TestB1_B3_B4_B5_B9_ButtonIsDeployedFromASession(t *testing.T) {
	n := newBench(t)
	s := n.shop()
	for what, bad := range map[string]func(*apipb.DeployRequest){
		"unknown profile": func(w *apipb.DeployRequest) { w.ProfileId = "none" },
		"no queue":        func(w *apipb.DeployRequest) { w.QueueId = "" },
		"unknown queue":   func(w *apipb.DeployRequest) { w.QueueId = "none" },
		"too long":        func(w *apipb.DeployRequest) { w.LastsS = 31 * 24 * 60 * 60 },
		"no time":         func(w *apipb.DeployRequest) { w.LastsS = 0 },
		"overflow":        func(w *apipb.DeployRequest) { w.LastsS = 1 << 60 },
		"description":     func(w *apipb.DeployRequest) { w.Description = "a\nb" },
	} {
		w := s.wish(time.Hour)
		bad(w)
		_, err := s.rob.buttons().Deploy(t.Context(), connect.NewRequest(w))
		if code(err) != wirepb.ErrorCode_ERROR_CODE_MALFORMED {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Who is not in the session may not, whatever else they may.
	_, err := s.ada.buttons().Deploy(t.Context(), connect.NewRequest(s.wish(time.Hour)))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	b := s.rob.deploy(t, s.wish(48*time.Hour))
	if b.DeviceId != s.a.dev || b.User != s.a.info.User || b.ExpiresAt.AsTime().Sub(b.CreatedAt.AsTime()) != 48*time.Hour {
		t.Errorf("%v", b)
	}
	told := s.a.set(1).Buttons[0]
	if hex.EncodeToString(told.Id) != b.Id || told.Title != "Get help" || told.Greeting != "Somebody comes." || told.User != s.a.info.User ||
		told.ExpiresUnixMs != b.ExpiresAt.AsTime().UnixMilli() || told.Form {
		t.Errorf("%v", told)
	}
	if _, err := png.Decode(bytes.NewReader(told.Icon)); err != nil {
		t.Error(err)
	}
	// What the profile says now is what is laid out.
	next := proto.CloneOf(s.profile)
	next.GetButtonProfile().Title, next.GetButtonProfile().AllUsers = "Hilfe", true
	s.ada.object(t, next)
	if again := s.a.set(1).Buttons[0]; again.Title != "Hilfe" || again.User == "" {
		t.Errorf("%v", again)
	}
	if all := s.rob.deploy(t, s.wish(time.Hour)); all.User != "" {
		t.Errorf("%v", all)
	}
	// After a restart of the broker it is told again, with the same version.
	version := s.a.set(2).Version
	n.restart()
	s.a.connect(mustID(t, s.session.Id))
	if again := s.a.set(2); again.Version != version {
		t.Errorf("version %d after %d", again.Version, version)
	}
	// What the device says of it is shown.
	s.a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Buttons{Buttons: &wirepb.ButtonReport{Version: version, LaidOut: true}}})
	rob := n.rep("rob")
	eventually(t, "laid out", func() bool { return rob.listed(t, s.a.dev).LaidOut })
	for range wire.MaxButtons - 2 {
		rob.deploy(t, s.wish(time.Hour))
	}
	_, err = rob.buttons().Deploy(t.Context(), connect.NewRequest(s.wish(time.Hour)))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_BUSY)
}

func TestB10_R14_ButtonLeadsIntoTheQueueWithoutAForm(t *testing.T) {
	n := newBench(t)
	s := n.shop()
	b := s.rob.deploy(t, s.wish(time.Hour))
	s.a.set(1)
	_, answer := s.a.press(mustID(t, b.Id))
	if answer.Code != wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS { // while another is open
		t.Fatalf("%v", answer)
	}
	s.rob.end(t, s.session.Id)
	s.a.ended()
	console := s.ria.open(t)
	q, answer := s.a.press(mustID(t, b.Id))
	if answer.Code != 0 {
		t.Fatalf("%v", answer)
	}
	got := told(console, "the request in the queue", func(m *apipb.WatchResponse) (*apipb.SupportRequest, bool) {
		return m.GetRequest(), m.GetRequest().GetId() == hex.EncodeToString(q.Id)
	})
	if !got.WaitsForMe || got.QueueName != "Night queue" || got.ButtonTitle != "Get help" || got.ButtonNote != "till by the door" || got.Name != s.a.info.User {
		t.Fatalf("%v", got)
	}
	taken, err := s.ria.approve(t, q.Id)
	if err != nil {
		t.Fatal(err)
	}
	s.a.answer(s.a.offer(), true)
	n.phase(s.ria, taken.SessionId, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if l := n.records(action("request.create")); len(l) != 2 || l[0].Result != "session_exists" || l[1].Result != "ok" {
		t.Fatalf("%+v", l)
	}
}

// A button whose profile asks for a form takes no request without one.
func TestB3_ButtonWithAForm(t *testing.T) {
	n := newBench(t)
	s := n.shop()
	next := proto.CloneOf(s.profile)
	next.GetButtonProfile().Form = true
	s.ada.object(t, next)
	b := s.rob.deploy(t, s.wish(time.Hour))
	if told := s.a.set(1).Buttons[0]; !told.Form {
		t.Fatalf("%v", told)
	}
	s.rob.end(t, s.session.Id)
	s.a.ended()
	if _, answer := s.a.press(mustID(t, b.Id)); answer.Field != "name" {
		t.Fatalf("%v", answer)
	}
	q := wish()
	q.Button = mustID(t, b.Id)
	if answer := s.a.request(q); answer.Code != 0 {
		t.Fatalf("%v", answer)
	}
	if l := s.ria.wishes(t, pending, ""); len(l) != 1 || l[0].Name != q.Name || !l[0].WaitsForMe {
		t.Fatalf("%v", l)
	}
}

func TestB6_B8_ExpiryEndsTheButtonAndNotItsSession(t *testing.T) {
	n := newBench(t)
	s := n.shop()
	b := s.rob.deploy(t, s.wish(time.Hour))
	s.a.set(1)
	s.rob.end(t, s.session.Id)
	s.a.ended()
	n.advance(time.Hour - time.Second)
	q, answer := s.a.press(mustID(t, b.Id))
	if answer.Code != 0 {
		t.Fatalf("%v", answer)
	}
	ria := n.rep("ria")
	taken, err := ria.approve(t, q.Id)
	if err != nil {
		t.Fatal(err)
	}
	s.a.answer(s.a.offer(), true)
	n.phase(ria, taken.SessionId, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	n.advance(2 * time.Hour)
	if got := n.rep("ria").get(t, taken.SessionId); got.Phase != apipb.SessionPhase_SESSION_PHASE_ACTIVE {
		t.Fatalf("%v", got)
	}
	if l := n.rep("ria").listed(t, s.a.dev); len(l.Buttons) != 1 || !l.Buttons[0].Expired {
		t.Fatalf("%v", l)
	}
	n.rep("ria").end(t, taken.SessionId)
	s.a.ended()
	if _, answer := s.a.press(mustID(t, b.Id)); answer.Code != wirepb.ErrorCode_ERROR_CODE_BUTTON_EXPIRED {
		t.Fatalf("%v", answer)
	}
	if l := n.records(action("request.create")); len(l) != 2 || l[1].Result != "button_expired" {
		t.Fatalf("%+v", l)
	}
}

func TestB11_C8_A11_RemovedAfterAConfirmation(t *testing.T) {
	n := newBench(t)
	s := n.shop()
	b := s.rob.deploy(t, s.wish(time.Hour))
	s.a.set(1)
	wantCode(t, s.rob.removeButton(t, b.Id, false), wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	if l := s.rob.listed(t, s.a.dev); len(l.Buttons) != 1 {
		t.Fatalf("%v", l)
	}
	// Another device has a copy of it.
	other := n.online()
	if _, answer := other.press(mustID(t, b.Id)); answer.Code != wirepb.ErrorCode_ERROR_CODE_BUTTON_UNKNOWN {
		t.Fatalf("%v", answer)
	}
	if err := s.rob.removeButton(t, b.Id, true); err != nil {
		t.Fatal(err)
	}
	s.a.set(0)
	if l := s.rob.listed(t, s.a.dev); len(l.Buttons) != 0 {
		t.Fatalf("%v", l)
	}
	wantCode(t, s.rob.removeButton(t, b.Id, true), wirepb.ErrorCode_ERROR_CODE_BUTTON_UNKNOWN)
	s.rob.end(t, s.session.Id)
	s.a.ended()
	if _, answer := s.a.press(mustID(t, b.Id)); answer.Code != wirepb.ErrorCode_ERROR_CODE_BUTTON_UNKNOWN { // a stale copy
		t.Fatalf("%v", answer)
	}
	var got []string
	for _, r := range n.records(func(r store.Record) bool { return r.Object == "button:"+b.Id }) {
		got = append(got, r.ActorName+" "+r.Action+" "+r.ObjectName+" "+r.Result)
	}
	want := []string{"Rob Rep button.deploy Get help ok", "Rob Rep button.remove Get help ok"}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Fatalf("%q", got)
	}
}

// A device that was away when its button was removed hears of it when it is back.
func TestB11_RemovedWhileTheDeviceWasAway(t *testing.T) {
	n := newBench(t)
	s := n.shop()
	b := s.rob.deploy(t, s.wish(time.Hour))
	s.a.set(1)
	s.a.link.Close(nil)
	eventually(t, "away", func() bool { return !n.b.fleet.Linked(s.a.dev) })
	if err := s.rob.removeButton(t, b.Id, true); err != nil {
		t.Fatal(err)
	}
	s.a.connect()
	s.a.set(0)
}

func TestB2_DescriptionIsForPermittedReps(t *testing.T) {
	n := newBench(t)
	s := n.shop()
	b := s.rob.deploy(t, s.wish(time.Hour))
	told := s.a.set(1)
	if raw, err := proto.Marshal(told); err != nil || bytes.Contains(raw, []byte("till by the door")) {
		t.Fatalf("%v: the customer can read what reps say", err)
	}
	starter, _ := n.with(s.ada, "sam", "session.start", "request.decide")
	_, err := starter.buttons().ListButtons(t.Context(), connect.NewRequest(&apipb.ListButtonsRequest{DeviceId: s.a.dev}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	wantCode(t, starter.removeButton(t, b.Id, true), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	if l := s.rob.listed(t, s.a.dev); l.Buttons[0].Description != "till by the door" {
		t.Fatalf("%v", l)
	}
	s.rob.end(t, s.session.Id)
	s.a.ended()
	s.a.press(mustID(t, b.Id))
	if l := starter.wishes(t, pending, ""); len(l) != 1 || l[0].ButtonTitle != "Get help" || l[0].ButtonNote != "" {
		t.Fatalf("%v", l)
	}
	if l := s.rob.wishes(t, pending, ""); len(l) != 1 || l[0].ButtonNote != "till by the door" {
		t.Fatalf("%v", l)
	}
}

func TestE16_ProfileAndQueueOfAButtonAreInUse(t *testing.T) {
	n := newBench(t)
	s := n.shop()
	b := s.rob.deploy(t, s.wish(time.Hour))
	for kind, id := range map[apipb.ObjectKind]string{
		apipb.ObjectKind_OBJECT_KIND_BUTTON_PROFILE: s.profile.Id, apipb.ObjectKind_OBJECT_KIND_QUEUE: s.queue,
	} {
		wantCode(t, s.ada.deleteObject(t, kind, id, true), wirepb.ErrorCode_ERROR_CODE_IN_USE)
	}
	if err := s.rob.removeButton(t, b.Id, true); err != nil {
		t.Fatal(err)
	}
	if err := s.ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_BUTTON_PROFILE, s.profile.Id, true); err != nil {
		t.Fatal(err)
	}
}

func TestB7_InstallerAndButtonHaveTimesOfTheirOwn(t *testing.T) {
	n := newBench(t)
	s := n.shop()
	install := func(lasts, valid time.Duration, uses uint32) *transport.Bundle {
		t.Helper()
		r := must[apipb.CreateInstallerResponse](t)(n.rep("ada").buttons().CreateInstaller(t.Context(), connect.NewRequest(&apipb.CreateInstallerRequest{
			ProfileId: s.profile.Id, QueueId: s.queue, Description: "front desk", LastsS: int64(lasts / time.Second), ValidS: int64(valid / time.Second), Uses: uses,
		})))
		b, err := transport.ParseBundle([]byte(r.Bundle), n.now())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	long, short := install(time.Hour, 72*time.Hour, 2), install(240*time.Hour, time.Hour, 2)
	enrolled := func(b *transport.Bundle) *agent {
		t.Helper()
		a := n.agent()
		if e := a.tryEnroll(b.Token); e.GetEnrolled() == nil {
			t.Fatalf("%v", e)
		}
		a.connect()
		return a
	}
	a := enrolled(short)
	first := a.set(1).Buttons[0]
	n.advance(2 * time.Hour)
	// The installer is over and its button is not; the other way round, the other installer.
	if e := n.agent().tryEnroll(short.Token).GetRefusal(); e.GetCode() != wirepb.ErrorCode_ERROR_CODE_TOKEN_EXPIRED {
		t.Fatalf("%v", e)
	}
	if _, answer := a.press(first.Id); answer.Code != 0 {
		t.Fatalf("%v", answer)
	}
	b := enrolled(long)
	second := b.set(1).Buttons[0]
	if got := time.UnixMilli(second.ExpiresUnixMs).Sub(n.now()).Round(time.Minute); got != time.Hour {
		t.Fatalf("lasts %s after the installation", got)
	}
	if second.User != "" {
		t.Fatalf("%v", second)
	}
	n.advance(2 * time.Hour)
	if _, answer := b.press(second.Id); answer.Code != wirepb.ErrorCode_ERROR_CODE_BUTTON_EXPIRED {
		t.Fatalf("%v", answer)
	}
	enrolled(long).set(1)
	// Both are needed: to enroll devices, and to have buttons.
	rep, _ := n.with(n.rep("ada"), "only-enrolls", "enrollment.edit")
	_, err := rep.buttons().CreateInstaller(t.Context(), connect.NewRequest(&apipb.CreateInstallerRequest{ProfileId: s.profile.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
}
