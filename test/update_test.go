//go:build linux

package test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/update"
	"github.com/alongside-remote/alongside/update/release"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// buildVersion builds the client as a version.
func (w *world) buildVersion(version string) (program string) {
	w.t.Helper()
	dir := w.mkdir(version)
	w.must(bed.Build(w.ctx, dir, version, "../cmd/alongside"))
	program = filepath.Join(dir, "alongside-linux-amd64")
	w.must(os.Rename(filepath.Join(dir, "alongside"), program))
	return program
}

// releaser is a releaser with a mirror.
type releaser struct {
	w      *pinnable
	folder release.Folder
	keys   release.Keys
	server *httptest.Server
}

func (w *pinnable) newReleaser() *releaser {
	w.t.Helper()
	key := func(name string) ed25519.PrivateKey {
		path := filepath.Join(w.mkdir("keys"), name)
		w.must(release.NewKey(path))
		k, err := release.ReadKey(path)
		w.must(err)
		return k
	}
	root := key("root")
	r := &releaser{w: w, folder: release.Folder{Path: w.mkdir("mirror"), Now: time.Now}, keys: release.Keys{Signing: key("signing"), Freshness: key("freshness")}}
	public := func(k ed25519.PrivateKey) []ed25519.PublicKey {
		return []ed25519.PublicKey{k.Public().(ed25519.PublicKey)}
	}
	w.must(r.folder.Draft(release.Roles{Root: public(root), Threshold: 1, Signing: public(r.keys.Signing), Freshness: public(r.keys.Freshness)}, release.RootLife))
	_, err := r.folder.SignRoot(root)
	w.must(err)
	r.server = httptest.NewServer(http.FileServer(http.Dir(r.folder.Path)))
	w.t.Cleanup(r.server.Close)
	return r
}

// floor is the lines of a machine's policy by which it takes what is released.
func (r *releaser) floor() string {
	root, err := r.folder.Root()
	r.w.must(err)
	return fmt.Sprintf("update_mirror = %q\nupdate_root = \"%x\"\n", r.server.URL, sha256.Sum256(root))
}

// as runs a program of the machine as root.
func (w *pinnable) as(args ...string) {
	w.t.Helper()
	enter := append(w.polkit.Enter(&syscall.Credential{}), args...)
	if out, err := bed.RunAs(w.ctx, nil, []string{"PATH=/usr/bin:/bin"}, enter[0], enter[1:]...); err != nil {
		w.t.Fatalf("%v: %v: %s", args, err, out)
	}
}

// updated waits until the broker has what became of a version on a device.
func (w *pinnable) updated(device, version string, want wirepb.TrialResult) {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "the broker to have "+version+": "+want.String(), func() (bool, error) {
		r, err := w.rep.Inventory.GetDevice(w.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: device}))
		if err != nil {
			return false, err
		}
		u := r.Msg.Device.Update
		return u.GetVersion() == version && u.GetResult() == want, nil
	}))
}

// TestD25_APinnedMachineUpdatesItself: a client that a session pinned takes a newer version
// from a web server that is not its broker's, comes back to the broker as that, goes back
// by itself from one that crashes, and is unpinned without a trace. A program plays systemd.
func TestD25_APinnedMachineUpdatesItself(t *testing.T) {
	if !*long {
		t.Skip("make test-long runs it: two versions are built, and each is waited for")
	}
	w := newPinnable(t)
	first, second := w.buildVersion("v1.0.0"), w.buildVersion("v1.1.0")
	r := w.newReleaser()
	w.must(r.folder.Add(r.keys, "v1.1.0", "stable", 100, []string{second}))
	w.must(os.MkdirAll(w.polkit.Path("/etc/alongside"), 0o755))
	w.must(os.WriteFile(w.polkit.Path("/etc/alongside/policy.toml"), []byte(r.floor()), 0o644))
	w.elevated()
	before := w.files(w.system...)
	c, err := w.pin(w.session, &apipb.PinRequest{Mode: wirepb.JumpMode_JUMP_MODE_SERVICE}, func() { w.must(w.desktop.Answer(w.ctx, true)) })
	w.must(err)

	// As if an older release had pinned it.
	w.as("/usr/bin/systemctl", "stop", "alongside.service")
	program := w.polkit.Path("/opt/alongside/alongside")
	w.must(os.Remove(program))
	old, err := os.ReadFile(first)
	w.must(err)
	w.must(os.WriteFile(program, old, 0o755))
	w.must(os.Chmod(program, 0o755))
	w.as("/usr/bin/systemctl", "start", "alongside.service")
	runs := func(version string) {
		t.Helper()
		w.must(bed.Until(w.ctx, "the broker to see "+version, func() (bool, error) {
			r, err := w.rep.Inventory.GetDevice(w.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: c.DeviceId}))
			return err == nil && r.Msg.Device.Online && r.Msg.Device.Info.AgentVersion == version, err
		}))
	}
	journal := func(what string, is func(j update.Journal) bool) {
		t.Helper()
		w.must(bed.Until(w.ctx, what, func() (bool, error) {
			j, err := update.ReadJournal(filepath.Dir(program))
			return err == nil && is(j), err
		}))
	}
	runs("v1.0.0")
	runs("v1.1.0")
	journal("the end of the trial", func(j update.Journal) bool {
		return j.Trial == nil && j.Last != nil && j.Last.Reason == update.Installed
	})
	w.updated(c.DeviceId, "v1.1.0", wirepb.TrialResult_TRIAL_RESULT_INSTALLED)

	crashing := filepath.Join(w.mkdir("v1.2.0"), "alongside-linux-amd64")
	w.must(os.WriteFile(crashing, []byte("#!/bin/sh\n[ \"$1\" = version ] && echo alongside v1.2.0 && exit\nexit 2\n"), 0o600))
	w.must(r.folder.Add(r.keys, "v1.2.0", "stable", 100, []string{crashing}))
	w.as("/usr/bin/systemctl", "restart", "alongside.service") // it looks soon after its start
	journal("the way back", func(j update.Journal) bool {
		return j.Trial == nil && j.Passed("v1.2.0") && j.Last.Reason == update.Crashed && strings.Contains(j.Last.Detail, "restart")
	})
	runs("v1.1.0")
	w.updated(c.DeviceId, "v1.2.0", wirepb.TrialResult_TRIAL_RESULT_CRASHED)
	l, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{
		Filter: &apipb.AuditFilter{Action: "device.update", DeviceId: c.DeviceId},
	}))
	w.must(err)
	var log []string
	for _, r := range l.Msg.Records {
		version, _, _ := strings.Cut(r.Detail, " ")
		log = append(log, r.Result+" "+version)
	}
	if want := []string{"crashed v1.2.0", "ok v1.1.0"}; !slices.Equal(log, want) {
		t.Errorf("the audit log has %q, want %q", log, want)
	}

	pid := w.service()
	_, err = w.jumps().Unpin(w.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id, Confirm: true}))
	w.must(err)
	w.gone(c, pid, before)
}
