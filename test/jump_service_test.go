//go:build linux

package test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestJ8_I9_J7_ServiceModeAtTheLoginScreen: a machine that was pinned while somebody
// was there is started, after a restart of its service, with nobody signed in: nobody
// is asked, the banner is over the login screen, and the rep sees what it shows.
func TestJ8_I9_J7_ServiceModeAtTheLoginScreen(t *testing.T) {
	m := newMachine(t)
	floor := filepath.Join(m.mkdir("etc"), "policy.toml")
	m.must(os.WriteFile(floor, []byte("consent = \"policy\"\n"), 0o600))
	run := func() {
		m.service.Stop()
		bundle, err := m.broker.Bundle(m.ctx, t.TempDir())
		m.must(err)
		m.service, err = bed.NewService(m.ctx, filepath.Join(programs, "alongside"), filepath.Join(m.dir, "service"), bundle, m.login, m.log, "--policy", floor)
		m.must(err)
	}
	run()
	t.Cleanup(func() { m.service.Stop() })
	m.ready(m.first)
	s := m.ask()
	m.allow(m.first, s)
	installed := func() map[string]string {
		all := m.files(filepath.Join(m.dir, "service"), m.first.desktop.Dir)
		maps.DeleteFunc(all, func(path, _ string) bool { return filepath.Base(path) == "memory.json" })
		return all
	}
	before := installed()
	c, err := m.pin(s, &apipb.PinRequest{Mode: wirepb.JumpMode_JUMP_MODE_SERVICE}, func() { m.must(m.first.desktop.Answer(m.ctx, true)) })
	m.must(err)
	if c.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE {
		t.Fatalf("%v", c)
	}
	m.end(s)

	// Everybody signs out, the login screen comes, and the service is started again.
	login := m.second
	login.Greeter = true
	m.first.Gone = true
	m.must(m.login.Put(m.first.Session))
	m.front(login)
	run()
	nobody := func() {
		m.must(bed.Until(m.ctx, "the device to be online with nobody in front", func() (bool, error) {
			r, err := m.rep.Inventory.GetDevice(m.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: c.DeviceId}))
			if err != nil {
				return false, err
			}
			d := r.Msg.Device
			shown := d.Capabilities.GetMonitors()
			return d.Online && !d.Capabilities.GetUserPresent() && d.Info.User == "" && len(shown) == 1 && shown[0].Width == login.width, nil
		}))
	}
	nobody()
	s = m.jump(c.Id)
	s, err = m.rep.Phase(m.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	m.must(err)
	if s.Code != wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT {
		t.Errorf("without the rule: %v", s.Code)
	}
	m.set(c.DeviceId, map[string]string{"consent_absent": "notify"})
	s = m.jump(c.Id)
	m.active(s)
	_, err = login.desktop.Window(m.ctx, bed.BannerTitle)
	m.must(err)
	v, err := m.rep.Watch(m.ctx, m.broker, s.Id)
	m.must(err)
	m.must(bed.SameCanvas(m.ctx, v, login.desktop))
	if login.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("the login screen asks")
	}
	m.desktop = login.desktop
	m.end(s)

	_, err = m.jumps().Unpin(m.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id, Confirm: true}))
	m.must(err)
	m.must(bed.Until(m.ctx, "the removal in the log", func() (bool, error) {
		r, err := m.rep.Audit.ListAudit(m.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: "jump.removed"}}))
		return err == nil && len(r.Msg.Records) == 1 && r.Msg.Records[0].Result == "ok", err
	}))
	if d := cmp.Diff(before, installed()); d != "" {
		t.Errorf("left behind: %s", d)
	}
	// The machine's own package stays, and so does the device.
	nobody()
}
