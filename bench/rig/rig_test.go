//go:build linux

package rig_test

import (
	"context"
	"errors"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/bench/rig"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
)

// testTimeout bounds the whole, with the programs' build.
const testTimeout = 4 * time.Minute

// TestStepsOfTheEntry are those of bench/suts/alongside.json.
func TestStepsOfTheEntry(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), testTimeout, errors.New("the test took too long"))
	defer cancel()
	bin, work := t.TempDir(), t.TempDir()
	if err := bed.Build(ctx, bin, "", "../../cmd/..."); err != nil {
		t.Fatal(err)
	}
	x := x11test.Start(t, "1920x1080x24")
	// No session bus: neither is there one where the harness runs.
	env := append(os.Environ(), "DISPLAY="+x.Display, "HOME="+work, "XDG_RUNTIME_DIR="+work,
		"DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(work, "none"), "NO_AT_BRIDGE=1", "GTK_A11Y=none")
	desktop := &bed.Desktop{Display: x.Display, Env: env, Dir: work}

	if err := rig.StartBroker(ctx, work, filepath.Join(bin, "alongside-broker"), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	place, err := rig.Find(work)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := place.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	agent := exec.CommandContext(ctx, filepath.Join(bin, "alongside"), "run", "--state", filepath.Join(work, "agent"), "--bundle", filepath.Join(work, "enroll.alongside"))
	agent.Env, agent.Stderr = env, t.Output()
	agent.Cancel = func() error { return agent.Process.Signal(os.Interrupt) }
	agent.WaitDelay = 10 * time.Second
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = agent.Process.Signal(os.Interrupt)
		_ = agent.Wait()
	})

	rep, err := place.SignIn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Cookies()) != 1 {
		t.Errorf("cookies %v, want the one of the sign-in", rep.Cookies())
	}
	session, err := rep.Session(ctx, desktop)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := rep.View(ctx, session)
	if err != nil {
		t.Fatal(err)
	}
	first, payload := make(chan image.Point, 1), 0
	v := viewer.NewSession(stream, viewer.Options{OnUpdate: func(c *viewer.Canvas, u viewer.Update) {
		payload += u.Bytes
		if stream.Bytes() < int64(payload) {
			t.Errorf("%d bytes counted of the connection, updates have %d", stream.Bytes(), payload)
		}
		select {
		case first <- c.Size():
		default:
		}
	}})
	viewing, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- v.Run(viewing) }()
	select {
	case size := <-first:
		if size != image.Pt(1920, 1080) {
			t.Errorf("size %v", size)
		}
	case err := <-ended:
		t.Fatal(err)
	}
	if err := rig.ClearTop(ctx, desktop); err != nil {
		t.Error(err)
	}
	stop()
	<-ended
}
