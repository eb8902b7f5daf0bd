package broker

import (
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) close(t *testing.T, id, outcome string) (*apipb.Session, error) {
	t.Helper()
	r, err := c.session.Close(t.Context(), connect.NewRequest(&apipb.CloseRequest{Id: id, Outcome: outcome}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Session, nil
}

func (c *client) resume(t *testing.T, id string) (*apipb.Session, error) {
	t.Helper()
	r, err := c.session.Resume(t.Context(), connect.NewRequest(&apipb.ResumeRequest{Id: id}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Session, nil
}

// held is what the endpoint is told next of a session's being held.
func (a *agent) held() bool {
	a.t.Helper()
	return await(a, "hold", func(m *wirepb.BrokerMessage) (*wirepb.SessionHold, bool) { return m.GetHold(), m.GetHold() != nil }).Held
}

func TestC10_L8_CloseNamesItsOutcome(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	s := rob.start(t, a.dev)
	if got := rob.get(t, s.Id).Outcomes; !slices.Equal(got, []string{"cancel"}) {
		t.Fatalf("while asking: %v", got)
	}
	a.answer(a.offer(), true)
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if got := rob.get(t, s.Id).Outcomes; !slices.Equal(got, []string{"end", "hold"}) {
		t.Fatalf("owner: %v", got)
	}
	if got := ria.get(t, s.Id).Outcomes; len(got) != 0 {
		t.Fatalf("somebody else: %v", got)
	}
	_, err := rob.close(t, s.Id, "")
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	if !strings.Contains(err.Error(), "end, hold") {
		t.Fatalf("the refusal lists no outcomes: %v", err)
	}
	_, err = rob.close(t, s.Id, "leave") // for those who do not own it (L18)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	for _, outcome := range []string{"", "end", "hold"} {
		_, err = ria.close(t, s.Id, outcome)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	}
	if got := rob.get(t, s.Id).Phase; got != apipb.SessionPhase_SESSION_PHASE_ACTIVE {
		t.Fatalf("a refused close left it %v", got)
	}
	if got, err := rob.close(t, s.Id, "end"); err != nil || got.Phase != apipb.SessionPhase_SESSION_PHASE_ENDED || len(got.Outcomes) != 0 {
		t.Fatalf("%v, %v", got, err)
	}
	_, err = rob.close(t, s.Id, "end")
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
}

func TestL13_L14_HeldSessionWaitsForItsOwner(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	s := a.active(rob)
	rob.attach(t, s.Id)
	got, err := rob.close(t, s.Id, "hold")
	if err != nil || got.Phase != apipb.SessionPhase_SESSION_PHASE_HELD || got.HeldSince == nil || !slices.Equal(got.Outcomes, []string{"end"}) {
		t.Fatalf("%v, %v", got, err)
	}
	if !a.held() {
		t.Fatal("the endpoint is told that it is not held")
	}
	// Nobody gets a picture meanwhile, and only the owner takes it up again.
	_, err = rob.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_HELD)
	_, err = ria.resume(t, s.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	if got, err = rob.resume(t, s.Id); err != nil || got.Phase != apipb.SessionPhase_SESSION_PHASE_ACTIVE || got.HeldSince != nil {
		t.Fatalf("%v, %v", got, err)
	}
	if a.held() {
		t.Fatal("the endpoint is told that it is still held")
	}
	rob.attach(t, s.Id)
	if _, err = rob.resume(t, s.Id); err != nil {
		t.Fatalf("resuming what runs: %v", err)
	}
	if h, r := n.records(action("session.hold")), n.records(action("session.resume")); len(h) != 1 || len(r) != 1 || h[0].ActorName != r[0].ActorName {
		t.Fatalf("audit: %+v, %+v", h, r)
	}
}

// It outlasts a restart of the broker and a lost link; the endpoint hears again.
func TestL14_HoldOutlastsRestartAndLink(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	if _, err := rob.close(t, s.Id, "hold"); err != nil {
		t.Fatal(err)
	}
	since := rob.get(t, s.Id).HeldSince
	n.restart()
	a.connect(mustID(t, s.Id))
	if !a.held() {
		t.Fatal("told that it is not held")
	}
	if got := n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_HELD); got.HeldSince.AsTime() != since.AsTime().Truncate(time.Millisecond) {
		t.Fatalf("held since %v, was %v", got.HeldSince.AsTime(), since.AsTime())
	}
	if _, err := rob.close(t, s.Id, "end"); err != nil {
		t.Fatal(err)
	}
	if e := a.ended(); e.By != wirepb.EndedBy_ENDED_BY_REP {
		t.Fatalf("%v", e)
	}
}

func TestQ7_ExpiryRunsOnWhileHeld(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "session_expiry_min", "5")
	s := a.active(rob)
	if _, err := rob.close(t, s.Id, "hold"); err != nil {
		t.Fatal(err)
	}
	n.advance(5*time.Minute + time.Second)
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_EXPIRED)
}
