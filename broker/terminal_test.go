package broker

import (
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) switchTerminal(t *testing.T, session, terminal string) error {
	t.Helper()
	_, err := apipbconnect.NewElevationServiceClient(c.http, c.base).SwitchTerminal(t.Context(), connect.NewRequest(&apipb.SwitchTerminalRequest{
		SessionId: session, TerminalId: terminal,
	}))
	return err
}

// rights is what an endpoint says of a session: it shows the first of these users.
func (a *agent) rights(session string, elevated bool, users ...string) {
	a.t.Helper()
	r := &wirepb.EndpointRights{Session: mustID(a.t, session), Elevated: elevated}
	for i, u := range users {
		r.Terminals = append(r.Terminals, &wirepb.TerminalSession{Id: u, User: u, Shown: i == 0})
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Rights{Rights: r}})
}

func terminalsAction(s *apipb.Session) *apipb.Action {
	for _, a := range s.GetActions() {
		if a.Id == "terminals" {
			return a
		}
	}
	return nil
}

// showing waits for a push of a session that is as it should be.
func (o *office) showing(what string, is func(s *apipb.Session) bool) *apipb.Session {
	return told(o, what, func(w *apipb.WatchResponse) (*apipb.Session, bool) {
		s := w.GetSession()
		return s, s != nil && is(s)
	})
}

// The action is there only while the screen is shared, and enabled only where the
// endpoint has the rights, somebody else is logged in and the rep has the permission;
// it comes and goes by push, and the call refuses by the same.
func TestV13_V14_V15_V16_TerminalsByPush(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada := n.rep("ada")
	rep, _ := n.with(ada, "rex", policy.SessionStart, policy.SessionControl, policy.SessionElevate)
	o := rep.open(t)
	s := rep.start(t, a.dev)
	if got := terminalsAction(s); got != nil {
		t.Errorf("before the screen is shared: %v", got)
	}
	wantCode(t, rep.switchTerminal(t, s.Id, "bob"), wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
	a.answer(a.offer(), true)
	code := func(want wirepb.ErrorCode) func(*apipb.Session) bool {
		return func(s *apipb.Session) bool {
			got := terminalsAction(s)
			return got != nil && got.Code == want && got.Enabled == (want == 0)
		}
	}
	o.showing("it needs elevation", code(wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION))
	wantCode(t, rep.switchTerminal(t, s.Id, "bob"), wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION)
	a.rights(s.Id, true, "alice")
	o.showing("there is nobody else", code(wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN))
	wantCode(t, rep.switchTerminal(t, s.Id, "bob"), wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN)
	a.rights(s.Id, true, "alice", "bob")
	if got := o.showing("bob is there", code(0)); len(got.Terminals) != 2 || !got.Elevated {
		t.Errorf("%v", got)
	}
	wantCode(t, rep.switchTerminal(t, s.Id, "alice"), wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN) // is shown
	wantCode(t, n.rep("rob").switchTerminal(t, s.Id, "bob"), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	wantCode(t, ada.switchTerminal(t, s.Id, "bob"), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	a.rights(s.Id, true, "alice")
	o.showing("bob is gone", code(wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN))
	rep.end(t, s.Id)
	if got := terminalsAction(rep.get(t, s.Id)); got != nil {
		t.Errorf("after the end: %v", got)
	}
}

func TestV16_TerminalsNeedThePermission(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rep, _ := n.with(n.rep("ada"), "rex", policy.SessionStart, policy.SessionControl)
	o := rep.open(t)
	s := a.active(rep)
	a.rights(s.Id, true, "alice", "bob")
	got := o.showing("the rights", func(s *apipb.Session) bool { return s.Elevated })
	if x := terminalsAction(got); x == nil || x.Enabled || x.Code != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN || len(got.Terminals) > 0 {
		t.Errorf("%v", got)
	}
	wantCode(t, rep.switchTerminal(t, s.Id, "bob"), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
}

// A switch is recorded before the endpoint hears of it, and again with the other user's
// receipt. How it goes is pushed. A receipt that is not one ends the session.
func TestV12_SwitchIsRecordedWithTheReceipt(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rep, _ := n.with(n.rep("ada"), "rex", policy.SessionStart, policy.SessionControl, policy.SessionElevate)
	o := rep.open(t)
	s := rep.start(t, a.dev)
	offer := a.offer()
	a.answer(offer, true)
	n.phase(rep, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	a.rights(s.Id, true, "alice", "cora")
	o.showing("the rights", func(s *apipb.Session) bool { return s.Elevated })
	news := func(m *wirepb.TerminalSwitched) {
		m.Session, m.Terminal, m.User = mustID(t, s.Id), "cora", "cora"
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_TerminalSwitched{TerminalSwitched: m}})
	}
	const asking, done, refused = wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_ASKING, wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE, wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_REFUSED
	for i, c := range []*wirepb.TerminalSwitched{
		{State: refused, Code: wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER},
		{State: done, Receipt: []byte("none")},
	} {
		if err := rep.switchTerminal(t, s.Id, "cora"); err != nil {
			t.Fatal(err)
		}
		if got := n.records(action("session.switch_terminal")); len(got) != i+1 || got[i].ActorName != "rex" || got[i].Session != s.Id {
			t.Errorf("records %v", got)
		}
		asked := await(a, "switch", func(m *wirepb.BrokerMessage) (*wirepb.TerminalSwitch, bool) {
			return m.GetTerminalSwitch(), m.GetTerminalSwitch() != nil
		})
		if asked.Terminal != "cora" || asked.RepId == "" {
			t.Errorf("asked for %v", asked)
		}
		wantCode(t, rep.switchTerminal(t, s.Id, "cora"), wirepb.ErrorCode_ERROR_CODE_BUSY)
		news(&wirepb.TerminalSwitched{State: asking})
		o.showing("cora is asked", func(s *apipb.Session) bool { return s.TerminalMove.GetState() == asking })
		news(c)
		got := o.showing("the result", func(s *apipb.Session) bool { return s.TerminalMove == nil || s.TerminalMove.State == c.State })
		if m := got.TerminalMove; m != nil && (m.By != "rex" || m.Count != uint32(i+1) || m.Code != c.Code) {
			t.Errorf("%v", m)
		}
	}
	over := n.phase(rep, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	if over.Code != wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID {
		t.Errorf("ended with %v", over.Code)
	}
	var results []string
	for _, r := range n.records(action("session.terminal")) {
		results = append(results, r.Result)
	}
	if want := []string{"denied_by_user", "proof_invalid"}; len(results) != 2 || results[0] != want[0] || results[1] != want[1] {
		t.Errorf("results %v, want %v", results, want)
	}
}

// The receipt is held against the grant of the session also when the broker was started
// again since, and knows the grant from its audit log only.
func TestV12_ReceiptIsCheckedAfterARestart(t *testing.T) {
	const shown = "1" // the terminal session of the receipt
	for _, good := range []bool{true, false} {
		n := newBench(t)
		a := n.online()
		rob := n.rep("rob")
		s := rob.start(t, a.dev)
		offer := a.offer()
		a.answer(offer, true)
		n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
		n.restart()
		a.connect(mustID(t, s.Id))
		m := &wirepb.TerminalSwitched{
			Session: mustID(t, s.Id), Terminal: shown, User: "cora", Fallback: true, State: wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE,
		}
		want := "ok"
		if yes := a.receipt(offer, true, a.id); good {
			m.Receipt, m.ReceiptSignature = yes.Receipt, yes.ReceiptSignature
		} else {
			m.Receipt, m.ReceiptSignature = yes.Receipt, make([]byte, len(yes.ReceiptSignature))
			want = "proof_invalid"
		}
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_TerminalSwitched{TerminalSwitched: m}})
		var got []store.Record
		eventually(t, "the record", func() bool { got = n.records(action("session.terminal")); return len(got) == 1 })
		if got[0].Result != want {
			t.Errorf("good=%t: recorded as %s", good, got[0].Result)
		}
		if good {
			rob.end(t, s.Id)
		}
		if over := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED); (over.Code == wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID) == good {
			t.Errorf("good=%t: ended with %v", good, over.Code)
		}
	}
}
