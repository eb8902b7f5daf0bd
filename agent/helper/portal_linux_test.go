package helper_test

import (
	"image"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/pipewire/pipewiretest"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// shows waits until the viewer shows what was painted.
func (v *watcher) shows(p *capturetest.NodePainter) {
	v.s.t.Helper()
	want := p.Truth(v.s.t)
	late := time.After(limit)
	for {
		same := false
		v.Look(func(c *viewer.Canvas) { same = equal(c.Image(), want) })
		if same {
			return
		}
		select {
		case <-v.change:
		case <-late:
			v.s.t.Fatal("the viewer never shows what was painted")
		}
	}
}

// TestC4_TheDesktopAsksAfterOurOwnYes: the helper looks what there is and no window
// opens. Only once frames may flow, after the person's Yes to us and with the banner
// up, does the desktop ask; its window goes when they may flow no more.
func TestC4_TheDesktopAsksAfterOurOwnYes(t *testing.T) {
	server := pipewiretest.Start(t)
	portaltest.StartBus(t)
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	t.Setenv("DISPLAY", "")
	p := capturetest.NewNodePainter(t, image.Pt(320, 200))
	portal := portaltest.Start(t, portaltest.Options{
		Ask: true, Streams: []portaltest.Stream{{Node: p.Screen.ID(t)}}, Remote: server.Connect,
	})
	s, ready := begin(t, "")
	if r := ready.Capabilities.Screen; r.Reason != wirepb.Reason_REASON_DESKTOP_ASKS {
		t.Errorf("screen: %v", r)
	}
	if n := portal.Windows(); n != 0 {
		t.Fatalf("asked %d times before there was a session", n)
	}
	v := s.look(1, false)
	v.reason(wirepb.Reason_REASON_DESKTOP_ASKS)
	portal.AwaitWindow()
	s.suspend(true, true)
	portal.AwaitNothing()
	s.suspend(false, false)
	portal.Answer(true)
	v.reason(wirepb.Reason_REASON_OK)
	v.shows(p)
	p.Put(t, capturetest.Text(image.Rect(10, 10, 300, 150), 4))
	v.shows(p)
	s.suspend(true, true)
	portal.AwaitNothing()
	s.suspend(false, false)
	portal.Answer(false)
	v.reason(wirepb.Reason_REASON_PERMISSION_MISSING)
	if err := s.conn.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Close{Close: &ipcpb.CloseView{Viewer: 1}}}); err != nil {
		t.Fatal(err)
	}
	s.end()
	portal.AwaitNothing()
	if n := portal.Windows(); n != 3 {
		t.Errorf("asked %d times, for three sessions", n)
	}
}
