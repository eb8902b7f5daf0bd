//go:build linux

package test

import (
	"path/filepath"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
)

// TestX7_TheSessionGoesOnAfterTheMachineRestarted: the person agrees to a restart, a
// played logind on a real bus is told to restart, the service is ended and started
// again as a restart does, and the rep sees the screen of the same session without
// another question.
func TestX7_TheSessionGoesOnAfterTheMachineRestarted(t *testing.T) {
	m := newMachine(t)
	s := m.ask()
	m.allow(m.first, s)
	_, err := m.first.desktop.Window(m.ctx, bed.BannerTitle)
	m.must(err)
	m.must(bed.Until(m.ctx, "the session to be elevated", func() (bool, error) {
		got, err := m.rep.Sessions.Get(m.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
		return err == nil && got.Msg.Session.Elevated, err
	}))
	_, err = apipbconnect.NewMachineServiceClient(m.rep.HTTP, m.broker.Console).Restart(m.ctx, connect.NewRequest(&apipb.RestartRequest{SessionId: s.Id, Confirm: true}))
	m.must(err)
	m.must(m.first.desktop.Answer(m.ctx, true))
	select {
	case <-m.login.Restarts():
	case <-m.ctx.Done():
		t.Fatal("logind was not told to restart: ", m.ctx.Err())
	}
	m.service.Stop()
	m.must(bed.Until(m.ctx, "the banner to leave the screen", func() (bool, error) {
		return !m.first.desktop.HasWindow(bed.BannerTitle), nil
	}))
	m.service, err = m.service.Again(filepath.Join(programs, "alongside"), m.login, m.log)
	m.must(err)
	_, err = m.first.desktop.Window(m.ctx, bed.BannerTitle)
	m.must(err)
	v, err := m.rep.Watch(m.ctx, m.broker, s.Id)
	m.must(err)
	m.must(bed.SameCanvas(m.ctx, v, m.first.desktop))
	if m.first.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("the person is asked again")
	}
	m.results("session.restart", "ok")
	m.results("session.restarting", "ok")
	m.results("session.regain", "ok")
}
