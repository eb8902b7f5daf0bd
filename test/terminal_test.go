//go:build linux

package test

import (
	"fmt"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// terminals is the action of a session, and whether it may be used now.
func (m *machine) terminals(session string) (*apipb.Session, *apipb.Action) {
	m.t.Helper()
	got, err := m.rep.Sessions.Get(m.ctx, connect.NewRequest(&apipb.GetRequest{Id: session}))
	m.must(err)
	for _, a := range got.Msg.Session.Actions {
		if a.Id == "terminals" {
			return got.Msg.Session, a
		}
	}
	return got.Msg.Session, nil
}

// offers waits until the session may be taken to so many other terminal sessions.
func (m *machine) offers(session string, others int) {
	m.t.Helper()
	m.must(bed.Until(m.ctx, fmt.Sprintf("%d other terminal sessions", others), func() (bool, error) {
		s, a := m.terminals(session)
		return a != nil && a.Enabled == (others > 0) && len(s.Terminals) == others+1, fmt.Errorf("%v of %v", a, s.Terminals)
	}))
}

// goTo asks for a switch to a person's screen.
func (m *machine) goTo(session string, p *person) {
	m.t.Helper()
	_, err := apipbconnect.NewElevationServiceClient(m.rep.HTTP, m.broker.Console).SwitchTerminal(m.ctx, connect.NewRequest(&apipb.SwitchTerminalRequest{
		SessionId: session, TerminalId: p.ID,
	}))
	m.must(err)
}

// moved waits for the result of the last switch.
func (m *machine) moved(session string, want wirepb.TerminalSwitchState) *apipb.TerminalMove {
	m.t.Helper()
	var last *apipb.TerminalMove
	m.must(bed.Until(m.ctx, want.String(), func() (bool, error) {
		s, _ := m.terminals(session)
		last = s.TerminalMove
		return last.GetState() == want, fmt.Errorf("it is %v", last)
	}))
	return last
}

// TestV7_V12_SwitchToAnotherUsersScreen: two people at a machine. The viewer goes from
// one screen to the other on the stream that it has, and so does its input, when the
// other one has said yes; a No leaves it where it was; the one who is shown logs out,
// and the session goes on with the other's Yes only.
func TestV7_V12_SwitchToAnotherUsersScreen(t *testing.T) {
	m := newMachine(t)
	s := m.ask()
	m.allow(m.first, s)
	_, err := m.first.desktop.Window(m.ctx, bed.BannerTitle)
	m.must(err)
	v, err := m.rep.Watch(m.ctx, m.broker, s.Id)
	m.must(err)
	m.must(bed.SameCanvas(m.ctx, v, m.first.desktop))
	m.offers(s.Id, 1)

	m.goTo(s.Id, m.second)
	m.must(m.second.desktop.Answer(m.ctx, false))
	if x := m.moved(s.Id, wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_REFUSED); x.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Errorf("refused with %v", x)
	}
	m.must(bed.SameCanvas(m.ctx, v, m.first.desktop))

	m.goTo(s.Id, m.second)
	m.must(m.second.desktop.Answer(m.ctx, true))
	m.moved(s.Id, wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE)
	m.must(bed.SameCanvas(m.ctx, v, m.second.desktop))
	m.desktop = m.second.desktop
	_, err = m.second.desktop.Terminal(m.ctx, "Terminal", "60x16+60+60")
	m.must(err)
	m.must(bed.SameCanvas(m.ctx, v, m.second.desktop))
	m.typeInto(v, "echo there | tee typed.txt")
	m.typed("typed.txt", "there\n")
	m.must(bed.Until(m.ctx, "the banner to leave the first screen", func() (bool, error) {
		return !m.first.desktop.HasWindow(bed.BannerTitle), nil
	}))
	m.must(bed.Until(m.ctx, "what ran for the first user to end", func() (bool, error) {
		roles, err := m.service.Roles()
		return len(roles) == 2, err
	}))
	m.only(m.second)

	// The second one logs out: the first is asked again.
	m.second.Gone = true
	m.must(m.login.Put(m.second.Session))
	m.must(m.first.desktop.Answer(m.ctx, true))
	m.must(bed.SameCanvas(m.ctx, v, m.first.desktop))
	if x := m.moved(s.Id, wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE); x.By != "" || x.User != m.first.User {
		t.Errorf("the last move is %v", x)
	}
	m.offers(s.Id, 0)
	m.results("session.switch_terminal", "ok", "ok")
	m.results("session.terminal", "ok", "ok", "denied_by_user")
}

// TestV15_TerminalsComeAndGoByPush: with one person there is nothing to choose; when
// another logs in there is, without anything being asked for.
func TestV15_TerminalsComeAndGoByPush(t *testing.T) {
	m := newMachine(t)
	m.second.Gone = true
	m.must(m.login.Put(m.second.Session))
	s := m.ask()
	m.allow(m.first, s)
	pushes := m.pushes()
	m.offers(s.Id, 0)
	m.second.Gone = false
	m.must(m.login.Put(m.second.Session))
	for pushes.Receive() {
		if p := pushes.Msg().GetSession(); p.GetId() == s.Id && len(p.Terminals) == 2 {
			return
		}
	}
	t.Error("not pushed: ", pushes.Err())
}
