package broker

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// form is the form for credentials, open in a rep's console.
type form struct {
	t     *testing.T
	s     *connect.ServerStreamForClient[apipb.MaskRecordingResponse]
	close context.CancelFunc
}

// openForm opens it, and returns when the recording is masked.
func (c *client) openForm(t *testing.T, session string) (*form, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	s, err := apipbconnect.NewElevationServiceClient(c.http, c.base).MaskRecording(ctx, connect.NewRequest(&apipb.MaskRecordingRequest{SessionId: session}))
	if err == nil && !s.Receive() {
		err = s.Err()
	}
	return &form{t, s, cancel}, err
}

// over waits until the broker ends it.
func (f *form) over() error {
	for f.s.Receive() {
	}
	return f.s.Err()
}

// recorded is a bench with a recorded session, whose recorder has a stream.
func (n *bench) recorded(t *testing.T) (a *agent, rep *client, s *apipb.Session, grant []byte, recorder transport.Stream) {
	t.Helper()
	a, rep, s, grant = n.tries(t, func(ada *client) { ada.set(t, "recording", "on") })
	rep.view(t, rep.attach(t, s.Id).Ticket)
	_, recorder = a.streams(true)
	return a, rep, s, grant, recorder
}

// gone waits until the broker has given a stream up.
func gone(st transport.Stream) {
	for {
		if _, _, err := wire.ReadMedia(st, nil); err != nil {
			return
		}
	}
}

// recorderComes is the stream of the recorder that attaches next.
func (a *agent) recorderComes() transport.Stream {
	a.t.Helper()
	v := await(a, "recorder", func(m *wirepb.BrokerMessage) (*wirepb.ViewerAttached, bool) {
		return m.GetViewerAttached(), m.GetViewerAttached().GetRecorder()
	})
	st, err := a.link.Open(a.t.Context(), wire.Preface{Type: wire.StreamMedia, Session: wire.SessionID(v.Session), Viewer: v.Viewer})
	if err != nil {
		a.t.Fatal(err)
	}
	return st
}

// kept shows something to the recorder and waits until it is written.
func kept(t *testing.T, st transport.Stream, marker string) {
	t.Helper()
	show(t, st, marker)
	for {
		if m := readMedia(t, st); m.Kind == wire.MediaShown && m.Seq == 2 {
			return
		}
	}
}

// unmasked waits for so many ends of masks and gives their reasons.
func (n *bench) unmasked(t *testing.T, want int) (why []string) {
	t.Helper()
	eventually(t, "the masks to be over", func() bool { return len(n.records(action("session.unmask"))) == want })
	for _, r := range n.records(action("session.unmask")) {
		why = append(why, strings.Fields(r.Detail)[0])
	}
	return why
}

// While the form is open, and then until its try has a result, nothing of the screen is
// recorded; when it is over the recorder begins anew. Both ends are in the audit log.
func TestD14_D24_RecordingIsMaskedFromTheFormToTheResult(t *testing.T) {
	n := newBench(t)
	a, rep, s, grant, recorder := n.recorded(t)
	kept(t, recorder, "before it")
	f, err := rep.openForm(t, s.Id)
	if err != nil {
		t.Fatal(err)
	}
	const canary = "canary-on-the-screen"
	show2 := func() { _, _ = recorder.Write(message(wire.MediaUpdate, 3, []byte(canary))) } // as it was on its way
	show2()
	gone(recorder)
	if r := n.records(action("session.mask")); len(r) != 1 || r[0].ActorName != "rex" {
		t.Errorf("records %+v", r)
	}
	if err := rep.elevate(t, withCredentials(s.Id, 1)); err != nil {
		t.Fatal(err)
	}
	f.close() // the rep closes the dialog while the device works
	e := a.elevateOrder()
	a.answersElevation(grant, e, wirepb.ElevationState_ELEVATION_STATE_ASKING, 0)
	eventually(t, "the question", func() bool {
		return rep.get(t, s.Id).Elevation.GetState() == wirepb.ElevationState_ELEVATION_STATE_ASKING
	})
	if r := n.records(action("session.unmask")); len(r) > 0 {
		t.Errorf("unmasked before the result: %+v", r)
	}
	a.elevated(e, elevRefused, wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS)
	kept(t, a.recorderComes(), "after it")
	if why := n.unmasked(t, 1); !slices.Equal(why, []string{"by=result"}) {
		t.Errorf("unmasked %v", why)
	}
	all, marks := n.recordingOf(t, rep, s.Id)
	for what, want := range map[string]bool{"before it": true, "after it": true, canary: false} {
		if bytes.Contains(all, []byte(what)) != want {
			t.Errorf("the recording has %q: %t", what, !want)
		}
	}
	if len(marks) != 1 || marks[0].UntilMs <= marks[0].AtMs || !strings.HasPrefix(marks[0].Text, "rex ") {
		t.Errorf("marks %v", marks)
	}
}

// recordingOf ends a session and reads all of its recording, and the masks in it.
func (n *bench) recordingOf(t *testing.T, rep *client, session string) (all []byte, masks []*apipb.Mark) {
	t.Helper()
	if _, err := rep.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: session})); err != nil {
		t.Fatal(err)
	}
	ada := n.rep("ada")
	var l []*apipb.Recording
	eventually(t, "the recording is there", func() bool { l = ada.listRecordings(t, session); return len(l) == 1 })
	o, err := ada.recordings().OpenRecording(t.Context(), connect.NewRequest(&apipb.OpenRecordingRequest{Id: l[0].Id}))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range o.Msg.Segments {
		b, err := ada.segment(t, l[0].Id, g.Index)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	for _, m := range o.Msg.Marks {
		if m.Kind == "mask" {
			masks = append(masks, m)
		}
	}
	return all, masks
}

// A mask ends when the form is closed, when its time is over, and when its rep is gone;
// a try without a form has one of its own. How many a session has is limited.
func TestD14_MasksEnd(t *testing.T) {
	n := newBench(t)
	a, rep, s, _, recorder := n.recorded(t)
	open := func() *form {
		t.Helper()
		f, err := rep.openForm(t, s.Id)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	want := []string{"by=closed"}
	open().close()
	n.unmasked(t, 1)
	gone(recorder)
	recorder = a.recorderComes()
	kept(t, recorder, "again")
	f := open()
	gone(recorder)
	n.advance(11 * time.Minute)
	if err := f.over(); code(err) != wirepb.ErrorCode_ERROR_CODE_EXPIRED {
		t.Errorf("the form ended with %v", err)
	}
	want = append(want, "by=limit")
	n.unmasked(t, len(want))
	if err := rep.elevate(t, elevating(s.Id, 1)); err != nil {
		t.Fatal(err)
	}
	if r := n.records(action("session.mask")); len(r) != 3 {
		t.Errorf("a try without a form is not masked: %+v", r)
	}
	a.elevated(a.elevateOrder(), elevRefused, wirepb.ErrorCode_ERROR_CODE_ELEVATION_CANCELLED)
	want = append(want, "by=result")
	for i := len(want); i < 7; i++ {
		n.unmasked(t, len(want))
		open().close()
		want = append(want, "by=closed")
	}
	n.unmasked(t, len(want))
	f = open()
	_, err := rep.openForm(t, s.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES)
	if _, err := rep.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	if err := f.over(); err != nil {
		t.Errorf("the form ended with %v", err)
	}
	if why := n.unmasked(t, len(want)+1); !slices.Equal(why, append(want, "by=gone")) {
		t.Errorf("unmasked %v, want %v", why, want)
	}
}

// Who may not elevate cannot mask, and where nothing is recorded nothing is masked.
func TestD14_E15_MasksNeedThePermission(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rep, _ := n.with(n.rep("ada"), "rex", policy.SessionStart, policy.SessionControl)
	s := a.active(rep)
	a.offersElevation(s.Id, a.id, promptCustomer)
	_, err := rep.openForm(t, s.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	n = newBench(t)
	_, may, s, _ := n.tries(t, nil)
	f, err := may.openForm(t, s.Id)
	if err != nil {
		t.Fatal(err)
	}
	f.close()
	if err := f.over(); !errors.Is(err, context.Canceled) && connect.CodeOf(err) != connect.CodeCanceled {
		t.Errorf("ended with %v", err)
	}
	if r := n.records(action("session.mask")); len(r) > 0 {
		t.Errorf("records %+v", r)
	}
}
