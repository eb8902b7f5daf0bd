package helper_test

import (
	"image"
	"image/color"
	"testing"

	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/indicator"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/pipewire/pipewiretest"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (s *service) seek(serial uint32, b *ipcpb.BannerPlaced) {
	s.t.Helper()
	if err := s.conn.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Look{Look: &ipcpb.Look{Serial: serial, Banner: b}}}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) looked(serial uint32, seen bool) {
	s.t.Helper()
	for {
		l := await(s, (*ipcpb.FromHelper).GetLooked)
		if l.Serial == serial && l.Seen == seen {
			return
		}
	}
}

// TestC4_D10_TheBannerIsLookedForWhileFramesAreSuspended: the desktop asks once the banner
// is looked for, and a viewer that is there already is shown nothing before it was seen, nor
// once it is covered.
func TestC4_D10_TheBannerIsLookedForWhileFramesAreSuspended(t *testing.T) {
	server := pipewiretest.Start(t)
	portaltest.StartBus(t)
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	t.Setenv("DISPLAY", "")
	p := capturetest.NewNodePainter(t, image.Pt(320, 200))
	portal := portaltest.Start(t, portaltest.Options{
		Ask: true, Streams: []portaltest.Stream{{Node: p.Screen.ID(t)}}, Remote: server.Connect,
	})
	s, _ := begin(t, "")
	img := capturetest.Text(image.Rect(40, 0, 240, 30), 3)
	banner := indicator.Placed(nil, img, []indicator.Place{{Monitor: image.Rect(0, 0, 320, 200), Area: img.Rect}})
	s.seek(1, banner)
	portal.AwaitWindow()
	s.looked(1, false)
	portal.Answer(true)
	p.Fill(t, image.Rect(0, 100, 320, 200), color.RGBA{1, 2, 3, 255})
	p.Put(t, img)
	s.looked(1, true)

	v := s.look(1, false) // frames may flow
	v.reason(wirepb.Reason_REASON_OK)
	v.shows(p)
	p.Fill(t, image.Rect(40, 0, 100, 30), color.RGBA{1, 2, 3, 255})
	s.looked(1, false)
	s.suspend(true, true)
	p.Put(t, img)
	s.looked(1, true)
	if n := portal.Windows(); n != 1 {
		t.Errorf("the desktop asked %d times", n)
	}
	s.seek(2, nil)
	portal.AwaitNothing()
}
