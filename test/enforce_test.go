//go:build linux

package test

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// begin starts a session on a device and says Yes on its desktop.
func (w *world) begin(device string) *apipb.Session {
	w.t.Helper()
	s, err := w.rep.Start(w.ctx, device)
	w.must(err)
	w.must(w.desktop.Answer(w.ctx, true))
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	return s
}

// TestE2_E7_EntitlementAndOrderOfScopes: what the organisation says of a device
// and in which order scopes stand counts for the next start, with no restart.
func TestE2_E7_EntitlementAndOrderOfScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	o := w.rep.Office(w.broker)
	entitle := func(yes bool) {
		t.Helper()
		_, err := w.rep.Inventory.UpdateDevice(w.ctx, connect.NewRequest(&apipb.UpdateDeviceRequest{Id: d.Id, Entitled: &yes}))
		w.must(err)
	}
	refused := func(want wirepb.ErrorCode, says string) {
		t.Helper()
		if _, err := w.rep.Start(w.ctx, d.Id); errorCode(err) != want || !strings.Contains(err.Error(), says) {
			t.Errorf("start is answered %v, want %v with %q", err, want, says)
		}
	}
	entitle(false)
	refused(wirepb.ErrorCode_ERROR_CODE_NOT_ENTITLED, "")
	entitle(true)

	all, _, err := o.Scopes(w.ctx)
	w.must(err)
	off, err := o.AddScope(w.ctx, &apipb.Scope{
		Name: "Switched off", Devices: &apipb.Matcher{Names: []string{w.host}}, Settings: map[string]string{"remote_support": "false"},
	})
	w.must(err)
	refused(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "Switched off")
	if w.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("somebody was asked for a session that was refused")
	}
	w.must(o.OrderScopes(w.ctx, all[0].Id, off))
	s := w.begin(d.Id)
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	w.must(err)
}

// TestE9_A10_C5_Q8_ViewOnlyTakesNoInput: in a scope that only looks, raw input that
// a viewer sends all the same moves and types nothing, and is recorded.
func TestE9_A10_C5_Q8_ViewOnlyTakesNoInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.terminal()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.set(d.Id, map[string]string{"view_only": "true"})
	w.viewsOnly(w.begin(d.Id))
}

// TestE9_A12_ViewOnlyReachesARunningSession: a scope that is turned view only takes
// the input from a session that is on, for the viewer that has it already, and the
// viewer is told.
func TestE9_A12_ViewOnlyReachesARunningSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.terminal()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	s := w.begin(d.Id)
	v := w.look(s.Id)
	if !s.Control || !v.State().GetControl() {
		t.Fatal("the session has no control to lose")
	}
	controls, err := w.desktop.Banner()
	w.must(err)
	w.set(d.Id, map[string]string{"view_only": "true"})
	w.must(bed.Until(w.ctx, "the viewer to be told", func() (bool, error) { return !v.State().GetControl(), nil }))
	var became string
	w.must(bed.Until(w.ctx, "the banner to say something else, and no more", func() (bool, error) {
		last := became
		became, err = w.desktop.Banner()
		return became != controls && became == last, err
	}))
	w.takesNothing(s, v)

	// It says what that of a session says that was view only from the start.
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	s = w.begin(d.Id)
	w.look(s.Id)
	w.must(bed.Until(w.ctx, "the banner of a session that only looks", func() (bool, error) {
		now, err := w.desktop.Banner()
		return now == became, err
	}))
}

// viewsOnly has a viewer of an active session send input, and ends it.
func (w *world) viewsOnly(s *apipb.Session) {
	w.t.Helper()
	if s.Control {
		w.t.Error("the session controls")
	}
	w.takesNothing(s, w.look(s.Id))
}

// takesNothing has a viewer send input that must not arrive, and ends the session.
func (w *world) takesNothing(s *apipb.Session, v *bed.Viewer) {
	w.t.Helper()
	before, err := w.desktop.Pointer()
	w.must(err)
	w.typeInto(v, "touch typed")
	// What is shown afterwards was drawn after the input came.
	w.must(w.desktop.Run("xterm -T Later -geometry 20x2+800+500 -e sleep 60 >/dev/null 2>&1 &"))
	_, err = w.desktop.Window(w.ctx, "^Later$")
	w.must(err)
	w.must(bed.SameCanvas(w.ctx, v.Session, w.desktop))
	w.must(w.desktop.Done(w.ctx))
	_, err = w.rep.Office(w.broker).Record(w.ctx, s.Id, "input_rejected:view_only")
	w.must(err)
	if _, err := os.Stat(filepath.Join(w.desktop.Dir, "typed")); !errors.Is(err, os.ErrNotExist) {
		w.t.Error("the text was typed")
	}
	if after, err := w.desktop.Pointer(); err != nil || before == image.Pt(300, 300) || after == image.Pt(300, 300) {
		w.t.Errorf("the pointer was at %v and is at %v, %v", before, after, err)
	}
}

// TestQ7_ExpiryRunsWhileHeldAndNotWhileAsking: the agreed minute begins with the Yes, and
// is over in time although nobody serves the session.
func TestQ7_ExpiryRunsWhileHeldAndNotWhileAsking(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.set(d.Id, map[string]string{"session_expiry_min": "1"})
	s := w.ask()
	asked := time.Now()
	w.must(w.desktop.Answer(w.ctx, true))
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	left := time.Duration(s.ExpiresInMs) * time.Millisecond
	if took := time.Since(asked); left < time.Minute-took {
		t.Errorf("%v are left of a minute, %v after the prompt stood", left, took)
	}
	began := time.Now()
	_, err = w.rep.Sessions.Close(w.ctx, connect.NewRequest(&apipb.CloseRequest{Id: s.Id, Outcome: "hold"}))
	w.must(err)
	_, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_EXPIRED)
	w.must(err)
	if took := time.Since(began); took < left-time.Second {
		t.Errorf("over after %v, %v were left", took, left)
	}
	w.nothingLeft()
}

// TestX13_FloorBeatsTheBroker: a broker that lets reps control cannot where the
// device's own administrator says that they may only look.
func TestX13_FloorBeatsTheBroker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{noAgent: true})
	floor := filepath.Join(w.mkdir("etc"), "policy.toml")
	w.must(os.WriteFile(floor, []byte("view_only = true\n"), 0o644))
	bundle, err := w.broker.Bundle(w.ctx, w.dir)
	w.must(err)
	w.agent, err = bed.NewAgent(w.ctx, filepath.Join(programs, "alongside"), filepath.Join(w.dir, "agent"), bundle, w.desktop, w.log, "--policy", floor)
	w.must(err)
	t.Cleanup(func() { w.agent.Stop() })
	w.terminal()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)

	s, err := w.rep.Start(w.ctx, d.Id)
	w.must(err)
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	w.must(err)
	if s.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED || w.desktop.HasWindow(bed.ConsentTitle) {
		t.Errorf("control beyond the floor is refused with %v", s.Code)
	}
	res, err := w.rep.Sessions.Start(w.ctx, connect.NewRequest(&apipb.StartRequest{DeviceId: d.Id, Path: "inventory", ViewOnly: true}))
	w.must(err)
	w.must(w.desktop.Answer(w.ctx, true))
	s, err = w.rep.Phase(w.ctx, res.Msg.Session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	w.viewsOnly(s)
}

// countsDown waits until the banner has said several times how much is left: it
// changes by itself, every second.
func (w *world) countsDown() {
	w.t.Helper()
	var last string
	seen := 0
	w.must(bed.Until(w.ctx, "the banner to count down", func() (bool, error) {
		now, err := w.desktop.Banner()
		if err == nil && now != last {
			last = now
			seen++
		}
		return seen > 3, err
	}))
}

// endsWithoutBroker stops the broker where it stands and waits until the
// endpoint has ended the session by itself, not before its time.
func (w *world) endsWithoutBroker(left time.Duration) {
	w.t.Helper()
	began := time.Now()
	w.must(w.broker.Signal(syscall.SIGSTOP))
	stopped := true
	goOn := func() {
		if stopped {
			stopped = false
			w.must(w.broker.Signal(syscall.SIGCONT))
		}
	}
	defer goOn()
	w.nothingLeft()
	// A second is for the way there and back.
	if took := time.Since(began); took < left-time.Second {
		w.t.Errorf("ended after %v, %v before its time", took, left-took)
	}
	goOn()
}

// TestE10_A9_L3_L4_L5_L7_ExpiryWithoutBroker: the agreed minute runs on the banner, and
// the endpoint ends the session by its own clock while the broker hangs.
func TestE10_A9_L3_L4_L5_L7_ExpiryWithoutBroker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.terminal()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	s := w.begin(d.Id)
	_, err = w.desktop.Window(w.ctx, bed.BannerTitle)
	w.must(err)
	endless, err := w.desktop.BannerWidth()
	w.must(err)
	if s.ExpiresInMs != 0 {
		t.Errorf("%d ms are left of a session without an expiry", s.ExpiresInMs)
	}
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	w.must(err)
	w.must(w.desktop.Type(w.ctx, "Support session ended"))

	w.set(d.Id, map[string]string{"session_expiry_min": "1"})
	w.typeOnce(d.Id)
	before := w.before()
	s = w.begin(d.Id)
	v := w.look(s.Id)
	w.holds(v, true)
	if s.ExpiresInMs <= 0 || s.ExpiresInMs > 60_000 {
		t.Errorf("%d ms are left of a minute", s.ExpiresInMs)
	}
	w.countsDown()
	if width, err := w.desktop.BannerWidth(); err != nil || width <= endless {
		t.Errorf("the banner with a countdown is %d wide, without %d, %v", width, endless, err)
	}
	now, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	w.endsWithoutBroker(time.Duration(now.ExpiresInMs) * time.Millisecond)
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_EXPIRED)
	w.must(err)
	if s.EndedBy != wirepb.EndedBy_ENDED_BY_EXPIRY {
		t.Errorf("ended by %v", s.EndedBy)
	}
	w.oneTerminalRecord("expired")
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	w.leavesNothing("expiry", before, v, s.Id)
}

// TestQ1_L4_L7_SwitchedOffInASession: both sides have their notice, and the
// endpoint keeps to it although the broker hangs.
func TestQ1_L4_L7_SwitchedOffInASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.terminal()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.typeOnce(d.Id)
	before := w.before()
	s := w.begin(d.Id)
	v := w.look(s.Id)
	w.holds(v, true)
	w.set(d.Id, map[string]string{"remote_support": "false"})
	var left time.Duration
	w.must(bed.Until(w.ctx, "the notice", func() (bool, error) {
		now, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
		left = time.Duration(now.GetExpiresInMs()) * time.Millisecond
		return left > 0, err
	}))
	if left > 30*time.Second {
		t.Errorf("%v of notice, want at most 30 s", left)
	}
	w.countsDown()
	now, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	w.endsWithoutBroker(time.Duration(now.ExpiresInMs) * time.Millisecond)
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
	if s.EndedBy != wirepb.EndedBy_ENDED_BY_POLICY {
		t.Errorf("ended by %v, want policy", s.EndedBy)
	}
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	w.leavesNothing("the switch", before, v, s.Id)
}
