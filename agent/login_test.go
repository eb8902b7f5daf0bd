package agent

import (
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func loginScreen() terminal.Session {
	s := terminaltest.Desktop("9", "gdm", 120)
	s.Greeter = true
	return s
}

// atLogin is a machine's service in front of a login screen.
func atLogin(t *testing.T, permits bool, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.elevated, r.floor.Notify = true, permits
		r.terminals = terminaltest.NewScript(loginScreen())
		r.start()
		defer r.end()
		f(t, r)
	})
}

func TestJ8_I9_NobodySignedInGoesByItsOwnRule(t *testing.T) {
	const notify = wirepb.ConsentRule_CONSENT_RULE_NOTIFY
	unattended := func(g *wirepb.SessionGrant) { g.ConsentAbsent = notify }
	atLogin(t, true, func(t *testing.T, r *rig) {
		// Not by the rule for somebody in front.
		r.offer(r.grant(func(g *wirepb.SessionGrant) { g.Consent = notify }))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT)
		h, tr := r.crewAt("9")
		o := r.grant(unattended)
		r.offer(o)
		if rec := r.receipt(o, wantConsent(r, yes)); rec.Rule != notify {
			t.Errorf("receipt %v", rec)
		}
		// The banner is on the login screen before anything is seen of it.
		r.attach(o.Session, 1)
		h.update(1, 1, 1)
		if n := r.bytes.Load(); n != 0 {
			t.Fatalf("%d bytes before the banner", n)
		}
		tr.shown(o.Session)
		m := <-r.media
		h.update(1, 1, 2)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates of the login screen", n)
		}
		// Who signs in now is asked; without a Yes it ends.
		r.terminals.Put(alice())
		_, tr = r.crewAt("1")
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		tr.answer(ask.Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		synctest.Wait()
		for {
			m := <-r.msgs
			if e := m.GetEnd(); e != nil {
				if e.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
					t.Errorf("ended with %v", e)
				}
				return
			}
		}
	})
	atLogin(t, false, func(_ *testing.T, r *rig) {
		// The machine's own rules do not permit it, and nothing runs there.
		r.offer(r.grant(unattended))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED)
		r.offer(r.grant(nil))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT)
		select {
		case <-r.helper:
			r.t.Error("a helper runs at the login screen")
		default:
		}
	})
}
