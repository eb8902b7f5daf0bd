package agent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// restartable is a rig of a machine's service that remembers.
func restartable(t *testing.T, state string, restart func(context.Context) error) *rig {
	r := newRig(t)
	r.elevated, r.state, r.restart = true, state, restart
	r.enrolled = r.grantKey.Public().(ed25519.PublicKey)
	return r
}

// after is the service that comes after another, at the same machine.
func (r *rig) after(t *testing.T) *rig {
	s := restartable(t, r.state, r.restart)
	s.device, s.broker, s.grantKey, s.enrolled = r.device, r.broker, r.grantKey, r.enrolled
	return s
}

func (r *rig) wishRestart(session []byte, rep string) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_MachineRestart{MachineRestart: &wirepb.MachineRestart{Session: session, RepId: rep}}})
}

func wantRestart(r *rig, state wirepb.RestartState, code wirepb.ErrorCode) {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.msgs:
		if got := m.GetMachineRestarting(); got == nil || got.State != state || got.Code != code {
			r.t.Fatalf("got %v, want %v %v", m, state, code)
		}
	default:
		r.t.Fatalf("nothing told, want %v %v", state, code)
	}
}

const (
	restartAsking  = wirepb.RestartState_RESTART_STATE_ASKING
	restartBegun   = wirepb.RestartState_RESTART_STATE_RESTARTING
	restartRefused = wirepb.RestartState_RESTART_STATE_REFUSED
)

// agreeToRestart is the person's Yes; what the system was told is not looked at.
func (r *rig) agreeToRestart(session []byte, tr *fakeChild) {
	r.t.Helper()
	r.wishRestart(session, "rep1")
	ask := expect(r.t, tr, (*ipcpb.ToTray).GetAsk)
	if !ask.Restart || ask.RepName != "Ada" {
		r.t.Errorf("asked %v", ask)
	}
	wantRestart(r, restartAsking, 0)
	tr.answer(ask.Nonce, 0)
	wantRestart(r, restartBegun, 0)
}

// The person agrees, the system is told once, the service ends without ending the
// session, and the next one has it: for the same person without a question.
func TestX7_TheSessionGoesOnAfterTheRestart(t *testing.T) {
	state := t.TempDir() + "/state"
	synctest.Test(t, func(t *testing.T) {
		told := 0
		r := restartable(t, state, func(context.Context) error { told++; return nil })
		r.start()
		session, _, tr, _ := r.active(func(g *wirepb.SessionGrant) { g.ConsentValidS, g.MaxDurationS = 600, 900 })
		tr.drain()
		r.agreeToRestart(session, tr)
		time.Sleep(20 * time.Second)
		r.end()
		if told != 1 {
			t.Errorf("the system was told %d times", told)
		}
		for len(r.msgs) > 0 {
			if m := <-r.msgs; m.GetEnd() != nil {
				t.Errorf("the session was ended: %v", m)
			}
		}

		time.Sleep(3 * time.Minute)
		s := r.after(t)
		s.start()
		h, tr2 := <-s.helper, <-s.tray
		expect(t, tr2, (*ipcpb.ToTray).GetBanner)
		tr2.shown(session)
		s.attach(session, 1)
		m := <-s.media
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates after the restart", n)
		}
		for len(tr2.msgs) > 0 {
			if (<-tr2.msgs).(*ipcpb.ToTray).GetAsk() != nil {
				t.Error("asked again")
			}
		}
		// Its time ran on.
		time.Sleep(15*time.Minute - 20*time.Second - 3*time.Minute)
		if e := wantEnd(s, wirepb.EndedBy_ENDED_BY_EXPIRY); e.Code != wirepb.ErrorCode_ERROR_CODE_EXPIRED {
			t.Errorf("ended with %v", e.Code)
		}
		s.end()
		// It was taken up once.
		u := s.after(t)
		u.start()
		u.l.Close(nil)
		if hello := u.connect(); len(hello.ActiveSessions) > 0 {
			t.Error("the session came back twice")
		}
		u.end()
	})
}

// What was put by does not go on beyond the Yes, too long after, with another clock,
// or when a signature is not right.
func TestX7_NothingGoesOnBeyondTheReceipt(t *testing.T) {
	for name, c := range map[string]struct {
		away time.Duration
		edit func(k *resumption)
	}{
		"the yes is over":         {away: 11 * time.Minute},
		"the clock was put back":  {edit: func(k *resumption) { k.AtMs = time.Now().Add(time.Minute).UnixMilli() }},
		"it is too long ago":      {edit: func(k *resumption) { k.AtMs = time.Now().Add(-restartGrace - time.Second).UnixMilli() }},
		"its time is over":        {edit: func(k *resumption) { k.EndsMs = time.Now().UnixMilli() }},
		"not the broker's grant":  {edit: func(k *resumption) { k.Grant.Signature[0] ^= 1 }},
		"not this device's yes":   {edit: func(k *resumption) { k.Receipt.Signature[0] ^= 1 }},
		"another session's grant": {edit: func(k *resumption) { k.Grant.Text = append(k.Grant.Text, 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			state := t.TempDir() + "/state"
			synctest.Test(t, func(t *testing.T) {
				r := restartable(t, state, func(context.Context) error { return nil })
				r.start()
				session, _, tr, _ := r.active(func(g *wirepb.SessionGrant) { g.ConsentValidS = 600 })
				tr.drain()
				r.agreeToRestart(session, tr)
				r.end()
				time.Sleep(c.away)
				if c.edit != nil {
					m := memory{}
					if err := m.open(state); err != nil {
						t.Fatal(err)
					}
					c.edit(m.kept.Resume)
					if err := m.save(); err != nil {
						t.Fatal(err)
					}
				}
				s := r.after(t)
				s.start()
				defer s.end()
				s.l.Close(nil)
				if hello := s.connect(); len(hello.ActiveSessions) > 0 {
					t.Error("the session goes on")
				}
			})
		})
	}
}

// Nobody is shown anything before whoever said yes is back; somebody else is asked.
func TestX7_OnlyWhoSaidYesIsShown(t *testing.T) {
	state := t.TempDir() + "/state"
	synctest.Test(t, func(t *testing.T) {
		r := restartable(t, state, func(context.Context) error { return nil })
		r.start()
		session, _, tr, _ := r.active(nil)
		tr.drain()
		r.agreeToRestart(session, tr)
		r.end()
		s := r.after(t)
		s.terminals = terminaltest.NewScript(terminaltest.Desktop("9", "bob", 1001))
		s.start()
		defer s.end()
		<-s.helper
		ask := expect(t, <-s.tray, (*ipcpb.ToTray).GetAsk)
		if ask.Restart || ask.RepName != "Ada" {
			t.Errorf("bob is asked %v", ask)
		}
	})
}

// A No, silence, a tray that goes, and the session's end leave all as it was; so does a
// system that does not restart.
func TestX7_NoRestartLeavesAllAsItWas(t *testing.T) {
	state := t.TempDir() + "/state"
	synctest.Test(t, func(t *testing.T) {
		fails := errors.New("inhibited")
		r := restartable(t, state, func(context.Context) error { return fails })
		r.start()
		defer r.end()
		session, _, tr, _ := r.active(nil)
		tr.drain()
		r.wishRestart(session, "rep1")
		wantRestart(r, restartAsking, 0)
		r.wishRestart(session, "rep1")
		wantRestart(r, restartRefused, wirepb.ErrorCode_ERROR_CODE_BUSY)
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		wantRestart(r, restartRefused, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		r.wishRestart(session, "rep1")
		wantRestart(r, restartAsking, 0)
		time.Sleep(31 * time.Second)
		wantRestart(r, restartRefused, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT)
		expect(t, tr, (*ipcpb.ToTray).GetWithdraw)
		tr.drain()
		r.agreeToRestart(session, tr)
		wantRestart(r, restartRefused, wirepb.ErrorCode_ERROR_CODE_RESTART_FAILED)
		m := memory{}
		if err := m.open(state); err != nil || m.kept.Resume != nil {
			t.Errorf("what was put by is there still: %v, %v", m.kept.Resume, err)
		}
		r.wishRestart(session, "rep2")
		wantRestart(r, restartRefused, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
		r.wishRestart(make([]byte, 16), "rep1")
		wantRestart(r, restartRefused, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
	})
}

// Who only looks restarts nothing, and a client of a plain user neither.
func TestX7_RestartNeedsControlAndTheMachinesRights(t *testing.T) {
	for code, edit := range map[wirepb.ErrorCode]func(g *wirepb.SessionGrant){
		wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED: view, wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION: nil,
	} {
		bubble(t, func(t *testing.T, r *rig) {
			session, _, _, _ := r.active(edit)
			r.wishRestart(session, "rep1")
			wantRestart(r, restartRefused, code)
		})
	}
}
