package tray_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/wayland"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/internal/desktest"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

var swaySize = image.Pt(1280, 800)

// sway is a compositor, a person at it, and a tray.
type sway struct {
	*service
	server *waylandtest.Server
	person *waylandtest.Person
}

func startOnSway(t *testing.T, o waylandtest.Options) *sway {
	t.Helper()
	if o.Size == "" && o.In == nil {
		o.Size = "1280x800"
	}
	w := &sway{server: waylandtest.Start(t, o)}
	w.server.Setenv(t)
	t.Setenv("DISPLAY", "")
	w.person = waylandtest.NewPerson(t, w.server)
	w.service = start(t, tray.Options{NoIcon: true, Prompter: prompttest.NewScript()})
	return w
}

// place is where the banner's lower edge ends on an output; empty: there is none.
func (w *sway) place(output string) image.Rectangle {
	w.t.Helper()
	return edgeOf(w.person.Look(output))
}

// edgeOf finds the banner by its lower edge, the longest line of its colour.
func edgeOf(img *image.RGBA) (r image.Rectangle) {
	for y := range min(200, img.Rect.Dy()) {
		for x := 0; x < img.Rect.Dx(); x++ {
			from := x
			for x < img.Rect.Dx() && img.RGBAAt(x, y) == edge {
				x++
			}
			if x-from > 200 && x-from >= r.Dx() {
				r = image.Rect(from, 0, x, y+1)
			}
		}
	}
	return r
}

func (w *sway) wantLost() {
	w.t.Helper()
	if m := w.next(); m.GetBannerLost().GetDetail() == "" || m.GetBannerLost().GetReason() != wirepb.Reason_REASON_INDICATOR_MISSING {
		w.t.Fatalf("%v, want BannerLost", m)
	}
}

func TestD10_WaylandBannerIsSeenBeforeItIsReported(t *testing.T) {
	w := startOnSway(t, waylandtest.Options{Outputs: 2})
	if r := w.place("HEADLESS-1"); !r.Empty() {
		t.Fatalf("there before it was asked for, at %v", r)
	}
	w.send(banner(true, 754))
	w.wantShown()
	for _, output := range []string{"HEADLESS-1", "HEADLESS-2"} {
		r := w.place(output)
		if middle := (r.Min.X + r.Max.X) / 2; r.Max.Y != 44 || middle < 639 || middle > 641 {
			t.Errorf("%s: at %v, want the top centre", output, r)
		}
	}
	before := w.place("HEADLESS-1")
	m := banner(true, 0)
	m.GetBanner().Participants = []*wirepb.Participant{{RepId: "2", Name: "Ben", Control: true}}
	w.send(m)
	w.wantShown()
	if r := w.place("HEADLESS-2"); r.Dx() <= before.Dx() {
		t.Errorf("reported with another rep, and at %v as before", r)
	}
	w.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_BannerHide{BannerHide: &ipcpb.BannerHide{}}})
	desktest.Until(t, "the end of the banner", func() bool { return w.place("HEADLESS-1").Empty() && w.place("HEADLESS-2").Empty() })
	w.silent()
}

func TestL1_DoneEndsTheSessionOnWayland(t *testing.T) {
	w := startOnSway(t, waylandtest.Options{})
	w.send(banner(true, 0))
	w.wantShown()
	r := w.place("HEADLESS-1")
	w.person.Click(image.Pt(r.Min.X+30, r.Min.Y+20), swaySize) // beside the button
	w.person.Click(image.Pt(r.Max.X-40, r.Min.Y+21), swaySize)
	if m := w.next(); string(m.GetDone().GetSession()) != "session" {
		t.Errorf("%v, want Done", m)
	}
}

// plain is a picture of one colour.
func plain(size image.Point, c color.Color) *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

// cover shows a surface over everything on an output; a program can.
func (w *sway) cover(output string, r image.Rectangle) *waylandtest.Surface {
	w.t.Helper()
	s := w.person.NewPatch(output, r)
	s.Show(plain(r.Size(), color.RGBA{0x10, 0x2a, 0x2c, 0xff}), image.Rectangle{Max: r.Size()})
	return s
}

// Another program's surface of the overlay layer, over all of the screen or over the
// names only, is below the banner soon.
func TestD10_WaylandBannerComesAboveOthersOfItsLayer(t *testing.T) {
	for _, output := range []string{"", "output HEADLESS-1 scale 2", "output HEADLESS-1 scale 1.5"} {
		t.Run(output, func(t *testing.T) {
			w := startOnSway(t, waylandtest.Options{Outputs: 2, Config: []string{output}})
			w.send(banner(true, 0))
			w.wantShown()
			at := w.place("HEADLESS-1")
			names := image.Rect(0, 0, 100, 40)
			if output == "" {
				names = names.Add(image.Pt(at.Min.X+36, 0))
			} else {
				names = image.Rect(0, 0, 640, 400) // all of it, in the compositor's steps
			}
			before := w.person.Look("HEADLESS-1")
			for _, r := range []image.Rectangle{names, {Max: swaySize}} {
				w.cover("HEADLESS-1", r)
				desktest.Until(t, "the banner above", func() bool {
					now := w.person.Look("HEADLESS-1")
					return bytes.Equal(cut(now, at), cut(before, at))
				})
			}
			w.silent()
		})
	}
}

// cut is what stands in a part of a picture.
func cut(m *image.RGBA, r image.Rectangle) (b []byte) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		b = append(b, m.Pix[m.PixOffset(r.Min.X, y):m.PixOffset(r.Max.X, y)]...)
	}
	return b
}

// A surface that the compositor keeps above the banner: frames stop until it goes, also
// where what the banner says changes meanwhile, and where it covers no more than a name.
func TestD10_WaylandBannerThatStaysCoveredIsLost(t *testing.T) {
	w := startOnSway(t, waylandtest.Options{})
	corner := image.Rect(1270, 790, 1280, 800)
	rival := w.cover("HEADLESS-1", corner) // it was there first, and this compositor leaves it above
	w.send(banner(true, 0))
	w.wantShown()
	at := w.place("HEADLESS-1")
	name := image.Rect(at.Min.X+36, 8, at.Min.X+150, 34)
	for i, r := range []image.Rectangle{name, {Max: swaySize}} {
		rival.Put(r, plain(r.Size(), color.RGBA{0x10, 0x2a, 0x2c, 0xff}))
		if i == 1 {
			w.send(banner(false, 0))
		}
		w.wantLost()
		rival.Put(corner, plain(corner.Size(), color.White))
		w.wantShown()
		if w.place("HEADLESS-1").Empty() {
			t.Error("reported, but not on the screen")
		}
	}
}

// The compositor takes the surface away with its monitor.
func TestD10_WaylandBannerFollowsTheMonitors(t *testing.T) {
	outer := waylandtest.Start(t, waylandtest.Options{Size: "1280x800"})
	w := startOnSway(t, waylandtest.Options{In: outer, Outputs: 2})
	w.send(banner(true, 0))
	w.wantShown()
	outer.Command(t, `[title="WL-2"] kill`)
	w.send(banner(true, 0))
	w.wantShown() // it stands on the other, and was never lost
	outer.Command(t, `[title="WL-1"] kill`)
	w.wantLost()
	w.server.Command(t, "create_output")
	w.wantShown()
	// The outer compositor may still give that monitor another size, and the banner with it.
	desktest.Until(t, "the banner on the monitor that came", func() bool { return !w.place("WL-3").Empty() })
}

func TestD10_WaylandBannerOfMonitorsThatChange(t *testing.T) {
	w := startOnSway(t, waylandtest.Options{})
	w.send(banner(true, 0))
	w.wantShown()
	w.server.Command(t, "create_output")
	desktest.Until(t, "the banner on a second", func() bool { return !w.place("HEADLESS-2").Empty() })
	for _, c := range []struct {
		change string
		size   image.Point
	}{
		{"scale 2", swaySize},
		{"scale 1.5", swaySize},
		{"scale 1.1", swaySize},
		{"scale 1 transform 90", image.Pt(800, 1280)},
		{"transform flipped-180", swaySize},
		{"transform normal mode --custom 640x480", image.Pt(640, 480)},
	} {
		t.Log(c.change)
		w.server.Command(t, "output HEADLESS-1 "+c.change)
		desktest.Until(t, "the banner on a monitor with "+c.change, func() bool {
			m := w.person.Look("HEADLESS-1")
			r := edgeOf(m)
			middle := (r.Min.X + r.Max.X) / 2
			return m.Rect.Size() == c.size && !r.Empty() && middle >= c.size.X/2-12 && middle <= c.size.X/2+12
		})
		w.send(banner(true, 0))
		w.wantShown()
	}
}

func TestD10_WaylandBannerGoneWithTheCompositor(t *testing.T) {
	w := startOnSway(t, waylandtest.Options{})
	w.send(banner(true, 0))
	w.wantShown()
	w.server.Stop()
	if m := w.next(); m.GetBannerLost().GetReason() != wirepb.Reason_REASON_DISPLAY_SERVER_GONE {
		t.Fatalf("%v, want BannerLost", m)
	}
	w.server.Restart(t)
	for m := w.next(); m.GetBannerShown() == nil; m = w.next() {
		if m.GetBannerLost() == nil {
			t.Fatalf("%v, want BannerShown", m)
		}
	}
	w.person = waylandtest.NewPerson(t, w.server)
	if w.place("HEADLESS-1").Empty() {
		t.Error("reported, but not on the screen")
	}
}

// GNOME has no layers, KDE no copies of what it shows: no banner, and a reason.
func TestD10_NoBannerOnOtherCompositors(t *testing.T) {
	for missing, globals := range map[string][]wayland.Global{
		"zwlr_layer_shell_v1":        {},
		"zwlr_screencopy_manager_v1": {{Name: 3, Interface: "zwlr_layer_shell_v1", Version: 4}},
	} {
		p := &waylandtest.Played{Globals: append([]wayland.Global{
			{Name: 1, Interface: "wl_compositor", Version: 4}, {Name: 2, Interface: "wl_shm", Version: 1}, {Name: 4, Interface: "wp_viewporter", Version: 1},
		}, globals...)}
		waylandtest.Play(t, p)
		t.Setenv("WAYLAND_DISPLAY", p.Display)
		t.Setenv("DISPLAY", "")
		s := start(t, tray.Options{NoIcon: true, Prompter: prompttest.NewScript()})
		s.send(banner(true, 0))
		m := s.next().GetBannerLost()
		if m.GetReason() != wirepb.Reason_REASON_INDICATOR_MISSING || !strings.Contains(m.GetDetail(), missing) || !strings.Contains(m.GetDetail(), "no XWayland") {
			t.Errorf("%v, want BannerLost for lack of %s", m, missing)
		}
	}
}

// played is a tray on a compositor with one monitor that does with layers and copies what
// it is told.
func played(t *testing.T, onLayer, onCopy func(c *waylandtest.PlayedClient, id uint32)) *service {
	t.Helper()
	const shell, copies = 4, 6
	p := &waylandtest.Played{Globals: []wayland.Global{
		{Name: 1, Interface: "wl_compositor", Version: 4},
		{Name: 2, Interface: "wl_shm", Version: 1},
		{Name: 3, Interface: "wp_viewporter", Version: 1},
		{Name: shell, Interface: "zwlr_layer_shell_v1", Version: 1},
		{Name: 5, Interface: "wl_output", Version: 2},
		{Name: copies, Interface: "zwlr_screencopy_manager_v1", Version: 3},
	}}
	p.On = func(c *waylandtest.PlayedClient, object uint32, _ uint16, body []byte) {
		switch object {
		case c.Bound[shell]:
			onLayer(c, binary.NativeEndian.Uint32(body))
		case c.Bound[copies]:
			onCopy(c, binary.NativeEndian.Uint32(body))
		}
	}
	waylandtest.Play(t, p)
	t.Setenv("WAYLAND_DISPLAY", p.Display)
	s := start(t, tray.Options{NoIcon: true, Prompter: prompttest.NewScript()})
	s.send(banner(true, 0))
	return s
}

// thrice waits for an event for the third time.
func thrice(t *testing.T, what string, events <-chan uint32) {
	t.Helper()
	for range 3 {
		select {
		case <-events:
		case <-time.After(patience):
			t.Fatal("no " + what)
		}
	}
}

// A surface that the compositor takes away, which sway does with its monitor only, is
// made anew.
func TestD10_WaylandBannerTakenAwayIsMadeAnew(t *testing.T) {
	made := make(chan uint32, 10)
	s := played(t, func(c *waylandtest.PlayedClient, id uint32) {
		made <- id
		c.Send(id, 1) // closed
	}, nil)
	thrice(t, "new surface", made)
	s.silent()
}

// A monitor that gives no picture, as one that is switched off, is looked at again, and
// nobody is told of a banner there.
func TestD10_WaylandBannerOfADarkMonitor(t *testing.T) {
	asked := make(chan uint32, 10)
	s := played(t, func(c *waylandtest.PlayedClient, id uint32) {
		c.Send(id, 0, uint32(1), uint32(600), uint32(44)) // configured
	}, func(c *waylandtest.PlayedClient, id uint32) {
		asked <- id
		c.Send(id, 3) // no picture now
	})
	thrice(t, "look", asked)
	s.silent()
}

func TestWaylandBannerTakesNoFocusAndIsDragged(t *testing.T) {
	w := startOnSway(t, waylandtest.Options{})
	w.send(banner(true, 0))
	w.wantShown()
	r := w.place("HEADLESS-1")
	w.person.Point(image.Pt(r.Min.X+30, 20), swaySize)
	w.person.Press(true)
	desktest.Until(t, "the banner at the edge", func() bool {
		w.person.Point(image.Pt(1270, 400), swaySize)
		return w.place("HEADLESS-1").Max.X == 1280
	})
	w.person.Press(false)
	w.person.Point(image.Pt(300, 30), swaySize)
	w.send(banner(true, 0))
	w.wantShown()
	if now := w.place("HEADLESS-1"); now.Max.X != 1280 {
		t.Errorf("at %v after it was let go at the edge", now)
	}
}
