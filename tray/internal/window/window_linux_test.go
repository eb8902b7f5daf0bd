package window_test

import (
	"image"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/tray/internal/desktest"
	"github.com/alongside-remote/alongside/tray/internal/window"
)

// TestD10_AWindowIsNotTakenForTheLast: a banner that comes right after a prompt has
// closed stays on the screen, though the window manager is still busy with the prompt.
func TestD10_AWindowIsNotTakenForTheLast(t *testing.T) {
	const times = 60
	desk := desktest.Start(t, true)
	open := func() *window.Display {
		d, err := window.Open(desk.Display)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	show := func(d *window.Display, overlay bool) xproto.Window {
		w, err := d.New(window.Spec{Title: "Window", Size: image.Pt(100, 100), Overlay: overlay})
		if err != nil {
			t.Fatal(err)
		}
		w.Map()
		if err := d.Sync(); err != nil {
			t.Fatal(err)
		}
		return w.ID
	}
	// managed waits for the window manager to show a window.
	managed := func(d *window.Display, w, banner xproto.Window) (unmapped bool) {
		for e := range d.Events() {
			switch e := e.(type) {
			case xproto.UnmapNotifyEvent:
				unmapped = unmapped || e.Window == banner
			case xproto.MapNotifyEvent:
				if e.Window == w {
					return unmapped
				}
			}
		}
		t.Fatal("the display is gone")
		return false
	}
	lost := 0
	for range times {
		d := open()
		managed(d, show(d, false), 0)
		d.Close()
		d = open()
		banner := show(d, true)
		if managed(d, show(d, false), banner) {
			lost++
		}
		d.Close()
	}
	if lost > 0 {
		t.Errorf("%d of %d banners were unmapped", lost, times)
	}
}
