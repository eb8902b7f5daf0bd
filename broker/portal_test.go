package broker

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	waiting  = apipb.SessionPhase_SESSION_PHASE_WAITING
	chatting = apipb.SessionPhase_SESSION_PHASE_CHATTING
	asking   = apipb.SessionPhase_SESSION_PHASE_AWAITING_CONSENT
	active   = apipb.SessionPhase_SESSION_PHASE_ACTIVE
	ended    = apipb.SessionPhase_SESSION_PHASE_ENDED
)

// In a chat there is nothing but chat.
func TestC6_OnlyChatUntilElevated(t *testing.T) {
	n, first, printing := newPortal(t)
	rob, ria := n.rep("rob"), n.rep("ria")
	p := n.begin(withIssue(printing))
	p.say("my printer")
	s := ria.waits(t)
	if s.WaitsIn != "first" || s.DeviceName != "Cora Customer" || !s.Visit.GetChatOnly() || !s.Visit.GetPageOpen() {
		t.Fatalf("%v", s)
	}
	second := n.begin(withQueue(first))
	second.until("its place", func() bool { return second.state.Ahead == 1 })
	if _, err := rob.resume(t, s.Id); err != nil {
		t.Fatal(err)
	}
	if _, err := ria.resume(t, s.Id); err == nil {
		t.Fatal("two reps took a chat")
	}
	p.phase(chatting)
	if p.state.RepName != "Rob Rep" || p.state.Screen {
		t.Fatalf("%v", p.state)
	}
	second.until("it moves up", func() bool { return second.state.Ahead == 0 })
	rob.tell(t, s.Id, "hello")
	p.until("chat both ways", func() bool { return len(p.said) == 2 })

	notInMode := wirepb.ErrorCode_ERROR_CODE_NOT_IN_MODE
	_, err := rob.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
	wantCode(t, err, notInMode)
	_, err = rob.invite(s.Id, repID(ria.id(t)), false)
	wantCode(t, err, notInMode)
	_, err = rob.invite(s.Id, repID(ria.id(t)), true)
	wantCode(t, err, notInMode)
	_, err = rob.crew().ShareTargets(t.Context(), connect.NewRequest(&apipb.ShareTargetsRequest{SessionId: s.Id}))
	wantCode(t, err, notInMode)
	wantCode(t, rob.remove(s.Id, ria.id(t), true), notInMode)
	wantCode(t, rob.give(s.Id, ""), notInMode)
	for _, a := range rob.get(t, s.Id).Actions {
		allowed := a.Id == "chat" || a.Id == "end" || a.Id == "run_client"
		if a.Enabled != allowed && a.Id != "terminate" {
			t.Errorf("%v", a)
		}
		if (a.Id == "attach" || a.Id == "hold" || a.Id == "share" || a.Id == "transfer" || a.Id == "remove") && a.Code != notInMode {
			t.Errorf("%v", a)
		}
	}
	if got := rob.get(t, s.Id).Outcomes; !slices.Equal(got, []string{"end"}) {
		t.Fatal(got)
	}
	// The one who is not its rep has nothing to say.
	wantCode(t, ria.runClient(t, s.Id), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
	if _, err := rob.close(t, s.Id, "end"); err != nil {
		t.Fatal(err)
	}
	p.phase(ended)
}

// From chat to the screen in one session; a No leaves the chat, and the client of a
// No is nobody any more.
func TestC7_V1_V2_O27_A11_FromChatToTheScreenInOneSession(t *testing.T) {
	n, first, _ := newPortal(t)
	rob := n.rep("rob")
	p := n.begin(withQueue(first))
	p.say("one")
	s := rob.waits(t)
	if _, err := rob.resume(t, s.Id); err != nil {
		t.Fatal(err)
	}
	if _, err := p.fetch(); code(err) != wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN {
		t.Fatalf("a client without a question: %v", err)
	}
	must1(t, rob.runClient(t, s.Id))
	p.until("the question", func() bool { return p.state.AskedUntil != nil })
	if _, err := p.c.portal().DeclineClient(t.Context(), connect.NewRequest(&apipb.DeclineClientRequest{Token: p.token})); err != nil {
		t.Fatal(err)
	}
	p.until("not now", func() bool { return p.state.AskedUntil == nil })
	must1(t, rob.runClient(t, s.Id))
	rob.tell(t, s.Id, "two")

	// A No at the prompt.
	a := p.client(n)
	if a.dev != s.DeviceId {
		t.Fatalf("the client is device %s, the session's is %s", a.dev, s.DeviceId)
	}
	o := a.offer()
	if got := rob.get(t, s.Id); got.Phase != asking || wire.SessionID(o.Session).String() != s.Id {
		t.Fatalf("%v", got)
	}
	p.say("three")
	a.answer(o, false)
	if e := a.ended(); e.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Fatalf("%v", e)
	}
	p.phase(chatting)
	a.link.Close(nil)
	if _, answer := a.first(a.dial(), hello(a)); answer.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED {
		t.Fatalf("the client of a No comes back: %v", answer)
	}

	// A Yes.
	must1(t, rob.runClient(t, s.Id))
	old, err := p.fetch()
	if err != nil {
		t.Fatal(err)
	}
	b := p.client(n)
	if e := n.agent().tryEnroll(mustBundle(t, old.Bundle).Token); e.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_TOKEN_UNKNOWN {
		t.Fatalf("an older bundle: %v", e)
	}
	b.answer(b.offer(), true)
	got := n.phase(rob, s.Id, active)
	if got.Visit.GetChatOnly() || !got.Control {
		t.Fatalf("%v", got)
	}
	h := await(b, "history", func(m *wirepb.BrokerMessage) (*wirepb.ChatHistory, bool) {
		return m.GetChatHistory(), m.GetChatHistory() != nil
	})
	if len(h.Said) != 3 || h.Said[0].Text != "one" || !h.Said[0].FromCustomer || h.Said[1].Text != "two" {
		t.Fatalf("%v", h)
	}
	p.until("the screen", func() bool { return p.state.Screen })
	p.say("four")
	if c := await(b, "live chat", func(m *wirepb.BrokerMessage) (*wirepb.Chat, bool) { return m.GetChat(), m.GetChat() != nil }); c.Text != "four" || !c.FromCustomer {
		t.Fatalf("%v", c)
	}
	rob.attach(t, s.Id)

	// A reload, and a rep who joins late, see everything.
	p.close()
	p.open()
	p.until("the history", func() bool { return len(p.said) == 4 })
	ria := n.rep("ria")
	ria.open(t)
	i := rob.mustInvite(t, s.Id, repID(ria.id(t)), false)
	if _, err := ria.accept(i.Id); err != nil {
		t.Fatal(err)
	}
	hers := must[apipb.GetResponse](t)(ria.session.Get(t.Context(), connect.NewRequest(&apipb.GetRequest{Id: s.Id}))).Chat
	for i, c := range hers {
		if len(hers) != 4 || c.Text != p.said[i].Text || c.AtUnixMs != p.said[i].AtUnixMs || c.Seq != p.said[i].Seq {
			t.Fatalf("%v is not %v", hers, p.said)
		}
	}

	// The end: the device is nobody's.
	rob.end(t, s.Id)
	b.ended()
	p.phase(ended)
	b.link.Close(nil)
	if _, answer := b.first(b.dial(), hello(b)); answer.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED {
		t.Fatalf("the client comes back after the end: %v", answer)
	}
	var steps []string
	for _, r := range n.records(func(r store.Record) bool { return r.Session == s.Id && !strings.HasPrefix(r.Action, "session.lose") }) {
		if r.Action != "session.regain" && r.Action != "session.summary" {
			steps = append(steps, strings.TrimPrefix(r.Action, "session.")+" "+r.Result)
		}
	}
	if got, want := strings.Join(steps, ", "), "visit ok, take_over ok, run_client ok, decline ok, run_client ok, bundle ok, offer ok, decline ok, run_client ok, "+
		"bundle ok, bundle ok, offer ok, allow ok, invite ok, join ok, close ok"; got != want {
		t.Errorf("the log says %s, want %s", got, want)
	}
	for _, d := range must[apipb.ListDevicesResponse](t)(rob.inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{}))).Devices {
		t.Errorf("the inventory shows %v", d)
	}
}

// A client that comes when nobody asks any more is sent away.
func TestC7_AClientThatNobodyAsksForGoes(t *testing.T) {
	n, first, _ := newPortal(t)
	rob := n.rep("rob")
	p := n.begin(withQueue(first))
	s := rob.waits(t)
	_, _ = rob.resume(t, s.Id)
	must1(t, rob.runClient(t, s.Id))
	f, err := p.fetch()
	if err != nil {
		t.Fatal(err)
	}
	a := n.agent()
	if e := a.tryEnroll(mustBundle(t, f.Bundle).Token); e.GetEnrolled() == nil {
		t.Fatalf("%v", e)
	}
	if _, err := p.c.portal().DeclineClient(t.Context(), connect.NewRequest(&apipb.DeclineClientRequest{Token: p.token})); err != nil {
		t.Fatal(err)
	}
	n.phase(rob, s.Id, chatting)
	a.connect()
	if e := a.ended(); wire.SessionID(e.Session).String() != s.Id {
		t.Fatalf("%v", e)
	}
	n.phase(rob, s.Id, chatting)

	// Nor is the question there for ever.
	must1(t, rob.runClient(t, s.Id))
	n.advance(support.RunTime)
	eventually(t, "the question lapses", func() bool { return rob.get(t, s.Id).Visit.GetAskedUntil() == nil })
	n.phase(rob, s.Id, chatting)
}

// The customer's page counts as the customer: it may go for a moment, and who does not
// come back is not waited for. A broker that restarts is such a moment.
func TestC6_TheCustomerWhoGoesAndComesBack(t *testing.T) {
	n, first, _ := newPortal(t)
	rob := n.rep("rob")
	p := n.begin(withQueue(first))
	s := rob.waits(t)
	_, _ = rob.resume(t, s.Id)
	p.phase(chatting)
	p.close()
	eventually(t, "the page is gone", func() bool { n.advance(time.Second); return len(n.records(action("session.lose"))) == 1 })
	p.open()
	eventually(t, "the page is back", func() bool { return len(n.records(action("session.regain"))) == 1 })

	n.restart()
	rob = n.rep("rob")
	p.c = n.visitor()
	p.open()
	p.phase(chatting)
	rob.tell(t, s.Id, "back again")
	p.until("chat", func() bool { return len(p.said) == 1 })
	eventually(t, "the page is back", func() bool { return len(n.records(action("session.regain"))) == 2 })

	p.close()
	eventually(t, "the page is gone", func() bool {
		n.advance(time.Second)
		return rob.get(t, s.Id).Visit.GetPageOpen() == false && len(n.records(action("session.lose"))) > 2
	})
	n.advance(support.ClaimGrace)
	got := n.phase(rob, s.Id, ended)
	if got.Detail != "the customer did not come back" {
		t.Fatalf("%v", got)
	}
	// Its token opens the end and nothing more.
	p.open()
	if _, err := p.c.portal().SayChat(t.Context(), connect.NewRequest(&apipb.SayChatRequest{Token: p.token, Text: "hello?"})); code(err) != wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN {
		t.Fatal(err)
	}
}

// The owner of a chat who vanishes leaves it to the queue it came from.
func TestL21_AChatGoesBackToItsQueue(t *testing.T) {
	n, first, _ := newPortal(t)
	rob, ria := n.rep("rob"), n.rep("ria")
	o := rob.open(t)
	p := n.begin(withQueue(first))
	s := ria.waits(t)
	if _, err := rob.resume(t, s.Id); err != nil {
		t.Fatal(err)
	}
	p.phase(chatting)
	n.seen(s.Id, rob.id(t))
	n.forsake(o)
	p.phase(waiting)
	if _, err := ria.resume(t, s.Id); err != nil {
		t.Fatal(err)
	}
	p.until("another rep", func() bool { return p.state.RepName == "Ria Rep" })
	if _, err := p.c.portal().LeaveChat(t.Context(), connect.NewRequest(&apipb.LeaveChatRequest{Token: p.token})); err != nil {
		t.Fatal(err)
	}
	p.phase(ended)
	if p.state.EndedBy != wirepb.EndedBy_ENDED_BY_CUSTOMER {
		t.Fatalf("%v", p.state)
	}
}

// What the public page does without a sign-in, and what it does not.
func TestPortalBounds(t *testing.T) {
	n, first, _ := newPortal(t)
	c := n.visitor()
	d := must[apipb.DescribePortalResponse](t)(c.portal().DescribePortal(t.Context(), connect.NewRequest(&apipb.DescribePortalRequest{})))
	if d.Organisation != "Example Ltd" || d.Title != "Help" || d.Accent != "#1a5fb4" || len(d.Issues) != 1 || len(d.Queues) != 1 || d.Closed {
		t.Fatalf("%v", d)
	}
	ask := func(r *apipb.BeginChatRequest) error {
		_, err := c.portal().BeginChat(t.Context(), connect.NewRequest(r))
		return err
	}
	wantCode(t, ask(withQueue("nowhere")), wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	wantCode(t, ask(&apipb.BeginChatRequest{To: &apipb.BeginChatRequest_QueueId{QueueId: first}}), wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	w, err := c.portal().WatchChat(t.Context(), connect.NewRequest(&apipb.WatchChatRequest{Token: "guess"}))
	if err == nil && w.Receive() {
		t.Fatal("a guessed token opens something")
	}
	p := n.begin(withQueue(first))
	for i := 0; ; i++ {
		_, err := p.c.portal().SayChat(t.Context(), connect.NewRequest(&apipb.SayChatRequest{Token: p.token, Text: fmt.Sprint("line ", i)}))
		if code(err) == wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED {
			break
		}
		if err != nil || i > 100 {
			t.Fatal(i, err)
		}
	}
	// The client, and none where there is none.
	for path, want := range map[string]int{"linux-amd64": 200, "windows-amd64": 404, "plan9-mips": 404} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/portal/client/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Body.Close()
		if a.StatusCode != want {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
	// Closed, it takes nobody, not even with a key.
	ada := n.rep("ada")
	must[apipb.SavePortalResponse](t)(ada.desk().SavePortal(t.Context(), connect.NewRequest(&apipb.SavePortalRequest{Settings: &apipb.PortalSettings{}})))
	wantCode(t, ask(withKey(ada.newKey(t, time.Hour).Code)), wirepb.ErrorCode_ERROR_CODE_PORTAL_CLOSED)
	_, err = n.rep("rob").desk().SavePortal(t.Context(), connect.NewRequest(&apipb.SavePortalRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = ada.desk().SavePortal(t.Context(), connect.NewRequest(&apipb.SavePortalRequest{Settings: &apipb.PortalSettings{Accent: "red; x"}}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	_, err = ada.desk().SavePortal(t.Context(), connect.NewRequest(&apipb.SavePortalRequest{Logo: []byte("<svg/>")}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
}

// L12: a client that was pinned in the session outlasts it as a device.
func TestL12_APinnedClientOfAChatStays(t *testing.T) {
	n, first, _ := newPortal(t)
	rob := n.rep("rob")
	p := n.begin(withQueue(first))
	s := rob.waits(t)
	_, _ = rob.resume(t, s.Id)
	must1(t, rob.runClient(t, s.Id))
	a := p.client(n)
	a.answer(a.offer(), true)
	n.phase(rob, s.Id, active)
	must1(t, n.b.store.Update(t.Context(), func(tx *store.Tx) error {
		return tx.AddJumpClient(store.JumpClient{ID: "0a1b", Device: a.dev, Name: "till", Owner: rob.id(t), Mode: wirepb.JumpMode_JUMP_MODE_USER, CreatedAt: n.now()})
	}))
	rob.end(t, s.Id)
	a.ended()
	a.link.Close(nil)
	a.connect()
	if d := rob.device(t, a.dev); d.Id != a.dev {
		t.Fatalf("%v", d)
	}
}
