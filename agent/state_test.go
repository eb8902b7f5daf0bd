package agent

import (
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	lockShown    = wirepb.Reason_REASON_LOCKED
	loginShown   = wirepb.Reason_REASON_LOGIN_SCREEN
	disconnected = wirepb.Reason_REASON_TERMINAL_SESSION_DISCONNECTED
	allWell      = wirepb.Reason_REASON_OK
)

// seated is alice at the screen of the machine.
func seated(edit func(s *terminal.Session)) terminal.Session {
	s := alice()
	s.Seat = "seat0"
	if edit != nil {
		edit(&s)
	}
	return s
}

func away(s *terminal.Session) { s.Active = false }

// becomes changes a terminal session and wants the broker and the helper told.
func (r *rig) becomes(h *fakeChild, s terminal.Session, want wirepb.Reason, stopped bool) {
	r.t.Helper()
	h.drain()
	r.terminals.Put(s)
	synctest.Wait()
	if got := r.said.Load().GetReason(); got != want {
		r.t.Errorf("the broker was told %v, want %v", got, want)
	}
	if x := expect(r.t, h, (*ipcpb.ToHelper).GetSuspend); x.Frames != stopped || x.Input != stopped || x.Reason != want {
		r.t.Errorf("the helper was told %v, want %v, stopped: %t", x, want, stopped)
	}
}

// A locked screen is shown like any other and can be typed into; a terminal session that
// lost its screen is not, until it has it again.
func TestX9_LockedIsShownAndAwayIsNot(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, m := r.active(nil)
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Fatalf("%d updates", n)
		}
		r.becomes(h, seated(func(s *terminal.Session) { s.Locked = true }), lockShown, false)
		h.update(1, 1, 2)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates of a lock screen", n)
		}
		r.becomes(h, seated(func(s *terminal.Session) { s.Locked = true; away(s) }), disconnected, true)
		h.update(1, 1, 3)
		if n, _ := m.updates(); n != 0 {
			t.Errorf("%d updates of a screen that is not there", n)
		}
		r.becomes(h, seated(nil), allWell, false)
		h.update(1, 2, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates when it is back", n)
		}
	})
}

// A session without a seat, as a remote one, has no screen to lose.
func TestX9_WithoutASeatNobodyIsAway(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, m := r.active(nil)
		s := alice()
		s.Active, s.Remote = false, true
		r.terminals.Put(s)
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates", n)
		}
	})
}

// Somebody who is connected from elsewhere is not in front of the seat; who signs in there
// is, and is asked.
func TestX9_V12_OnlySomebodyAtTheSameSeatIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.elevated = true
		r.terminals = terminaltest.NewScript(seated(nil))
		r.start()
		defer r.end()
		_, h, _, _ := r.active(nil)
		bob := terminaltest.Desktop("2", "bob", 1001)
		r.terminals.Put(bob)
		r.becomes(h, seated(away), disconnected, true)
		bob.Seat = "seat0"
		r.terminals.Put(bob)
		_, tr := r.crewAt("2")
		expect(t, tr, (*ipcpb.ToTray).GetAsk)
	})
}

// Whoever went to the login screen may come back; then the session goes on. It ends with
// their login.
func TestX9_TheLoginScreenInFrontIsAnInterruption(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, _, _ := r.active(nil)
		r.becomes(h, seated(away), disconnected, true)
		greeter := loginScreen()
		greeter.Seat = "seat0"
		r.terminals.Put(greeter)
		wantNothing(r)
		greeter.Active = false
		r.terminals.Put(greeter)
		r.becomes(h, seated(nil), allWell, false)
		greeter.Active = true
		r.terminals.Put(greeter)
		r.terminals.Put(seated(func(s *terminal.Session) { s.Gone = true }))
		synctest.Wait()
		if e := (<-r.msgs).GetEnd(); e == nil || string(e.Session) != string(session) || e.Code != wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT {
			t.Errorf("%v", e)
		}
	})
}

func TestX9_NobodyIsAskedOnAScreenThatIsNotThere(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.terminals.Put(seated(away))
		synctest.Wait()
		r.offer(r.grant(nil))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT)
		r.terminals.Put(seated(nil))
		synctest.Wait()
		r.offer(r.grant(nil))
		expect(t, <-r.tray, (*ipcpb.ToTray).GetAsk)
	})
}

func TestX9_LoginScreenIsSaidBesideThePicture(t *testing.T) {
	atLogin(t, true, func(t *testing.T, r *rig) {
		h, tr := r.crewAt("9")
		o := r.grant(func(g *wirepb.SessionGrant) { g.ConsentAbsent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY })
		r.offer(o)
		wantConsent(r, yes)
		h.drain()
		tr.shown(o.Session)
		if x := expect(t, h, (*ipcpb.ToHelper).GetSuspend); x.Frames || x.Input || x.Reason != loginShown {
			t.Errorf("the helper was told %v", x)
		}
		if got := r.said.Load().GetReason(); got != loginShown {
			t.Errorf("the broker was told %v", got)
		}
	})
}
