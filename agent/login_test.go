package agent

import (
	"testing"
	"testing/synctest"
	"time"

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

// A display manager ends its login screen before the desktop of who signed in begins:
// the session waits for that, and asks there when a prompt can be shown. When nothing
// comes it ends.
func TestJ8_V12_FromTheLoginScreenToWhoSignsIn(t *testing.T) {
	const notify = wirepb.ConsentRule_CONSENT_RULE_NOTIFY
	at := func(t *testing.T, f func(r *rig)) {
		t.Helper()
		atLogin(t, true, func(_ *testing.T, r *rig) {
			_, tr := r.crewAt("9")
			o := r.grant(func(g *wirepb.SessionGrant) { g.ConsentAbsent = notify })
			r.offer(o)
			wantConsent(r, yes)
			tr.shown(o.Session)
			leaves := loginScreen()
			leaves.Gone = true
			r.terminals.Put(leaves)
			if !gone(tr) {
				t.Error("the tray of the login screen stays")
			}
			f(r)
		})
	}
	ended := func(r *rig) *wirepb.SessionEnd {
		synctest.Wait()
		for {
			select {
			case m := <-r.msgs:
				if e := m.GetEnd(); e != nil {
					return e
				}
			default:
				return nil
			}
		}
	}
	at(t, func(r *rig) {
		if e := ended(r); e != nil {
			t.Fatalf("ended with %v", e)
		}
		r.noPrompts.Store(true)
		r.terminals.Put(alice())
		_, tr := r.crewAt("1")
		if e := ended(r); e != nil {
			t.Fatalf("ended with %v while the prompt is not ready", e)
		}
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Ready{Ready: &ipcpb.TrayReady{PromptBackend: "fake"}}})
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		tr.answer(ask.Nonce, 0)
		expect(t, tr, (*ipcpb.ToTray).GetBanner)
		time.Sleep(2 * signInTime)
		if e := ended(r); e != nil {
			t.Errorf("ended with %v after a Yes", e)
		}
	})
	at(t, func(r *rig) {
		time.Sleep(signInTime - time.Second)
		if e := ended(r); e != nil {
			t.Fatalf("ended early with %v", e)
		}
		time.Sleep(time.Second)
		if e := ended(r); e.GetCode() != wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT {
			t.Errorf("ended with %v", e)
		}
	})
	at(t, func(r *rig) {
		r.noPrompts.Store(true)
		r.terminals.Put(alice())
		r.crewAt("1")
		time.Sleep(crewTime)
		if e := ended(r); e.GetCode() != wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE {
			t.Errorf("without a prompt it ended with %v", e)
		}
	})
}
