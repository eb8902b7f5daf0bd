package broker

import (
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) restart(t *testing.T, session string, confirm bool) error {
	t.Helper()
	_, err := c.machine().Restart(t.Context(), connect.NewRequest(&apipb.RestartRequest{SessionId: session, Confirm: confirm}))
	return err
}

func (a *agent) restartAsked() *wirepb.MachineRestart {
	return await(a, "wish for a restart", func(m *wirepb.BrokerMessage) (*wirepb.MachineRestart, bool) {
		return m.GetMachineRestart(), m.GetMachineRestart() != nil
	})
}

func (a *agent) restarting(session string, state wirepb.RestartState, code wirepb.ErrorCode) {
	a.t.Helper()
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_MachineRestarting{MachineRestarting: &wirepb.MachineRestarting{
		Session: mustID(a.t, session), State: state, Code: code,
	}}})
}

// A restart is recorded before the endpoint hears of it and when it has answered; the
// endpoint is waited for, also by a broker that is started again, and has the session
// back without another question.
func TestX7_ARestartingMachineIsWaitedFor(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rep, _ := n.with(n.rep("ada"), "rex", policy.SessionStart, policy.SessionControl, policy.SessionElevate)
	s := a.active(rep)
	wantCode(t, rep.restart(t, s.Id, true), wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION)
	a.restarting(s.Id, wirepb.RestartState_RESTART_STATE_RESTARTING, 0) // nobody asked
	a.rights(s.Id, true, "alice")                                       // the broker has heard both when it knows of these
	eventually(t, "the rights", func() bool { return rep.get(t, s.Id).Elevated })
	wantCode(t, rep.restart(t, s.Id, false), wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	wantCode(t, n.rep("rob").restart(t, s.Id, true), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	must1(t, rep.restart(t, s.Id, true))
	if got := n.records(action("session.restart")); len(got) != 1 || got[0].ActorName != "rex" {
		t.Errorf("recorded before: %v", got)
	}
	if ask := a.restartAsked(); ask.RepId != rep.id(t) {
		t.Errorf("asked for %q", ask.RepId)
	}
	wantCode(t, rep.restart(t, s.Id, true), wirepb.ErrorCode_ERROR_CODE_BUSY)
	state := func(want wirepb.RestartState) {
		t.Helper()
		eventually(t, want.String(), func() bool { return rep.get(t, s.Id).Restart.GetState() == want })
	}
	a.restarting(s.Id, wirepb.RestartState_RESTART_STATE_REFUSED, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
	state(wirepb.RestartState_RESTART_STATE_REFUSED)
	must1(t, rep.restart(t, s.Id, true))
	a.restartAsked()
	a.restarting(s.Id, wirepb.RestartState_RESTART_STATE_ASKING, 0)
	state(wirepb.RestartState_RESTART_STATE_ASKING)
	a.restarting(s.Id, wirepb.RestartState_RESTART_STATE_RESTARTING, 0)
	state(wirepb.RestartState_RESTART_STATE_RESTARTING)
	if got := n.records(action("session.restarting")); len(got) != 2 || got[0].Result == got[1].Result {
		t.Errorf("recorded after: %v", got)
	}
	a.link.Close(nil)
	eventually(t, "the link to be lost", func() bool { return !rep.get(t, s.Id).AgentConnected })
	n.advance(support.ClaimGrace + time.Minute)
	n.b.desk.Tick(t.Context())
	if got := rep.get(t, s.Id); got.Phase != active || got.Restart.GetState() != wirepb.RestartState_RESTART_STATE_RESTARTING {
		t.Errorf("while it restarts: %v", got)
	}
	n.restart()
	state(wirepb.RestartState_RESTART_STATE_RESTARTING)
	a.connect(mustID(t, s.Id))
	eventually(t, "the session to go on", func() bool {
		got := rep.get(t, s.Id)
		return got.AgentConnected && got.Phase == active && got.Restart == nil
	})
}
