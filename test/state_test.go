//go:build linux

package test

import (
	"fmt"
	"slices"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// watched is a viewer whose states are kept.
func (m *machine) watched(session string) (v *bed.Viewer, states <-chan *wirepb.ScreenState) {
	m.t.Helper()
	all := make(chan *wirepb.ScreenState, 64)
	v, err := m.rep.View(m.ctx, m.broker, session, viewer.Options{OnState: func(s *wirepb.ScreenState) { all <- s }})
	m.must(err)
	m.t.Cleanup(func() { _ = v.Close() })
	return v, all
}

// stands waits until viewer and console read this of the screen.
func (m *machine) stands(session string, states <-chan *wirepb.ScreenState, want wirepb.Reason) {
	m.t.Helper()
	for {
		select {
		case s := <-states:
			if s.Reason != want {
				continue
			}
		case <-m.ctx.Done():
			m.t.Fatalf("the viewer never read %v", want)
		}
		break
	}
	m.must(bed.Until(m.ctx, "the console to read "+want.String(), func() (bool, error) {
		got, err := m.rep.Sessions.Get(m.ctx, connect.NewRequest(&apipb.GetRequest{Id: session}))
		if err != nil {
			return false, err
		}
		return got.Msg.Session.Screen == want, fmt.Errorf("it reads %v", got.Msg.Session.Screen)
	}))
}

// TestX9_LockedAndSwitchedAway: the person locks the screen, which is shown as it is and
// takes what the rep types; then switches to another console of the machine, where nothing
// of this one can be seen or typed; and comes back.
func TestX9_LockedAndSwitchedAway(t *testing.T) {
	m := newMachine(t)
	first := m.first
	first.Seat = "seat0"
	m.must(m.login.Put(first.Session))
	s := m.ask()
	m.allow(first, s)
	_, err := first.desktop.Terminal(m.ctx, "Terminal", "60x16+60+60")
	m.must(err)
	v, states := m.watched(s.Id)
	m.stands(s.Id, states, wirepb.Reason_REASON_OK)
	m.must(bed.SameCanvas(m.ctx, v.Session, first.desktop))

	first.Locked = true
	m.must(m.login.Put(first.Session))
	m.stands(s.Id, states, wirepb.Reason_REASON_LOCKED)
	m.typeInto(v.Session, "echo locked | tee typed.txt")
	m.typed("typed.txt", "locked\n")
	m.must(bed.SameCanvas(m.ctx, v.Session, first.desktop))

	first.Locked, first.Active = false, false
	m.must(m.login.Put(first.Session))
	m.stands(s.Id, states, wirepb.Reason_REASON_TERMINAL_SESSION_DISCONNECTED)
	m.typeInto(v.Session, "echo away | tee typed.txt")
	_, err = first.desktop.Terminal(m.ctx, "Unseen", "20x4+500+400")
	m.must(err)

	first.Active = true
	m.must(m.login.Put(first.Session))
	m.stands(s.Id, states, wirepb.Reason_REASON_OK)
	m.must(bed.SameCanvas(m.ctx, v.Session, first.desktop))
	m.must(v.Input(wire.Input{Kind: wire.InputMotion, X: 200, Y: 200}))
	m.typeInto(v.Session, "cat typed.txt > back.txt")
	m.typed("back.txt", "locked\n")
	m.must(bed.SameCanvas(m.ctx, v.Session, first.desktop))
}

// closes waits for what the log says that became of the terminal session.
func (m *machine) closes(session, what, result string) {
	m.t.Helper()
	m.must(bed.Until(m.ctx, "the log to say "+result, func() (bool, error) {
		r, err := m.rep.Audit.ListAudit(m.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: "session.at_end"}}))
		if err != nil {
			return false, err
		}
		all := slices.DeleteFunc(r.Msg.Records, func(x *apipb.AuditRecord) bool { return x.SessionId != session })
		return len(all) == 1 && all[0].Result == result && all[0].Detail == what, fmt.Errorf("it says %v", all)
	}))
}

// TestD13_LockedOrLoggedOffAtTheEnd: what the settings want done is done when the session
// ends, by whomever and without the broker, and the log has what really came of it.
func TestD13_LockedOrLoggedOffAtTheEnd(t *testing.T) {
	m := newMachine(t)
	first := m.first
	d, err := m.rep.Device(m.ctx, m.host)
	m.must(err)
	begin := func(setting string) *apipb.Session {
		t.Helper()
		m.set(d.Id, map[string]string{"at_end": setting})
		first.Locked = false
		m.must(m.login.Put(first.Session))
		m.ready(first)
		s := m.ask()
		m.allow(first, s)
		return s
	}
	is := func(what string, ok func(terminal.Session) bool) {
		t.Helper()
		m.must(bed.Until(m.ctx, what, func() (bool, error) { return ok(m.login.Get(first.ID)), nil }))
	}

	s := begin("lock")
	m.end(s)
	is("the screen to be locked", func(x terminal.Session) bool { return x.Locked })
	m.must(bed.Until(m.ctx, "the broker to know that nobody is there", func() (bool, error) {
		d, err := m.rep.Device(m.ctx, m.host)
		return err == nil && !d.Capabilities.GetUserPresent(), err
	}))
	m.closes(s.Id, "lock", "ok")
	m.must(first.desktop.Type(m.ctx, "Support session ended"))

	// Nobody locks: nobody says so.
	m.login.Deaf(true)
	s = begin("lock")
	m.must(first.desktop.Done(m.ctx))
	m.must(first.desktop.Type(m.ctx, "Support session ended"))
	m.closes(s.Id, "lock", "at_end_unconfirmed")
	m.must(first.desktop.Type(m.ctx, "Support session ended")) // and that it was not locked
	m.login.Deaf(false)

	// Without the broker, and it hears of it later.
	s = begin("log_off")
	m.broker.Kill()
	m.must(first.desktop.Done(m.ctx))
	is("the person to be logged off", func(x terminal.Session) bool { return x.Gone })
	m.must(m.broker.Restart(m.ctx))
	m.closes(s.Id, "log_off", "ok")
	if m.login.Get(m.second.ID).Gone {
		t.Error("somebody else was logged off, too")
	}
}
