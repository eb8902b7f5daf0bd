//go:build linux

package test

import (
	"image"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// played is the last picture of a recording.
func (w *world) played(o *bed.Office, r *apipb.OpenRecordingResponse) *image.RGBA {
	w.t.Helper()
	if len(r.Segments) == 0 || !r.Segments[0].Key {
		w.t.Fatalf("segments %v: the first is to be a key", r.Segments)
	}
	var last *image.RGBA
	w.must(o.Play(w.ctx, r, func(c *viewer.Canvas, _ uint32) {
		last = &image.RGBA{Pix: append([]byte(nil), c.Image().Pix...), Stride: c.Image().Stride, Rect: c.Image().Rect}
	}))
	if last == nil {
		w.t.Fatal("the recording shows nothing")
	}
	return last
}

// covers paints a window over most of the desktop in a colour and waits until a
// viewer shows it.
func (w *world) covers(v *bed.Viewer, title, colour string) {
	w.t.Helper()
	w.must(w.desktop.Run("xterm -T " + title + " -bg '" + colour + "' -fg '" + colour + "' -geometry 120x40+40+60 -e sleep 100 >/dev/null 2>&1 &"))
	_, err := w.desktop.Window(w.ctx, "^"+title+"$")
	w.must(err)
	w.must(bed.SameCanvas(w.ctx, v.Session, w.desktop))
}

// TestE11_A3_A4_RecordingPlaysWhatWasThere: a session in a scope that records
// can be played after its end, and not before; its last picture is that of the
// X server. Opening it is recorded. A session outside of the scope has none.
func TestE11_A3_A4_RecordingPlaysWhatWasThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	o := w.rep.Office(w.broker)
	list := func(session string) []*apipb.Recording {
		t.Helper()
		res, err := o.Recordings.ListRecordings(w.ctx, connect.NewRequest(&apipb.ListRecordingsRequest{SessionId: session}))
		w.must(err)
		return res.Msg.Recordings
	}
	s := w.begin(d.Id)
	w.look(s.Id)
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	w.must(err)
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	outside := s.Id

	w.set(d.Id, map[string]string{"recording": "required"})
	s = w.begin(d.Id)
	if !s.Recorded {
		t.Error("the session does not say that it is recorded")
	}
	v := w.look(s.Id)
	w.covers(v, "Evidence", "#a03020")
	want, err := w.desktop.Dump()
	w.must(err)
	for _, r := range list(s.Id) {
		if _, err := o.Recordings.OpenRecording(w.ctx, connect.NewRequest(&apipb.OpenRecordingRequest{Id: r.Id})); err == nil {
			t.Error("a recording was opened while its session goes on")
		}
	}
	w.recorded(s.Id)
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	w.must(err)
	r, err := o.Recording(w.ctx, s.Id)
	w.must(err)
	if !r.Recording.Complete || r.Recording.Gaps != 0 || r.Recording.RepName != repDisplay {
		t.Errorf("the recording is %v", r.Recording)
	}
	got := w.played(o, r)
	// The banner goes with the session; whether its going was seen is a race.
	if n := differ(want, got, image.Rect(0, 60, 1280, 800)); n > 0 {
		t.Errorf("%d pixels of the last picture differ from the X server's", n)
	}
	w.results("recording.open", "ok")
	if all := list(outside); len(all) > 0 {
		t.Errorf("a session outside of the scope has recordings: %v", all)
	}
	if out, err := w.broker.VerifyAudit(w.ctx); err != nil {
		t.Errorf("audit chain: %v: %s", err, out)
	}
}

// recorded waits until more has come than the recorder holds back: a segment is
// closed after 5 s.
func (w *world) recorded(session string) {
	w.t.Helper()
	began := time.Now()
	w.must(bed.Until(w.ctx, "a segment", func() (bool, error) {
		s, err := w.rep.Phase(w.ctx, session, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
		if s.GetRecordingFailed() {
			w.t.Fatal("the recording failed")
		}
		return time.Since(began) > 6*time.Second, err
	}))
}

// differ counts the pixels of a part that are not the same.
func differ(a, b *image.RGBA, part image.Rectangle) int {
	if a.Rect != b.Rect {
		return -1
	}
	n := 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if a.RGBAAt(x, y) != b.RGBAAt(x, y) {
				n++
			}
		}
	}
	return n
}

// TestA5_KilledAgentLeavesARecording: an agent that is killed takes nothing of
// what was recorded with it.
func TestA5_KilledAgentLeavesARecording(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	o := w.rep.Office(w.broker)
	w.set(d.Id, map[string]string{"recording": "on"})
	s := w.begin(d.Id)
	v := w.look(s.Id)
	w.covers(v, "Before", "#2030a0")
	want, err := w.desktop.Dump()
	w.must(err)
	w.recorded(s.Id)
	w.must(w.agent.Restart())
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
	if s.EndedBy == wirepb.EndedBy_ENDED_BY_CUSTOMER || s.EndedBy == wirepb.EndedBy_ENDED_BY_REP {
		t.Errorf("ended by %v", s.EndedBy)
	}
	r, err := o.Recording(w.ctx, s.Id)
	w.must(err)
	if n := differ(want, w.played(o, r), image.Rect(0, 60, 1280, 800)); n > 0 {
		t.Errorf("%d pixels of the last picture differ from what was there", n)
	}
}
