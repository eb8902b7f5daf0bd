//go:build linux

package test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestI6_NoIsDeniedByUser: the console says so, and nothing was shown.
func TestI6_NoIsDeniedByUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.must(w.console.SignIn(repName, repPassword))
	w.must(w.console.Support(w.host))
	w.must(w.desktop.Answer(w.ctx, false))
	w.must(w.console.Phase("denied"))
	w.must(w.console.Screenshot("denied"))
	var viewers int
	w.must(w.console.Eval(`document.querySelectorAll('alongside-viewer').length`, &viewers))
	if viewers != 0 {
		t.Errorf("%d viewers on the page after a No", viewers)
	}
	w.oneTerminalRecord("denied_by_user")
}

// TestQ2_IgnoredPromptIsDenied: no answer until the timeout is a No, and the
// prompt is gone.
func TestQ2_IgnoredPromptIsDenied(t *testing.T) {
	t.Parallel()
	// Long enough for the prompt to be seen on a machine that does much else.
	w := newWorld(t, setup{broker: bed.BrokerOptions{ConsentTimeout: 20 * time.Second}})
	s := w.ask()
	s, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	w.must(err)
	if s.Code != wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT {
		t.Errorf("code %v, want consent_timeout", s.Code)
	}
	w.must(bed.Until(w.ctx, "the prompt to go", func() (bool, error) { return !w.desktop.HasWindow(bed.ConsentTitle), nil }))
	w.oneTerminalRecord("consent_timeout")
}

// TestI7_CancelledWhileAsking: the rep cancels; the prompt is withdrawn.
func TestI7_CancelledWhileAsking(t *testing.T) {
	w := newWorld(t, setup{})
	s := w.ask()
	_, err := w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	w.must(err)
	_, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_CANCELLED)
	w.must(err)
	w.must(bed.Until(w.ctx, "the prompt to go", func() (bool, error) { return !w.desktop.HasWindow(bed.ConsentTitle), nil }))
	w.oneTerminalRecord("cancelled")
}

// TestC2_C4_NothingBeforeYes: before the person has answered there is no ticket, and what
// the endpoint sends, counted on its wire, is far from a picture, whatever is drawn.
func TestC2_C4_NothingBeforeYes(t *testing.T) {
	t.Parallel()
	w, wire := newWiredWorld(t)
	_, err := w.rep.Device(w.ctx, w.host)
	w.must(err)

	before := wire.Sent()
	s := w.ask()
	w.must(w.desktop.Run("xterm -T Noise -geometry 100x30+0+0 -e sh -c 'head -c 100000 /dev/urandom | base64; sleep 60' >/dev/null 2>&1 &"))
	_, err = w.desktop.Window(w.ctx, "^Noise$")
	w.must(err)
	if _, err := w.rep.Sessions.Attach(w.ctx, connect.NewRequest(&apipb.AttachRequest{Id: s.Id})); err == nil {
		t.Error("a viewer's ticket before the Yes")
	}
	const control = 16 << 10 // heartbeats and reports take a hundred bytes each
	quiet := wire.Sent() - before
	if quiet > control {
		t.Errorf("%d bytes were sent before the Yes", quiet)
	}
	before = wire.Sent()
	w.must(w.desktop.Answer(w.ctx, true))
	w.active(s)
	w.look(s.Id)
	if sent := wire.Sent() - before; sent < 4*control {
		t.Errorf("a picture took %d bytes: the count proves nothing", sent)
	}
}

// TestI7_SecondRepCannotSlipIn: while one session is asked for or active, no
// other starts on the device.
func TestI7_SecondRepCannotSlipIn(t *testing.T) {
	w := newWorld(t, setup{})
	w.must(w.broker.AddRep(w.ctx, "rep.two", "Second Rep", repPassword, false))
	second, err := w.broker.SignIn(w.ctx, "rep.two", repPassword)
	w.must(err)
	s := w.ask()
	if _, err := second.Start(w.ctx, s.DeviceId); err == nil {
		t.Error("a second session while the first is being asked for")
	}
	w.must(w.desktop.Answer(w.ctx, true))
	_, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	if _, err := second.Start(w.ctx, s.DeviceId); err == nil {
		t.Error("a second session while the first is active")
	}
	if _, err := second.Sessions.Attach(w.ctx, connect.NewRequest(&apipb.AttachRequest{Id: s.Id})); err == nil {
		t.Error("another rep got a ticket for the session")
	}
}

// TestE1_UnenrolledDeviceIsNotReached: no dialog, a typed refusal, a record.
func TestE1_UnenrolledDeviceIsNotReached(t *testing.T) {
	w := newWorld(t, setup{noAgent: true})
	_, err := w.rep.Start(w.ctx, "00000000000000000000000000000000")
	if err == nil {
		t.Fatal("a session on a device that is not enrolled")
	}
	if code := errorCode(err); code != wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED {
		t.Errorf("code %v, want not_enrolled: %v", code, err)
	}
	w.oneRecord("not_enrolled")
}

// TestC3_EndpointHasNoListener: nothing of the agent listens on TCP, so
// nobody can answer its prompts from elsewhere.
func TestC3_EndpointHasNoListener(t *testing.T) {
	w := newWorld(t, setup{})
	_, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	ports, err := w.agent.Listeners()
	w.must(err)
	if len(ports) > 0 {
		t.Errorf("the agent listens on %v", ports)
	}
}

// TestD16_TheHelperIsConfined: while it shows the screen, it can neither start a program
// nor gain rights by one, and the kernel refuses calls.
func TestD16_TheHelperIsConfined(t *testing.T) {
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.look(w.begin(d.Id).Id)
	pid, err := w.agent.Child("helper")
	w.must(err)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	w.must(err)
	const filtered = 2 // SECCOMP_MODE_FILTER
	for _, want := range []string{"NoNewPrivs:\t1", fmt.Sprintf("Seccomp:\t%d", filtered)} {
		if !strings.Contains(string(status), want+"\n") {
			t.Errorf("the helper has no %q:\n%s", want, status)
		}
	}
}

func errorCode(err error) wirepb.ErrorCode {
	ce, ok := err.(*connect.Error) //nolint:errorlint // connect returns it bare
	if !ok {
		return 0
	}
	for _, d := range ce.Details() {
		if v, err := d.Value(); err == nil {
			if e, ok := v.(*apipb.ErrorDetail); ok {
				return e.Code
			}
		}
	}
	return 0
}

// oneTerminalRecord checks I7: exactly one record of the session's end.
func (w *world) oneTerminalRecord(result string) { w.t.Helper(); w.oneRecord(result) }

// oneRecord checks that exactly one audit record has this result.
func (w *world) oneRecord(result string) {
	w.t.Helper()
	res, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{}))
	w.must(err)
	n := 0
	for _, r := range res.Msg.Records {
		if r.Result == result {
			n++
		}
	}
	if n != 1 {
		w.t.Errorf("%d audit records with result %q, want 1: %v", n, result, res.Msg.Records)
	}
}
