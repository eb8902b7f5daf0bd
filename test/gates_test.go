//go:build linux

package test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// look attaches a headless viewer and waits until it shows every pixel of the
// desktop. It goes with the test.
func (w *world) look(session string) *bed.Viewer {
	w.t.Helper()
	v, err := w.rep.View(w.ctx, w.broker, session, viewer.Options{})
	w.must(err)
	w.t.Cleanup(func() { _ = v.Close() })
	w.must(bed.SameCanvas(w.ctx, v.Session, w.desktop))
	return v
}

// typeInto clicks into the terminal and types a line, as the viewer's user does.
func (w *world) typeInto(v *bed.Viewer, line string) {
	w.t.Helper()
	w.must(v.Input(clicked(300, 300)...))
	w.must(v.Input(wire.Input{Kind: wire.InputText, Text: line + "\r"}))
}

func clicked(x, y uint16) []wire.Input {
	return []wire.Input{
		{Kind: wire.InputMotion, X: x, Y: y},
		{Kind: wire.InputButton, X: x, Y: y, Down: true},
		{Kind: wire.InputButton, X: x, Y: y},
	}
}

// wish asks for help by the tray's menu, as somebody without a mouse fills the
// form, and returns what the console lists then.
func (w *world) wish(o *bed.Office, texts ...string) *apipb.SupportRequest {
	w.t.Helper()
	w.must(w.desktop.Menu(w.ctx, "Home", "Return"))
	w.must(w.desktop.Type(w.ctx, bed.FormTitle, append(texts, "", "")...))
	q, err := o.Request(w.ctx, apipb.RequestPhase_REQUEST_PHASE_PENDING)
	w.must(err)
	w.must(w.desktop.Type(w.ctx, "Request sent"))
	return q
}

// TestR1_R3_R6_R8_R9_R10_R11_C1_BothGatesOpenTheDesktop: from the tray's menu to a
// text that the rep types into a terminal. IT's yes shows nothing: only the
// person's own does.
func TestR1_R3_R6_R8_R9_R10_R11_C1_BothGatesOpenTheDesktop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.terminal()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	o := w.rep.Office(w.broker)
	pushed := w.pushes()
	q := w.wish(o, "Ann O'Neil", "ann@example.org", "+49 30 12", "the <printer> is on fire")
	if q.DeviceId != d.Id || q.DeviceName != w.host || q.User == "" || q.Name != "Ann O'Neil" || q.Email != "ann@example.org" ||
		q.Phone != "+49 30 12" || q.Reason != "the <printer> is on fire" || q.At == nil || !q.MayDecide {
		t.Errorf("the request says %v", q)
	}
	w.pushedRequest(pushed, q.Id)

	w.must(o.Approve(w.ctx, q.Id))
	w.must(w.broker.AddRep(w.ctx, "rep.two", "Second Rep", repPassword, true))
	second, err := w.broker.SignIn(w.ctx, "rep.two", repPassword)
	w.must(err)
	if err := second.Office(w.broker).Approve(w.ctx, q.Id); errorCode(err) != wirepb.ErrorCode_ERROR_CODE_ALREADY_DECIDED {
		t.Errorf("a second decision: %v", err)
	}
	_, err = w.desktop.Window(w.ctx, bed.ConsentTitle)
	w.must(err)
	if v, err := w.rep.View(w.ctx, w.broker, q.SessionId, viewer.Options{}); err == nil {
		_ = v.Close()
		t.Error("a viewer came in before the Yes")
	}
	w.must(w.desktop.Answer(w.ctx, true))
	s, err := w.rep.Phase(w.ctx, q.SessionId, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	if !s.Control || s.RequestId != q.Id || s.RepName != repDisplay {
		t.Errorf("the session is %v", s)
	}
	v := w.look(s.Id)
	w.typeInto(v, "echo by the rep | tee typed.txt")
	w.typed("typed.txt", "by the rep\n")

	w.must(w.desktop.Done(w.ctx))
	_, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
	if v, err := w.rep.View(w.ctx, w.broker, s.Id, viewer.Options{}); err == nil {
		_ = v.Close()
		t.Error("a viewer came in after the end")
	}
	done, err := o.Request(w.ctx, apipb.RequestPhase_REQUEST_PHASE_DONE)
	w.must(err)
	if done.Id != q.Id || done.DecidedBy != repDisplay {
		t.Errorf("afterwards the request says %v", done)
	}
	w.results("request.approve", "already_decided", "ok")
}

// TestR12_Q11_NoAfterTheApproval: the person's No ends the request for good, and the
// console says whose it was.
func TestR12_Q11_NoAfterTheApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	o := w.rep.Office(w.broker)
	q := w.wish(o, "Ann", "ann@example.org", "", "printer")
	w.must(o.Approve(w.ctx, q.Id))
	w.must(w.desktop.Answer(w.ctx, false))
	s, err := w.rep.Phase(w.ctx, q.SessionId, apipb.SessionPhase_SESSION_PHASE_DENIED)
	w.must(err)
	if s.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Errorf("the session was denied with %v", s.Code)
	}
	q, err = o.Request(w.ctx, apipb.RequestPhase_REQUEST_PHASE_DENIED)
	w.must(err)
	if q.DecidedBy != "end_user" {
		t.Errorf("decided by %q, want end_user", q.DecidedBy)
	}
	if err := o.Approve(w.ctx, q.Id); errorCode(err) != wirepb.ErrorCode_ERROR_CODE_ALREADY_DECIDED {
		t.Errorf("approved again after the No: %v", err)
	}
	if _, err := w.rep.View(w.ctx, w.broker, s.Id, viewer.Options{}); err == nil {
		t.Error("a viewer came in after the No")
	}
	w.oneTerminalRecord("denied_by_user")
	if _, err := os.Stat(filepath.Join(w.desktop.Dir, "typed.txt")); !errors.Is(err, os.ErrNotExist) {
		t.Error("somebody typed")
	}
}

// pushes are what the console hears without asking.
func (w *world) pushes() *connect.ServerStreamForClient[apipb.WatchResponse] {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	w.t.Cleanup(cancel)
	s, err := w.rep.Live.Watch(ctx, connect.NewRequest(&apipb.WatchRequest{}))
	w.must(err)
	if !s.Receive() || s.Msg().GetSnapshot() == nil {
		w.t.Fatalf("no snapshot: %v, %v", s.Msg(), s.Err())
	}
	return s
}

func (w *world) pushedRequest(s *connect.ServerStreamForClient[apipb.WatchResponse], id string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeoutCause(w.ctx, 10*time.Second, errors.New("the request was not pushed"))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	for s.Receive() {
		if s.Msg().GetRequest().GetId() == id {
			return
		}
	}
	w.t.Errorf("%v: %v", context.Cause(ctx), s.Err())
}

// results checks what the audit log says of an action, newest first.
func (w *world) results(action string, want ...string) {
	w.t.Helper()
	res, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: action}}))
	w.must(err)
	var got []string
	for _, r := range res.Msg.Records {
		got = append(got, r.Result)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("%s is recorded with %v, want %v", action, got, want)
	}
}
