//go:build linux

package test

import (
	"bytes"
	"errors"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/recording"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// recordAll switches recording on for every device.
func (w *world) recordAll(how string) {
	w.t.Helper()
	c := apipbconnect.NewSettingsServiceClient(w.rep.HTTP, w.broker.Console)
	l, err := c.ListScopes(w.ctx, connect.NewRequest(&apipb.ListScopesRequest{}))
	w.must(err)
	s := l.Msg.Scopes[len(l.Msg.Scopes)-1]
	s.Settings["recording"], s.Version = how, l.Msg.Version
	_, err = c.SaveScope(w.ctx, connect.NewRequest(&apipb.SaveScopeRequest{Scope: s}))
	w.must(err)
}

// watch attaches a viewer and waits for its first picture.
func (w *world) watch(session string) *bed.Viewer {
	w.t.Helper()
	first := make(chan struct{}, 1)
	v, err := w.rep.View(w.ctx, w.broker, session, viewer.Options{OnUpdate: func(*viewer.Canvas, viewer.Update) {
		select {
		case first <- struct{}{}:
		default:
		}
	}})
	w.must(err)
	w.t.Cleanup(func() { _ = v.Close() })
	select {
	case <-first:
	case <-v.Ended():
		w.t.Fatal(v.Close())
	case <-w.ctx.Done():
		w.t.Fatal("no picture")
	}
	return v
}

// TestA3_A5_RecordingOutlivesKilledBrokerAndAgent: a session on a real desktop,
// the broker killed in the middle and then the agent for good: the recording
// plays, says where it has gaps, and shows what the screen showed.
func TestA3_A5_RecordingOutlivesKilledBrokerAndAgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.recordAll("required")
	device, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	s, err := w.rep.Start(w.ctx, device.Id)
	w.must(err)
	w.must(w.desktop.Answer(w.ctx, true))
	_, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	_ = w.watch(s.Id)
	w.terminal()
	onDisk := func(least int) func() (bool, error) {
		return func() (bool, error) {
			f, err := filepath.Glob(filepath.Join(w.broker.Data, "recordings", "*", "0*.age"))
			return len(f) >= least, err
		}
	}
	// A segment counts once the index names it, which is so when the next one is there.
	w.must(bed.Until(w.ctx, "two segments", onDisk(2)))
	w.must(w.broker.Restart(w.ctx)) // kill -9
	w.rep, err = w.broker.SignIn(w.ctx, repName, repPassword)
	w.must(err)
	w.must(bed.Until(w.ctx, "the session to go on", func() (bool, error) {
		g, err := w.rep.Sessions.Get(w.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
		return err == nil && g.Msg.Session.AgentConnected, nil
	}))
	w.watch(s.Id)
	before, err := filepath.Glob(filepath.Join(w.broker.Data, "recordings", "*", "0*.age"))
	w.must(err)
	w.must(bed.Until(w.ctx, "a segment after the restart", onDisk(len(before)+1)))
	want, err := w.desktop.Dump()
	w.must(err)
	w.must(w.agent.Signal(syscall.SIGKILL))
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	w.must(err)

	c := apipbconnect.NewRecordingServiceClient(w.rep.HTTP, w.broker.Console)
	var rec *apipb.Recording
	w.must(bed.Until(w.ctx, "the recording", func() (bool, error) {
		l, err := c.ListRecordings(w.ctx, connect.NewRequest(&apipb.ListRecordingsRequest{SessionId: s.Id}))
		if err != nil || len(l.Msg.Recordings) == 0 {
			return false, err
		}
		rec = l.Msg.Recordings[0]
		return true, nil
	}))
	o, err := c.OpenRecording(w.ctx, connect.NewRequest(&apipb.OpenRecordingRequest{Id: rec.Id}))
	w.must(err)
	if rec.Gaps == 0 {
		t.Errorf("it does not say that the broker was away: %v %v", rec, o.Msg.Marks)
	}
	canvas := viewer.NewCanvas(32 << 20)
	defer canvas.Close()
	keys := 0
	for _, g := range o.Msg.Segments {
		if g.ToMs-g.FromMs > uint64(5*time.Second/time.Millisecond) {
			t.Errorf("a segment of %d ms", g.ToMs-g.FromMs)
		}
		if g.Key {
			keys++
		}
		r, err := c.ReadSegment(w.ctx, connect.NewRequest(&apipb.ReadSegmentRequest{Id: rec.Id, Index: g.Index}))
		w.must(err)
		var b bytes.Buffer
		for r.Receive() {
			b.Write(r.Msg().Content)
		}
		w.must(r.Err())
		for e := recording.NewEntries(&b); ; {
			m, err := e.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			w.must(err)
			if m.Kind == wire.MediaUpdate {
				w.must(canvas.Apply(m.Epoch, m.Payload))
			}
		}
	}
	if keys < 2 {
		t.Errorf("%d keys, want one before and one after the restart", keys)
	}
	// The banner counts time and a cursor blinks: the wallpaper does not change.
	part := image.Rect(900, 500, 1200, 700)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if canvas.Image().RGBAAt(x, y) != want.RGBAAt(x, y) {
				t.Fatalf("pixel %d,%d is %v, was %v", x, y, canvas.Image().RGBAAt(x, y), want.RGBAAt(x, y))
			}
		}
	}
	out, err := w.broker.VerifyAudit(w.ctx)
	if err != nil {
		t.Errorf("audit chain: %v: %s", err, out)
	}
	if out, err := w.broker.VerifyRecordings(w.ctx); err != nil || !strings.Contains(out, rec.Id+" whole") {
		t.Errorf("recordings: %v: %s", err, out)
	}
	w.must(os.Truncate(before[0], 1))
	if out, err := w.broker.VerifyRecordings(w.ctx); err == nil || !strings.Contains(err.Error(), filepath.Base(before[0])+" of "+rec.Id+" was changed") {
		t.Errorf("a recording that was cut is whole: %v: %s", err, out)
	}
}
