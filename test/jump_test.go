//go:build linux

package test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (w *world) jumps() apipbconnect.JumpServiceClient {
	return apipbconnect.NewJumpServiceClient(w.rep.HTTP, w.broker.Console)
}

// pin asks to pin out of a session, and has the person answer.
func (w *world) pin(s *apipb.Session, q *apipb.PinRequest, answer func()) (*apipb.JumpClient, error) {
	type answered struct {
		r   *connect.Response[apipb.PinResponse]
		err error
	}
	done := make(chan answered, 1)
	q.SessionId = s.Id
	go func() {
		r, err := w.jumps().Pin(w.ctx, connect.NewRequest(q))
		done <- answered{r, err}
	}()
	if answer != nil {
		answer()
	}
	a := <-done
	if a.err != nil {
		return nil, a.err
	}
	return a.r.Msg.Client, nil
}

func (w *world) jump(id string) *apipb.Session {
	w.t.Helper()
	r, err := w.jumps().StartJump(w.ctx, connect.NewRequest(&apipb.StartJumpRequest{Id: id}))
	w.must(err)
	return r.Msg.Session
}

func (w *world) end(s *apipb.Session) {
	w.t.Helper()
	_, err := w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	w.must(err)
	w.must(bed.Until(w.ctx, "the banner to go", func() (bool, error) { return !w.desktop.HasWindow(bed.BannerTitle), nil }))
}

func (w *world) active(s *apipb.Session) {
	w.t.Helper()
	_, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
}

// files lists what is below folders, without what programs of the desktop keep.
func (w *world) files(dirs ...string) map[string]string {
	w.t.Helper()
	all := map[string]string{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil {
				all[path] = d.Type().String()
			}
			return nil //nolint:nilerr // what is not there is not there
		})
		w.must(err)
	}
	return all
}

// TestJ1_J6_J7_L12_C9_UserModeFromPinToUnpin: a client that a user runs is pinned
// after a yes, outlasts the session and its own process, and is removed without a
// trace.
func TestJ1_J6_J7_L12_C9_UserModeFromPinToUnpin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{noAgent: true})
	floor := filepath.Join(w.mkdir("etc"), "policy.toml")
	w.must(os.WriteFile(floor, []byte("consent = \"policy\"\n"), 0o600))
	bundle, err := w.broker.Bundle(w.ctx, w.dir)
	w.must(err)
	w.agent, err = bed.NewAgent(w.ctx, filepath.Join(programs, "alongside"), filepath.Join(w.dir, "agent"), bundle, w.desktop, w.log, "--policy", floor)
	w.must(err)
	t.Cleanup(func() { w.agent.Stop() })

	home := []string{filepath.Join(w.desktop.Dir, ".local"), filepath.Join(w.desktop.Dir, "config")}
	s := w.ask()
	w.must(w.desktop.Answer(w.ctx, true))
	w.active(s)
	before := w.files(home...)
	c, err := w.pin(s, &apipb.PinRequest{Details: &apipb.JumpDetails{Name: "Till 7"}}, func() { w.must(w.desktop.Answer(w.ctx, false)) })
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Fatalf("after a No: %v, %v", c, err)
	}
	_, err = w.pin(s, &apipb.PinRequest{Mode: wirepb.JumpMode_JUMP_MODE_SERVICE}, nil)
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION {
		t.Fatalf("J9: %v", err)
	}
	if d := cmp.Diff(before, w.files(home...)); d != "" {
		t.Fatalf("installed without a yes: %s", d)
	}
	c, err = w.pin(s, &apipb.PinRequest{Details: &apipb.JumpDetails{Name: "Till 7"}}, func() { w.must(w.desktop.Answer(w.ctx, true)) })
	w.must(err)
	if c.Mode != wirepb.JumpMode_JUMP_MODE_USER || !c.Online {
		t.Fatalf("%v", c)
	}

	// L12: the end of the session leaves it, and a new Jump works.
	w.end(s)
	s = w.jump(c.Id)
	w.must(w.desktop.Answer(w.ctx, true))
	w.active(s)
	w.end(s)

	// As after the next sign-in: what the entry says is started.
	w.agent.Stop()
	entry, err := os.ReadFile(filepath.Join(w.desktop.Dir, "config", "autostart", "alongside-jump.desktop"))
	w.must(err)
	_, line, found := strings.Cut(string(entry), "\nExec=")
	line, _, _ = strings.Cut(line, "\n")
	if !found || !strings.HasPrefix(line, `"`+filepath.Join(w.desktop.Dir, ".local", "share", "alongside", "alongside")) {
		t.Fatalf("%s", entry)
	}
	p, err := w.desktop.Start("sh", "-c", "exec "+line)
	w.must(err)
	_, err = w.rep.Device(w.ctx, w.host)
	w.must(err)

	// I9: nobody is asked where both policies do without.
	w.set(c.DeviceId, map[string]string{"consent_present": "notify", "consent_absent": "notify"})
	s = w.jump(c.Id)
	w.active(s)
	_, err = w.desktop.Window(w.ctx, bed.BannerTitle)
	w.must(err)
	w.end(s)

	_, err = w.jumps().Unpin(w.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id}))
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED {
		t.Fatalf("C9: %v", err)
	}
	_, err = w.jumps().Unpin(w.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id, Confirm: true}))
	w.must(err)
	select {
	case <-p.Done():
	case <-w.ctx.Done():
		t.Fatal("what was uninstalled still runs")
	}
	if p.Err() != nil {
		t.Errorf("it ended with %v", p.Err())
	}
	if d := cmp.Diff(before, w.files(home...)); d != "" {
		t.Errorf("left behind: %s", d)
	}
	left, err := w.jumps().ListJumpClients(w.ctx, connect.NewRequest(&apipb.ListJumpClientsRequest{}))
	w.must(err)
	if len(left.Msg.Clients) != 0 {
		t.Errorf("still listed: %v", left.Msg.Clients)
	}
}
