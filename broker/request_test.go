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
	"github.com/alongside-remote/alongside/broker/relay"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const pending = apipb.RequestPhase_REQUEST_PHASE_PENDING

func TestR6_R4_RequestIsListedAsItWasTyped(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w, err := rob.live.Watch(ctx, connect.NewRequest(&apipb.WatchRequest{}))
	if err != nil || !w.Receive() {
		t.Fatal(err, w.Err())
	}
	q := a.asked()
	if got := a.told(wirepb.RequestState_REQUEST_STATE_PENDING); string(got.Id) != string(q.Id) {
		t.Fatalf("%v", got)
	}
	listed := rob.wishes(t, pending, "")
	if len(listed) != 1 {
		t.Fatalf("%v", listed)
	}
	got := listed[0]
	if got.Id != hex.EncodeToString(q.Id) || got.DeviceId != a.dev || got.DeviceName != "ws-1" || got.User != "cora" || got.Name != q.Name ||
		got.Email != q.Email || got.Phone != q.Phone || got.Reason != q.Reason || got.At == nil || !got.MayDecide || got.SessionId == "" {
		t.Fatalf("%v", got)
	}
	for w.Receive() {
		if r := w.Msg().GetRequest(); r != nil {
			if r.Id != got.Id || r.Phase != pending {
				t.Fatalf("%v", r)
			}
			break
		}
	}
	if w.Err() != nil {
		t.Fatal(w.Err())
	}
	// The same again is the same; another one has to wait.
	if again := a.request(q); again.Code != 0 {
		t.Fatalf("%v", again)
	}
	if other := a.request(wish()); other.Code != wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS {
		t.Fatalf("a second request: %v", other)
	}
	if n := len(rob.wishes(t, 0, "")); n != 1 {
		t.Fatalf("%d requests", n)
	}
	// A rep who finds the device in the inventory may start all the same.
	s := rob.start(t, a.dev)
	_, err = rob.approve(t, q.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS)
	a.answer(a.offer(), false)
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	if _, err := rob.approve(t, q.Id); err != nil {
		t.Fatal(err)
	}
}

func TestR4_R5_FieldsAreChecked(t *testing.T) {
	n := newBench(t)
	a := n.online()
	n.rep("ada").set(t, "reason_min", "10")
	for _, c := range []struct {
		name, field string
		change      func(*wirepb.SupportRequest)
	}{
		{"no name", "name", func(q *wirepb.SupportRequest) { q.Name = " \u202e" }},
		{"long name", "name", func(q *wirepb.SupportRequest) { q.Name = strings.Repeat("x", 257) }},
		{"no contact", "email", func(q *wirepb.SupportRequest) { q.Email, q.Phone = "", "" }},
		{"no e-mail", "email", func(q *wirepb.SupportRequest) { q.Email = "cora at home" }},
		{"header", "email", func(q *wirepb.SupportRequest) { q.Email = "a@b.c\r\nBcc: x@y.z" }},
		{"no phone", "phone", func(q *wirepb.SupportRequest) { q.Phone = "12" }},
		{"script", "phone", func(q *wirepb.SupportRequest) { q.Phone = "1234<script>" }},
		{"no reason", "reason", func(q *wirepb.SupportRequest) { q.Reason = "" }},
		{"short reason", "reason", func(q *wirepb.SupportRequest) { q.Reason = "äöüäöüäöü" }},
		{"long reason", "reason", func(q *wirepb.SupportRequest) { q.Reason = strings.Repeat("x", 8<<10+1) }},
	} {
		n.advance(time.Minute) // one refusal a minute
		q := wish()
		c.change(q)
		if got := a.request(q); got.Code != wirepb.ErrorCode_ERROR_CODE_MALFORMED || got.Field != c.field || got.Detail == "" {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if l := n.rep("rob").wishes(t, 0, ""); len(l) != 0 {
		t.Fatalf("%v", l)
	}
	q := wish()
	q.Email = "" // either is enough
	if got := a.request(q); got.Code != 0 {
		t.Fatalf("%v", got)
	}
}

func TestR8_R9_C1_BothGates(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	q := a.asked()
	got, err := rob.approve(t, q.Id)
	if err != nil || got.Phase != apipb.RequestPhase_REQUEST_PHASE_APPROVED || got.DecidedBy != "Rob Rep" || got.DecidedAt == nil {
		t.Fatalf("%v, %v", got, err)
	}
	if st := a.told(wirepb.RequestState_REQUEST_STATE_APPROVED); st.By != "Rob Rep" {
		t.Fatalf("%v", st)
	}
	o := a.offer()
	if c := n.b.relay.Counts(); c != (relay.Counts{}) {
		t.Fatalf("before the answer: %+v", c)
	}
	g := new(wirepb.SessionGrant)
	if err := proto.Unmarshal(o.Grant, g); err != nil || g.RepName != "Rob Rep" || g.Reason == "" {
		t.Fatalf("%v, %v", g, err)
	}
	a.answer(o, true)
	s := n.phase(rob, got.SessionId, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if s.RequestId != got.Id || s.RepName != "Rob Rep" || s.Path != "request" {
		t.Fatalf("%v", s)
	}
	a.told(wirepb.RequestState_REQUEST_STATE_DONE)
	if l := rob.wishes(t, apipb.RequestPhase_REQUEST_PHASE_DONE, ""); len(l) != 1 {
		t.Fatalf("%v", l)
	}
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"request.create", "request.approve", "session.offer", "session.allow", "session.close"} {
		if found := n.records(func(r store.Record) bool { return r.Action == action && r.Session == s.Id }); len(found) != 1 || found[0].Result != "ok" {
			t.Errorf("%s: %+v", action, found)
		}
	}
}

func TestR8_OneDecisionWins(t *testing.T) {
	n := newBench(t)
	a := n.online()
	clients := []*client{n.rep("rob"), n.rep("ria"), n.rep("ada")}
	q := a.asked()
	var wg sync.WaitGroup
	var mu sync.Mutex
	won, lost := 0, 0
	for i := range 12 {
		wg.Go(func() {
			var err error
			if c := clients[i%3]; i%2 == 0 {
				_, err = c.approve(t, q.Id)
			} else {
				_, err = c.deny(t, q.Id, "no time")
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case code(err) == wirepb.ErrorCode_ERROR_CODE_ALREADY_DECIDED:
				lost++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 || lost != 11 {
		t.Fatalf("%d won, %d lost", won, lost)
	}
	object := "request:" + hex.EncodeToString(q.Id)
	tries := n.records(func(r store.Record) bool { return r.Object == object && r.Action != "request.create" })
	refused := 0
	for _, r := range tries {
		if r.Result == "already_decided" {
			refused++
		}
	}
	if len(tries) != 12 || refused != 11 {
		t.Fatalf("%d attempts in the log, %d refused", len(tries), refused)
	}
}

func TestR8_R13_DeniedByIT(t *testing.T) {
	n := newBench(t)
	a, away := n.online(), n.online()
	rob := n.rep("rob")
	q := a.asked()
	got, err := rob.deny(t, q.Id, "please call the desk")
	if err != nil || got.Phase != apipb.RequestPhase_REQUEST_PHASE_DENIED || got.DecidedBy != "Rob Rep" || got.Decision != "please call the desk" {
		t.Fatalf("%v, %v", got, err)
	}
	if st := a.told(wirepb.RequestState_REQUEST_STATE_DENIED); st.By != "Rob Rep" || st.Detail != "please call the desk" {
		t.Fatalf("%v", st)
	}
	closed := n.records(action("request.deny"))
	if len(closed) != 1 || closed[0].Result != "denied_by_it" || !strings.Contains(closed[0].Detail, `requester="Cora O’Neil"`) {
		t.Fatalf("%+v", closed)
	}
	_, err = rob.approve(t, q.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_ALREADY_DECIDED)
	// A customer who was away learns it on the way back, once.
	q = away.asked()
	away.link.Close(nil)
	eventually(t, "offline", func() bool { return !n.b.fleet.Linked(away.dev) })
	if _, err := rob.deny(t, q.Id, ""); err != nil {
		t.Fatal(err)
	}
	away.connect()
	away.told(wirepb.RequestState_REQUEST_STATE_DENIED)
	if l, err := n.b.store.RequestsUntold(t.Context(), away.dev); err != nil || len(l) != 0 {
		eventually(t, "told once", func() bool {
			l, err = n.b.store.RequestsUntold(t.Context(), away.dev)
			return err == nil && len(l) == 0
		})
	}
}

func TestR12_Q11_NoAfterApprovalEndsTheRequest(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	q := a.asked()
	got, err := rob.approve(t, q.Id)
	if err != nil {
		t.Fatal(err)
	}
	a.answer(a.offer(), false)
	s := n.phase(rob, got.SessionId, apipb.SessionPhase_SESSION_PHASE_DENIED)
	if s.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER || n.b.relay.Counts().Slots != 0 {
		t.Fatalf("%v", s)
	}
	l := rob.wishes(t, apipb.RequestPhase_REQUEST_PHASE_DENIED, "")
	if len(l) != 1 || l[0].DecidedBy != "end_user" {
		t.Fatalf("%v", l)
	}
	_, err = rob.approve(t, q.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_ALREADY_DECIDED)
	a.asked() // a new request may be made
}

func TestCustomerTakesTheRequestBack(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	back := func(q *wirepb.SupportRequest) {
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_RequestCancel{RequestCancel: &wirepb.RequestCancel{Id: q.Id}}})
		a.told(wirepb.RequestState_REQUEST_STATE_CANCELLED)
	}
	q := a.asked()
	other := n.online() // another device's word counts for nothing
	other.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_RequestCancel{RequestCancel: &wirepb.RequestCancel{Id: q.Id}}})
	other.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Heartbeat{Heartbeat: &wirepb.Heartbeat{Seq: 1}}})
	await(other, "echo", func(m *wirepb.BrokerMessage) (struct{}, bool) { return struct{}{}, m.GetHeartbeat() != nil })
	if l := rob.wishes(t, pending, ""); len(l) != 1 {
		t.Fatalf("%v", l)
	}
	back(q)
	_, err := rob.approve(t, q.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_ALREADY_DECIDED)
	// Also while the prompt stands, which goes.
	q = a.asked()
	if _, err := rob.approve(t, q.Id); err != nil {
		t.Fatal(err)
	}
	a.offer()
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_RequestCancel{RequestCancel: &wirepb.RequestCancel{Id: q.Id}}})
	if e := a.ended(); e.By != wirepb.EndedBy_ENDED_BY_CUSTOMER {
		t.Fatalf("%v", e)
	}
}

func TestRequestsOutlastARestart(t *testing.T) {
	n := newBench(t)
	a, b := n.online(), n.online()
	rob := n.rep("rob")
	waits, approved := a.asked(), b.asked()
	b.link.Close(nil)
	eventually(t, "offline", func() bool { return !n.b.fleet.Linked(b.dev) })
	got, err := rob.approve(t, approved.Id)
	if err != nil || got.Phase != apipb.RequestPhase_REQUEST_PHASE_APPROVED {
		t.Fatalf("%v, %v", got, err)
	}
	n.restart()
	a.connect()
	a.told(wirepb.RequestState_REQUEST_STATE_PENDING)
	b.connect()
	b.told(wirepb.RequestState_REQUEST_STATE_APPROVED)
	b.answer(b.offer(), true) // as soon as the endpoint is there
	n.phase(rob, got.SessionId, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	// What nobody decides ends by itself.
	n.advance(support.DecisionTime)
	a.told(wirepb.RequestState_REQUEST_STATE_EXPIRED)
	_, err = n.rep("rob").approve(t, waits.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_ALREADY_DECIDED)
	if found := n.records(action("request.expire")); len(found) != 1 || found[0].Result != "expired" {
		t.Fatalf("%+v", found)
	}
}

func TestRequestWithoutApprovalIsTakenByAnyRep(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada := n.rep("ada")
	starter, _ := n.with(ada, "sam", "session.start")
	q := a.asked()
	if l := starter.wishes(t, pending, ""); len(l) != 1 || l[0].MayDecide || l[0].MayNotWhy == "" {
		t.Fatalf("%v", l)
	}
	_, err := starter.approve(t, q.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	ada.set(t, "approval", "false")
	if l := starter.wishes(t, pending, ""); len(l) != 1 || !l[0].MayDecide {
		t.Fatalf("%v", l)
	}
	_, err = starter.deny(t, q.Id, "")
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	if _, err = starter.approve(t, q.Id); err != nil {
		t.Fatal(err)
	}
	a.offer()
}

func TestE13_R7_RequestsAreOfTheirView(t *testing.T) {
	n := newBench(t)
	a, b := n.online(), n.online()
	ada := n.rep("ada")
	ada.updateDevice(t, &apipb.UpdateDeviceRequest{Id: b.dev, Tags: &apipb.Tags{Tags: []string{"lab"}}})
	lab := ada.save(t, &apipb.Scope{Name: "Lab", Devices: &apipb.Matcher{Tags: []string{"lab"}}, Settings: map[string]string{}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w, err := ada.live.Watch(ctx, connect.NewRequest(&apipb.WatchRequest{View: lab.Id}))
	if err != nil || !w.Receive() {
		t.Fatal(err, w.Err())
	}
	if snap := w.Msg().GetSnapshot(); len(snap.Devices) != 1 || snap.Devices[0].Id != b.dev {
		t.Fatalf("%v", snap)
	}
	a.asked()
	q := b.asked()
	if l := ada.wishes(t, pending, lab.Id); len(l) != 1 || l[0].DeviceId != b.dev {
		t.Fatalf("%v", l)
	}
	if l := ada.wishes(t, pending, ""); len(l) != 2 {
		t.Fatalf("%v", l)
	}
	for w.Receive() {
		if r := w.Msg().GetRequest(); r != nil {
			if r.Id != hex.EncodeToString(q.Id) {
				t.Fatalf("of another view: %v", r)
			}
			return
		}
	}
	t.Fatal(w.Err())
}
