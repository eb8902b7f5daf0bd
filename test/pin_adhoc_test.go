//go:build linux

package test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// customerClient brings a customer from the portal page to a session with the client of
// that session, all by the API and the files that a browser would fetch.
func (w *world) customerClient() (*bed.Adhoc, *apipb.Session) {
	w.t.Helper()
	desk, portal := apipbconnect.NewPortalDeskServiceClient(w.rep.HTTP, w.broker.Console), apipbconnect.NewPortalServiceClient(w.rep.HTTP, w.broker.Console)
	_, err := desk.SavePortal(w.ctx, connect.NewRequest(&apipb.SavePortalRequest{Settings: &apipb.PortalSettings{Open: true, Title: "Help"}}))
	w.must(err)
	key, err := desk.CreateSessionKey(w.ctx, connect.NewRequest(&apipb.CreateSessionKeyRequest{ValidS: 600}))
	w.must(err)
	visit, err := portal.BeginChat(w.ctx, connect.NewRequest(&apipb.BeginChatRequest{Name: "Cora Customer", To: &apipb.BeginChatRequest_Key{Key: key.Msg.Code}}))
	w.must(err)
	page, err := portal.WatchChat(w.ctx, connect.NewRequest(&apipb.WatchChatRequest{Token: visit.Msg.Token}))
	w.must(err)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for page.Receive() {
		}
	}()
	w.t.Cleanup(func() { _ = page.Close(); <-closed })
	var s *apipb.Session
	w.must(bed.Until(w.ctx, "the chat to wait", func() (bool, error) {
		live, err := w.rep.Live.Watch(w.ctx, connect.NewRequest(&apipb.WatchRequest{}))
		if err != nil {
			return false, err
		}
		defer live.Close()
		if !live.Receive() {
			return false, live.Err()
		}
		for _, one := range live.Msg().GetSnapshot().GetSessions() {
			if one.Phase == apipb.SessionPhase_SESSION_PHASE_WAITING {
				s = one
			}
		}
		return s != nil, errors.New("none waits")
	}))
	_, err = w.rep.Sessions.Resume(w.ctx, connect.NewRequest(&apipb.ResumeRequest{Id: s.Id}))
	w.must(err)
	_, err = desk.RunClient(w.ctx, connect.NewRequest(&apipb.RunClientRequest{SessionId: s.Id}))
	w.must(err)
	f, err := portal.FetchClient(w.ctx, connect.NewRequest(&apipb.FetchClientRequest{Token: visit.Msg.Token}))
	w.must(err)
	client, err := w.desktop.Download(filepath.Join(programs, "alongside"), f.Msg.BundleName, []byte(f.Msg.Bundle))
	w.must(err)
	w.must(client.Start())
	w.must(w.desktop.AnswerTo(w.ctx, tray.AdhocTitle, true))
	w.must(w.desktop.Answer(w.ctx, true))
	w.active(s)
	return client, s
}

// runs lists the processes of a program.
func runs(program string) (all []int) {
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range exes {
		var pid int
		if to, err := os.Readlink(exe); err == nil && strings.TrimSuffix(to, " (deleted)") == program {
			if _, err := fmt.Sscanf(exe, "/proc/%d/exe", &pid); err == nil {
				all = append(all, pid)
			}
		}
	}
	return all
}

// TestJ1_L11_L12_J6_TheClientOfOneSessionLeavesAJumpClient: the customer's client is pinned
// in its session: a client that stays is installed for the user, as another device, and
// runs. The session's end takes the session's client away and leaves the other, which is
// reached by a Jump, starts at the next sign-in and goes without a trace when it is unpinned.
func TestJ1_L11_L12_J6_TheClientOfOneSessionLeavesAJumpClient(t *testing.T) {
	t.Parallel()
	clients := t.TempDir()
	if err := os.WriteFile(filepath.Join(clients, "alongside-linux-"+runtime.GOARCH), []byte("a client"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, setup{noAgent: true, broker: bed.BrokerOptions{Clients: clients}})
	installed := filepath.Join(w.desktop.Dir, ".local", "share", "alongside", "alongside")
	t.Cleanup(func() {
		for _, pid := range runs(installed) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	before, err := w.desktop.Tree()
	w.must(err)
	client, s := w.customerClient()
	with, err := w.desktop.Tree()
	w.must(err)

	_, err = w.pin(s, &apipb.PinRequest{Mode: wirepb.JumpMode_JUMP_MODE_SERVICE}, nil)
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION {
		t.Errorf("J9: %v", err)
	}
	till := &apipb.PinRequest{Details: &apipb.JumpDetails{Name: "Cora's"}}
	_, err = w.pin(s, till, func() { w.must(w.desktop.Answer(w.ctx, false)) })
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Errorf("after a No: %v", err)
	}
	now, err := w.desktop.Tree()
	w.must(err)
	if d := cmp.Diff(with, now); d != "" {
		t.Fatalf("installed without a yes: %s", d)
	}
	c, err := w.pin(s, till, func() { w.must(w.desktop.Answer(w.ctx, true)) })
	w.must(err)
	if c.Mode != wirepb.JumpMode_JUMP_MODE_USER || c.DeviceId == s.DeviceId {
		t.Fatalf("%v, in a session with %s", c, s.DeviceId)
	}
	_, err = w.pin(s, till, nil)
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_ALREADY_INSTALLED {
		t.Errorf("a second time: %v", err)
	}
	online := func(want bool) {
		t.Helper()
		w.must(bed.Until(w.ctx, fmt.Sprintf("the Jump Client to be online: %v", want), func() (bool, error) {
			r, err := w.rep.Inventory.GetDevice(w.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: c.DeviceId}))
			if err != nil {
				return false, err
			}
			ready := r.Msg.Device.Capabilities.GetConsent().GetReason() == wirepb.Reason_REASON_OK
			return r.Msg.Device.Online == want && (ready || !want), nil
		}))
	}
	online(true)

	// The end of the session takes what was downloaded away, and nothing else.
	w.end(s)
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	select {
	case <-client.Done():
	case <-w.ctx.Done():
		t.Fatal("the session's client does not end")
	}
	w.must(client.Err())
	w.must(os.Remove(filepath.Dir(client.Program))) // empty
	now, err = w.desktop.Tree()
	w.must(err)
	for _, path := range now {
		rel, err := filepath.Rel(w.desktop.Dir, path)
		w.must(err)
		if ours := strings.HasPrefix(rel, ".local") || strings.HasPrefix(rel, filepath.Join("config", "autostart")); !ours && !strings.Contains(strings.Join(before, "\n")+"\n", path+"\n") {
			t.Errorf("left by the session's client: %s", rel)
		}
	}

	// The other one is reached, also after the next sign-in.
	online(true)
	jump := func() {
		t.Helper()
		j := w.jump(c.Id)
		w.must(w.desktop.Answer(w.ctx, true))
		w.active(j)
		w.end(j)
	}
	jump()
	for _, pid := range runs(installed) {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	w.must(bed.Until(w.ctx, "it to end", func() (bool, error) { return len(runs(installed)) == 0, nil }))
	online(false)
	entry, err := os.ReadFile(filepath.Join(w.desktop.Dir, "config", "autostart", "alongside-jump.desktop"))
	w.must(err)
	_, line, found := strings.Cut(string(entry), "\nExec=")
	line, _, _ = strings.Cut(line, "\n")
	if !found {
		t.Fatalf("%s", entry)
	}
	p, err := w.desktop.Start("sh", "-c", "exec "+line)
	w.must(err)
	online(true)
	jump()

	_, err = w.jumps().Unpin(w.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id, Confirm: true}))
	w.must(err)
	select {
	case <-p.Done():
	case <-w.ctx.Done():
		t.Fatal("what was uninstalled still runs")
	}
	w.must(p.Err())
	online(false)
	d, err := w.rep.Inventory.GetDevice(w.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: c.DeviceId}))
	w.must(err)
	if !d.Msg.Device.Revoked {
		t.Error("the broker still knows the device")
	}
	now, err = w.desktop.Tree()
	w.must(err)
	if d := cmp.Diff(before, now); d != "" {
		t.Errorf("left behind: %s", d)
	}
}
