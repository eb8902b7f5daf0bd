//go:build linux

package test

import (
	"fmt"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// logsIn starts the desktop of a second person at the machine.
func (w *plainUser) logsIn(login *bed.Machine) *person {
	w.t.Helper()
	m := &machine{world: w.world, login: login}
	return m.logIn(1)
}

// goTo takes the session to another screen, whose user says yes there.
func (w *plainUser) goTo(id string, d *bed.Desktop) *apipb.TerminalMove {
	w.t.Helper()
	before := w.now().TerminalMove.GetCount()
	_, err := apipbconnect.NewElevationServiceClient(w.rep.HTTP, w.broker.Console).SwitchTerminal(w.ctx, connect.NewRequest(&apipb.SwitchTerminalRequest{SessionId: w.session.Id, TerminalId: id}))
	w.must(err)
	w.must(d.Answer(w.ctx, true))
	var last *apipb.TerminalMove
	w.must(bed.Until(w.ctx, "the switch to be over", func() (bool, error) {
		last = w.now().TerminalMove
		return last.GetCount() > before && last.State >= wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE, fmt.Errorf("it is %v", last)
	}))
	if last.State != wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE {
		w.t.Fatalf("the switch came to %v", last)
	}
	return last
}

// TestV7_V12_V14_V15_ElevatedClientGoesToAnotherScreen: before the elevation nobody else's
// screen can be chosen. Elevated, a client that a user runs takes the session to the
// screen of another one, who is asked there, with input, and back again, where the first
// one is asked: on the stream that the viewer has.
func TestV7_V12_V14_V15_ElevatedClientGoesToAnotherScreen(t *testing.T) {
	w := newPlainUser(t)
	login, err := w.polkit.Machine()
	w.must(err)
	defer login.Close()
	own := terminal.Session{ID: "1", User: people[0].account, UID: w.user.Uid, Display: w.desktop.Display, Active: true}
	w.must(login.Put(own))
	second := w.logsIn(login)
	w.must(bed.Until(w.ctx, "the offer", func() (bool, error) { return w.now().ElevationOffer != nil, nil }))
	if a := w.action("terminals"); a.GetEnabled() || a.GetCode() != wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION {
		t.Errorf("before the elevation: %v", a)
	}
	w.elevate("boss", adminPassword)
	w.must(w.desktop.Answer(w.ctx, true))
	w.tried(1, wirepb.ElevationState_ELEVATION_STATE_DONE)
	w.must(bed.Until(w.ctx, "another screen to choose", func() (bool, error) {
		return w.action("terminals").GetEnabled() && len(w.now().Terminals) == 2, fmt.Errorf("there are %v", w.now().Terminals)
	}))
	var mine string
	for _, x := range w.now().Terminals {
		if x.Shown {
			mine = x.Id
		}
	}
	v := w.watch()
	w.goTo(second.ID, second.desktop)
	w.must(bed.SameCanvas(w.ctx, v, second.desktop))
	there := &machine{world: &world{t: t, ctx: w.ctx, desktop: second.desktop}}
	_, err = second.desktop.Terminal(w.ctx, "Terminal", "60x16+60+60")
	w.must(err)
	w.must(bed.SameCanvas(w.ctx, v, second.desktop))
	there.typeInto(v, "echo there | tee typed.txt")
	there.typed("typed.txt", "there\n")
	w.must(bed.Until(w.ctx, "the banner to leave the first screen", func() (bool, error) {
		return !w.desktop.HasWindow(bed.BannerTitle), nil
	}))
	w.goTo(mine, w.desktop)
	w.must(bed.SameCanvas(w.ctx, v, w.desktop))
	_, err = w.desktop.Window(w.ctx, bed.BannerTitle)
	w.must(err)
	w.results("session.terminal", "ok", "ok")
	second.Gone = true
	w.must(login.Put(second.Session))
	w.must(bed.Until(w.ctx, "nobody else to be there", func() (bool, error) { return !w.action("terminals").GetEnabled(), nil }))
	w.must(w.desktop.Done(w.ctx))
	_, err = w.rep.Phase(w.ctx, w.session.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
	w.over()
}

// action is one of the session's.
func (w *plainUser) action(id string) *apipb.Action {
	w.t.Helper()
	for _, a := range w.now().Actions {
		if a.Id == id {
			return a
		}
	}
	return nil
}
