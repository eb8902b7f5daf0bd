package agent

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func bob() terminal.Session {
	s := terminaltest.Desktop("2", "bob", 1001)
	s.Active = false
	return s
}

// shared is a service with the rights of the machine, and bob logged in behind alice.
func shared(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.elevated = true
		r.terminals = terminaltest.NewScript(alice(), bob())
		r.start()
		defer r.end()
		f(t, r)
	})
}

func (r *rig) switchTo(session []byte, id string) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_TerminalSwitch{TerminalSwitch: &wirepb.TerminalSwitch{
		Session: session, Terminal: id, RepId: "rep1",
	}}})
}

// switched expects the next message to be this news of a switch.
func (r *rig) switched(state wirepb.TerminalSwitchState, code wirepb.ErrorCode) *wirepb.TerminalSwitched {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.msgs:
		s := m.GetTerminalSwitched()
		if s.GetState() != state || s.GetCode() != code {
			r.t.Fatalf("got %v, want %v %v", m, state, code)
		}
		return s
	default:
		r.t.Fatalf("no news, want %v %v", state, code)
		return nil
	}
}

const (
	asking  = wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_ASKING
	done    = wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE
	refused = wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_REFUSED
)

// crewAt is the next helper and tray, which have to be at a terminal session.
func (r *rig) crewAt(id string) (h, tr *fakeChild) {
	r.t.Helper()
	synctest.Wait()
	h, tr = <-r.helper, <-r.tray
	if h.at != id || tr.at != id {
		r.t.Fatalf("helper at %s and tray at %s, want %s", h.at, tr.at, id)
	}
	return h, tr
}

func gone(c *fakeChild) bool {
	synctest.Wait()
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// Everything goes on where it was until the other one has said yes, has a banner and
// has an update to show. Then pictures come from there and input goes there, on the
// viewer's stream as it was.
func TestV12_SwitchChangesOverWithoutAGap(t *testing.T) {
	shared(t, func(t *testing.T, r *rig) {
		session, h, tr, m := r.active(nil)
		if rights := <-r.rights; !rights.Elevated || len(rights.Terminals) != 2 || !rights.Terminals[0].Shown || rights.Terminals[1].User != "bob" {
			t.Errorf("rights %v", rights)
		}
		h.update(1, 1, 1)
		r.switchTo(session, "2")
		h2, tr2 := r.crewAt("2")
		ask := expect(t, tr2, (*ipcpb.ToTray).GetAsk)
		if string(ask.Session) != string(session) || ask.RepName != "Ada" || !ask.Control {
			t.Errorf("asked %v", ask)
		}
		r.switched(asking, 0)
		h.update(1, 1, 2)
		if n, _ := m.updates(); n != 2 {
			t.Errorf("%d updates while the other is asked", n)
		}
		tr2.answer([]byte("another"), 0)
		wantNothing(r)
		tr2.answer(ask.Nonce, 0)
		expect(t, tr2, (*ipcpb.ToTray).GetBanner)
		h2.drain()
		tr2.shown(session)
		if s := expect(t, h2, (*ipcpb.ToHelper).GetSuspend); s.Frames || !s.Input {
			t.Errorf("suspended %v", s)
		}
		open := expect(t, h2, (*ipcpb.ToHelper).GetOpen)
		if open.FirstEpoch <= epochsAhead || !open.Control || !open.Token {
			t.Errorf("opened %v", open)
		}
		h.update(1, 2, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates before the other's first", n)
		}
		tr.drain()
		h2.update(1, open.FirstEpoch, 1)
		h.update(1, 2, 2)
		n, last := m.updates()
		if n != 1 || last.Epoch != open.FirstEpoch {
			t.Errorf("%d updates, the last of epoch %d, want %d", n, last.Epoch, open.FirstEpoch)
		}
		news := r.switched(done, 0)
		receipt := &wirepb.ConsentReceipt{}
		if err := proto.Unmarshal(news.Receipt, receipt); err != nil || receipt.User != "bob" || receipt.TerminalSession != "2" || !receipt.Yes {
			t.Errorf("receipt %v, %v", receipt, err)
		}
		expect(t, tr, (*ipcpb.ToTray).GetBannerHide)
		if s := expect(t, h2, (*ipcpb.ToHelper).GetSuspend); s.Frames || s.Input {
			t.Errorf("suspended %v", s)
		}
		typed := wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaInput}, Payload: []byte{1}})
		_, _ = m.Write(typed)
		synctest.Wait()
		if len(h.raw) != 0 || len(h2.raw) != 1 {
			t.Errorf("input: %d messages to the old one, %d to the new", len(h.raw), len(h2.raw))
		}
		if rights := <-r.rights; rights.Terminals[0].Shown || !rights.Terminals[1].Shown {
			t.Errorf("rights %v", rights)
		}
		time.Sleep(lastCounts + exitGrace)
		if !gone(h) || !gone(tr) || gone(h2) || gone(tr2) {
			t.Error("the old ones stay, or the new ones do not")
		}
		// It is over: back to the one in front.
		tr2.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: session}}})
		r.crewAt("1")
		time.Sleep(lastCounts + exitGrace)
		if !gone(h2) || !gone(tr2) {
			t.Error("something stays at the other one")
		}
	})
}

// What is refused changes nothing, and says why.
func TestV12_V14_RefusedSwitchesChangeNothing(t *testing.T) {
	for name, c := range map[string]struct {
		plain bool // the service has no rights of the machine
		to    string
		rep   string
		held  bool
		code  wirepb.ErrorCode
	}{
		"not elevated":  {plain: true, to: "2", rep: "rep1", code: wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION},
		"no such one":   {to: "7", rep: "rep1", code: wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN},
		"shown already": {to: "1", rep: "rep1", code: wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN},
		"of a stranger": {to: "2", rep: "rep9", code: wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT},
		"held":          {to: "2", rep: "rep1", held: true, code: wirepb.ErrorCode_ERROR_CODE_SESSION_HELD},
		"locked":        {to: "3", rep: "rep1", code: wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT},
		"login screen":  {to: "4", rep: "rep1", code: wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				locked, greeter := terminaltest.Desktop("3", "eve", 1003), terminaltest.Desktop("4", "gdm", 120)
				locked.Locked, locked.Active, greeter.Greeter, greeter.Active = true, false, true, false
				r.elevated, r.terminals = !c.plain, terminaltest.NewScript(alice(), bob(), locked, greeter)
				r.start()
				defer r.end()
				session, h, _, m := r.active(nil)
				if rights := <-r.rights; rights.Elevated == c.plain || c.plain && len(rights.Terminals) > 0 {
					t.Errorf("rights %v", rights)
				}
				if c.held {
					r.hold(session, true)
				}
				r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_TerminalSwitch{TerminalSwitch: &wirepb.TerminalSwitch{
					Session: session, Terminal: c.to, RepId: c.rep,
				}}})
				r.switched(refused, c.code)
				if len(r.helper)+len(r.tray) > 0 {
					t.Error("something was started")
				}
				h.update(1, 1, 1)
				if n, _ := m.updates(); n != 1 && !c.held {
					t.Errorf("%d updates", n)
				}
			})
		})
	}
}

// A No, silence, a crash or a log-out there leave all as it was.
func TestV12_WithoutAYesItStays(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(r *rig, h, tr *fakeChild)
		code wirepb.ErrorCode
	}{
		"no": {func(r *rig, _, tr *fakeChild) {
			tr.answer(expect(r.t, tr, (*ipcpb.ToTray).GetAsk).Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		}, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER},
		"silence":  {func(*rig, *fakeChild, *fakeChild) { time.Sleep(31 * time.Second) }, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT},
		"crash":    {func(_ *rig, _, tr *fakeChild) { tr.die() }, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE},
		"no frame": {func(_ *rig, h, _ *fakeChild) { h.die() }, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE},
		"log-out": {func(r *rig, _, _ *fakeChild) {
			b := bob()
			b.Gone = true
			r.terminals.Put(b)
		}, wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN},
		"no banner": {func(r *rig, _, tr *fakeChild) {
			r.yes(tr)
			time.Sleep(crewTime)
		}, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE},
	} {
		t.Run(name, func(t *testing.T) {
			shared(t, func(t *testing.T, r *rig) {
				session, h, tr, m := r.active(nil)
				r.switchTo(session, "2")
				h2, tr2 := r.crewAt("2")
				r.switched(asking, 0)
				r.switchTo(session, "2")
				r.switched(refused, wirepb.ErrorCode_ERROR_CODE_BUSY)
				c.do(r, h2, tr2)
				r.switched(refused, c.code)
				time.Sleep(lastCounts + exitGrace)
				if !gone(h2) || !gone(tr2) || gone(h) || gone(tr) {
					t.Error("the new ones stay, or the old ones do not")
				}
				h.update(1, 1, 1)
				if n, _ := m.updates(); n != 1 {
					t.Errorf("%d updates", n)
				}
				wantNothing(r)
			})
		})
	}
}

// A login screen is shown where the rule for nobody being there allows it.
func TestV12_LoginScreenGoesByTheAbsentRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		greeter := terminaltest.Desktop("4", "gdm", 120)
		greeter.Greeter, greeter.Active = true, false
		r.elevated, r.terminals = true, terminaltest.NewScript(alice(), greeter)
		r.floor.Notify = true
		r.start()
		defer r.end()
		session, _, _, m := r.active(func(g *wirepb.SessionGrant) { g.ConsentAbsent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY })
		r.switchTo(session, "4")
		h2, tr2 := r.crewAt("4")
		expect(t, tr2, (*ipcpb.ToTray).GetBanner)
		tr2.shown(session)
		open := expect(t, h2, (*ipcpb.ToHelper).GetOpen)
		h2.update(1, open.FirstEpoch, 1)
		r.switched(done, 0)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates", n)
		}
	})
}

// The one that is shown ends: nothing passes until the one who is in front then has
// said yes; a No ends the session.
func TestV7_V12_FallsBackToWhoIsInFront(t *testing.T) {
	for name, yes := range map[string]bool{"yes": true, "no": false} {
		t.Run(name, func(t *testing.T) {
			shared(t, func(t *testing.T, r *rig) {
				session, h, _, m := r.active(nil)
				h.update(1, 1, 1)
				m.updates()
				a := alice()
				a.Gone = true
				r.terminals.Put(a)
				h2, tr2 := r.crewAt("2")
				if news := r.switched(asking, 0); !news.Fallback || news.User != "bob" {
					t.Errorf("news %v", news)
				}
				h2.update(1, 9, 1)
				if n, _ := m.updates(); n != 0 {
					t.Errorf("%d updates without a yes", n)
				}
				ask := expect(t, tr2, (*ipcpb.ToTray).GetAsk)
				if !yes {
					tr2.answer(ask.Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
					r.switched(refused, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
					if e := (<-r.msgs).GetEnd(); e.GetBy() != wirepb.EndedBy_ENDED_BY_CUSTOMER || e.GetCode() != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
						t.Errorf("end %v", e)
					}
					return
				}
				tr2.answer(ask.Nonce, 0)
				expect(t, tr2, (*ipcpb.ToTray).GetBanner)
				tr2.shown(session)
				if news := r.switched(done, 0); !news.Fallback {
					t.Errorf("news %v", news)
				}
				h2.drain()
				h2.update(1, 10, 1)
				if n, _ := m.updates(); n != 1 {
					t.Errorf("%d updates after the yes", n)
				}
			})
		})
	}
}

// A session that may only look looks only there, too, whatever is typed; also when the
// policy takes the input away while the other one is being asked.
func TestQ8_V12_ViewOnlyStaysViewOnlyThere(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(g *wirepb.SessionGrant)
		late bool
	}{
		"granted so": {edit: func(g *wirepb.SessionGrant) { g.Permissions = g.Permissions[:1] }},
		"since":      {late: true},
	} {
		t.Run(name, func(t *testing.T) {
			shared(t, func(t *testing.T, r *rig) {
				session, _, _, m := r.active(c.edit)
				r.switchTo(session, "2")
				h2, tr2 := r.crewAt("2")
				r.switched(asking, 0)
				ask := expect(t, tr2, (*ipcpb.ToTray).GetAsk)
				if ask.Control == (c.edit != nil) {
					t.Errorf("asked for %v", ask)
				}
				tr2.answer(ask.Nonce, 0)
				tr2.shown(session)
				open := expect(t, h2, (*ipcpb.ToHelper).GetOpen)
				if c.late {
					r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.ViewOnly = true }))
				}
				h2.drain()
				h2.update(1, open.FirstEpoch, 1)
				r.switched(done, 0)
				if c.late { // the view begins anew, without input
					open = expect(t, h2, (*ipcpb.ToHelper).GetOpen)
				}
				if open.Control {
					t.Errorf("opened %v", open)
				}
				m.updates()
			})
		})
	}
}
