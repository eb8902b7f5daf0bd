package agent

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// describe asks what machine it is and returns what is told.
func (r *rig) describe(session []byte, seq uint32, rep string) *wirepb.MachineTold {
	r.t.Helper()
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_MachineAsk{MachineAsk: &wirepb.MachineAsk{Session: session, Seq: seq, RepId: rep}}})
	return r.machineTold()
}

func (r *rig) machineTold() *wirepb.MachineTold {
	r.t.Helper()
	select {
	case m := <-r.msgs:
		if t := m.GetMachineTold(); t != nil {
			return t
		}
		r.t.Fatalf("got %v", m)
	default:
		r.t.Fatal("nothing was told")
	}
	return nil
}

// What machine it is, is told within an active session that is not held, to a rep who
// is in it; everybody else hears why not, and nothing of the machine.
func TestX6_TheMachineIsToldWithinASessionOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		asked := 0
		r.facts = func() (*wirepb.MachineInfo, error) {
			asked++
			return &wirepb.MachineInfo{Os: "Debian", User: "nobody"}, nil
		}
		r.start()
		defer r.end()
		refused := func(session []byte, rep string, want wirepb.ErrorCode) {
			t.Helper()
			if got := r.describe(session, 7, rep); got.Code != want || got.Info != nil || got.Seq != 7 {
				t.Errorf("told %v, want %v", got, want)
			}
		}
		refused(make([]byte, 16), "rep1", wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
		session, _, _, _ := r.active(nil)
		refused(make([]byte, 16), "rep1", wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
		refused(session, "rep2", wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
		refused(session, "", wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
		if got := r.describe(session, 8, "rep1"); got.Code != 0 || got.Info.GetOs() != "Debian" || got.Info.User != "alice" || got.Seq != 8 {
			t.Errorf("told %v", got)
		}
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Hold{Hold: &wirepb.SessionHold{Session: session, Held: true}}})
		refused(session, "rep1", wirepb.ErrorCode_ERROR_CODE_SESSION_HELD)
		if asked != 1 {
			t.Errorf("the machine was looked at %d times", asked)
		}
	})
}

// One question at a time; what is found out after the session's end goes nowhere.
func TestX6_OneQuestionAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		slow := make(chan error)
		r.facts = func() (*wirepb.MachineInfo, error) {
			if err := <-slow; err != nil {
				return nil, err
			}
			return &wirepb.MachineInfo{Os: "Debian"}, nil
		}
		r.start()
		defer r.end()
		session, _, _, _ := r.active(nil)
		ask := func(seq uint32) {
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_MachineAsk{MachineAsk: &wirepb.MachineAsk{Session: session, Seq: seq, RepId: "rep1"}}})
		}
		ask(1)
		wantNothing(r)
		if got := r.describe(session, 2, "rep1"); got.Code != wirepb.ErrorCode_ERROR_CODE_BUSY || got.Seq != 2 {
			t.Errorf("told %v", got)
		}
		slow <- errors.New("no such thing here")
		synctest.Wait()
		if got := r.machineTold(); got.Code != wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE || got.Seq != 1 {
			t.Errorf("told %v", got)
		}
		ask(3)
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: session}}})
		slow <- nil
		wantNothing(r)
	})
}

// A client that cannot be asked says so.
func TestX6_NotEverySystemTells(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, _, _ := r.active(nil)
		if got := r.describe(session, 1, "rep1"); got.Code != wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE {
			t.Errorf("told %v", got)
		}
	})
}
