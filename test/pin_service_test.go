//go:build linux

package test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// pinnable is a plain user's session on a machine that can be pinned: a program plays its
// systemd.
type pinnable struct {
	*plainUser
	system []string // the folders in which things are installed
}

func newPinnable(t *testing.T) *pinnable {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &pinnable{plainUser: newManagedUser(t, self)}
	w.system = []string{w.polkit.Path("/opt/"), w.polkit.Path("/etc/"), w.polkit.Path("/var/lib/")}
	t.Cleanup(func() {
		if pid := w.service(); pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if b, err := os.ReadFile(w.polkit.Path(playedLog)); err == nil && t.Failed() {
			t.Logf("the service said:\n%s", b)
		}
	})
	return w
}

// service is the process of the machine's service; 0: there is none.
func (w *pinnable) service() int {
	b, err := os.ReadFile(w.polkit.Path(playedPID))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(b))
	w.must(err)
	return pid
}

// elevated elevates the session's client.
func (w *pinnable) elevated() {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "the offer", func() (bool, error) { return w.now().ElevationOffer != nil, nil }))
	w.elevate("boss", adminPassword)
	w.must(w.desktop.Answer(w.ctx, true))
	w.tried(1, wirepb.ElevationState_ELEVATION_STATE_DONE)
	w.must(bed.Until(w.ctx, "the rights", func() (bool, error) { return w.now().Elevated, nil }))
	_, err := w.desktop.Window(w.ctx, bed.BannerTitle)
	w.must(err)
}

// gone waits until the machine's service has ended and its device is forgotten, and
// compares what is installed with before.
func (w *pinnable) gone(c *apipb.JumpClient, pid int, before map[string]string) {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "its process to end", func() (bool, error) { return !alive(pid), nil }))
	w.must(bed.Until(w.ctx, "the device to be forgotten", func() (bool, error) {
		r, err := w.rep.Inventory.GetDevice(w.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: c.DeviceId}))
		return err == nil && r.Msg.Device.Revoked && !r.Msg.Device.Online, err
	}))
	if d := cmp.Diff(before, w.files(w.system...)); d != "" {
		w.t.Errorf("left behind: %s", d)
	}
}

// TestV8_J9_J6_L12_AnElevatedSessionPinsTheMachine: a user's client is elevated by real
// polkit and pinned in service mode: the program, the unit and a device of its own come
// to where they belong, root's alone, and its service runs. The end of the session leaves
// it, a Jump reaches it, and unpinned it goes without a trace. A program plays systemd.
func TestV8_J9_J6_L12_AnElevatedSessionPinsTheMachine(t *testing.T) {
	w := newPinnable(t)
	_, err := w.pin(w.session, &apipb.PinRequest{Mode: wirepb.JumpMode_JUMP_MODE_SERVICE}, nil)
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION {
		t.Fatalf("J9: %v", err)
	}
	w.elevated()
	before := w.files(w.system...)

	// A user's home is nothing that root writes into, and a No changes nothing.
	service := &apipb.PinRequest{Mode: wirepb.JumpMode_JUMP_MODE_SERVICE, Details: &apipb.JumpDetails{Name: "Till 7"}}
	_, err = w.pin(w.session, &apipb.PinRequest{Mode: wirepb.JumpMode_JUMP_MODE_USER}, nil)
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_SERVICE_MODE_ONLY {
		t.Errorf("user mode: %v", err)
	}
	_, err = w.pin(w.session, service, func() { w.must(w.desktop.Answer(w.ctx, false)) })
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Errorf("after a No: %v", err)
	}
	if d := cmp.Diff(before, w.files(w.system...)); d != "" {
		t.Fatalf("installed without a yes: %s", d)
	}

	c, err := w.pin(w.session, service, func() { w.must(w.desktop.Answer(w.ctx, true)) })
	w.must(err)
	if c.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE || c.DeviceId == w.session.DeviceId {
		t.Fatalf("%v, in a session with %s", c, w.session.DeviceId)
	}
	want, err := os.ReadFile(filepath.Join(programs, "alongside"))
	w.must(err)
	program := w.polkit.Path("/opt/alongside/alongside")
	if got, err := os.ReadFile(program); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the installed program has %d bytes of %d: %v", len(got), len(want), err)
	}
	for path, mode := range map[string]os.FileMode{"/opt/alongside": 0o755, "/opt/alongside/alongside": 0o755, playedUnit: 0o644, "/var/lib/alongside": 0o700} {
		fi, err := os.Stat(w.polkit.Path(path))
		if err != nil || fi.Mode().Perm() != mode || fi.Sys().(*syscall.Stat_t).Uid != 0 {
			t.Errorf("%s: %v, %v", path, fi, err)
		}
	}
	if to, err := os.Readlink(w.polkit.Path(playedWanted)); err != nil || to != playedUnit {
		t.Errorf("not enabled: %q, %v", to, err)
	}
	pid := w.service()
	online := func(want bool) {
		t.Helper()
		w.must(bed.Until(w.ctx, fmt.Sprintf("the machine to be online: %v", want), func() (bool, error) {
			r, err := w.rep.Inventory.GetDevice(w.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: c.DeviceId}))
			return err == nil && r.Msg.Device.Online == want, err
		}))
	}
	online(true)
	_, err = w.pin(w.session, service, nil)
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_ALREADY_INSTALLED {
		t.Errorf("a second time: %v", err)
	}

	// L12: the session's client goes back to what it was, and the machine's stays.
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: w.session.Id}))
	w.must(err)
	w.must(bed.Until(w.ctx, "the elevated client to be gone", func() (bool, error) { return len(w.roots()) == 0, nil }))
	online(true)
	s := w.jump(c.Id)
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	w.must(err)
	if s.DeviceId != c.DeviceId { // without logind it finds nobody to ask
		t.Errorf("a Jump came to %v", s)
	}

	_, err = w.jumps().Unpin(w.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id, Confirm: true}))
	w.must(err)
	w.must(bed.Until(w.ctx, "the removal in the log", func() (bool, error) {
		r, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: "jump.removed"}}))
		return err == nil && len(r.Msg.Records) == 1 && r.Msg.Records[0].Result == "ok", err
	}))
	w.gone(c, pid, before)
	if _, err := os.Stat(w.polkit.Path("/run/alongside")); !os.IsNotExist(err) {
		t.Errorf("the socket's folder is left: %v", err)
	}
}

// TestK_V8_AMachineThatWasPinnedIsUninstalled: by root on the machine, with the session that
// pinned it still on.
func TestK_V8_AMachineThatWasPinnedIsUninstalled(t *testing.T) {
	w := newPinnable(t)
	w.elevated()
	before := w.files(w.system...)
	c, err := w.pin(w.session, &apipb.PinRequest{Mode: wirepb.JumpMode_JUMP_MODE_SERVICE}, func() { w.must(w.desktop.Answer(w.ctx, true)) })
	w.must(err)
	pid := w.service()
	enter := w.polkit.Enter(&syscall.Credential{})
	out, err := bed.RunAs(w.ctx, nil, []string{"PATH=/usr/bin:/bin"}, enter[0], append(enter[1:], "/opt/alongside/alongside", "uninstall", "--forget")...)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.gone(c, pid, before)
}
