package capture_test

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/draw"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/wayland"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
)

func sway(t testing.TB, o waylandtest.Options) *waylandtest.Server {
	t.Helper()
	s := waylandtest.Start(t, o)
	s.Setenv(t)
	return s
}

func onSway(wrap func(capture.Source) capture.Source) func(t *testing.T) capturetest.Subject {
	return func(t *testing.T) capturetest.Subject {
		return capturetest.Subject{
			Stage:    capturetest.NewLayerPainter(t, sway(t, waylandtest.Options{Size: "640x480"}), "HEADLESS-1"),
			NoCursor: true,
			Open: func(t testing.TB) capture.Source {
				return wrap(open(t, capture.Options{Backend: "wlr"}))
			},
		}
	}
}

func openWlr(t testing.TB) *capturetest.Receiver {
	t.Helper()
	s := open(t, capture.Options{Backend: "wlr"})
	t.Cleanup(func() { _ = s.Close() })
	return &capturetest.Receiver{Source: s}
}

func TestWlrKeepsTheContract(t *testing.T) { capturetest.Run(t, onSway(plain)) }

func TestRefinedWlrKeepsTheContract(t *testing.T) { capturetest.Run(t, onSway(refine)) }

func TestWlrComesBeforeX11(t *testing.T) {
	sway(t, waylandtest.Options{Size: "640x480"})
	var names []string
	for _, b := range capture.Backends() {
		names = append(names, b.Name)
	}
	if want := []string{"wlr", "portal", "x11", "screenshot"}; !slices.Equal(names, want) {
		t.Errorf("backends %v, want %v", names, want)
	}
	r := &capturetest.Receiver{Source: open(t, capture.Options{})}
	defer r.Source.Close()
	if err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.Cursor.Visible || r.Frame.Cursor != nil {
		t.Error("a cursor, of which nothing is known")
	}
}

// A monitor may be turned by quarters and mirrored, and each picture of it has to
// be turned back.
func TestWlrTurnedMonitors(t *testing.T) {
	p := capturetest.NewLayerPainter(t, sway(t, waylandtest.Options{Size: "640x400"}), "HEADLESS-1")
	r := openWlr(t)
	r.UntilTrue(t, p)
	flat, tall := image.Pt(640, 400), image.Pt(400, 640)
	for _, to := range []struct {
		transform string
		size      image.Point
	}{
		{"90", tall},
		{"180", flat},
		{"270", tall},
		{"flipped", flat},
		{"flipped-90", tall},
		{"flipped-180", flat},
		{"flipped-270", tall},
		{"normal", flat},
	} {
		p.Become(t, "transform "+to.transform, to.size)
		r.UntilTrue(t, p)
		p.Put(t, capturetest.Gradient(image.Rect(30, 50, 230, 111), 7))
		r.UntilTrue(t, p)
		p.Put(t, capturetest.Text(image.Rect(300, 5, 390, 200), 9))
		r.UntilTrue(t, p)
		if m := r.Monitors; len(m) != 1 || m[0].Rect.Size() != to.size {
			t.Errorf("%s: monitors %+v", to.transform, m)
		}
	}
}

func TestWlrTwoMonitors(t *testing.T) {
	server := sway(t, waylandtest.Options{Size: "500x400", Outputs: 2, Config: []string{
		"output HEADLESS-1 position 0 0", "output HEADLESS-2 position 500 40",
	}})
	a, b := capturetest.NewLayerPainter(t, server, "HEADLESS-1"), capturetest.NewLayerPainter(t, server, "HEADLESS-2")
	r := openWlr(t)
	both := func() *image.RGBA {
		m := image.NewRGBA(image.Rect(0, 0, 1000, 440))
		draw.Draw(m, image.Rect(0, 0, 500, 400), a.Truth(t), image.Point{}, draw.Src)
		draw.Draw(m, image.Rect(500, 40, 1000, 440), b.Truth(t), image.Point{}, draw.Src)
		return m
	}
	same := func() bool {
		if r.Picture == nil {
			return false
		}
		for _, m := range r.Monitors { // between them is nothing
			truth := both().SubImage(m.Rect).(*image.RGBA)
			if !pixels.Difference(r.Picture.SubImage(m.Rect).(*image.RGBA), truth).Empty() {
				return false
			}
		}
		return len(r.Monitors) == 2
	}
	r.Until(t, "both pictures", same)
	if m := r.Monitors; m[0].ID == m[1].ID || !m[0].Primary || m[1].Primary || m[1].Name != "HEADLESS-2" || m[1].Rect.Min != image.Pt(500, 40) {
		t.Errorf("monitors %+v", m)
	}
	a.Put(t, capturetest.Gradient(image.Rect(0, 0, 300, 300), 1))
	b.Put(t, capturetest.Text(image.Rect(200, 100, 500, 400), 2))
	r.Until(t, "both changes", same)
	second := r.Monitors[1].ID
	server.Command(t, "output HEADLESS-2 position 600 0")
	r.Until(t, "the second elsewhere", func() bool { return len(r.Monitors) == 2 && r.Monitors[1].Rect.Min == image.Pt(600, 0) })
	if r.Monitors[1].ID != second {
		t.Error("a monitor that stayed has a new ID")
	}
	server.Command(t, "create_output")
	r.Until(t, "a third", func() bool { return len(r.Monitors) == 3 && r.Monitors[1].ID == second })
}

// Monitors of different scales do not overlap, in pixels.
func TestWlrScales(t *testing.T) {
	server := sway(t, waylandtest.Options{Size: "800x600", Outputs: 2, Config: []string{
		"output HEADLESS-1 scale 2 position 0 0", "output HEADLESS-2 position 400 0",
	}})
	r := openWlr(t)
	r.Until(t, "both", func() bool { return len(r.Monitors) == 2 })
	if a, b := r.Monitors[0].Rect, r.Monitors[1].Rect; a != image.Rect(0, 0, 800, 600) || b != image.Rect(800, 0, 1600, 600) {
		t.Errorf("monitors at %v and %v", a, b)
	}
	server.Command(t, "output HEADLESS-1 scale 1")
	r.Until(t, "the scale", func() bool { return r.Monitors[1].Rect.Min.X != 800 })
}

// The last monitor goes while somebody looks, which sway without a screen cannot do.
func TestWlrWithoutMonitors(t *testing.T) {
	const screencopy, output = 1, 3
	play := func(monitors bool) {
		p := &waylandtest.Played{Globals: []wayland.Global{
			{Name: screencopy, Interface: "zwlr_screencopy_manager_v1", Version: 3},
			{Name: 2, Interface: "wl_shm", Version: 1},
		}}
		if monitors {
			p.Globals = append(p.Globals, wayland.Global{Name: output, Interface: "wl_output", Version: 2})
		}
		p.On = func(c *waylandtest.PlayedClient, object uint32, _ uint16, body []byte) {
			if object == c.Bound[screencopy] {
				c.Send(binary.NativeEndian.Uint32(body), 3) // no picture now
				c.Send(c.Registry, 1, uint32(output))
			}
		}
		waylandtest.Play(t, p)
		t.Setenv("WAYLAND_DISPLAY", p.Display)
	}
	play(false)
	_, err := capture.Open(t.Context(), capture.Options{Backend: "wlr", Log: quiet()})
	if !errors.Is(err, capture.ErrNoMonitor) || reason(err) != capture.ReasonNoMonitor {
		t.Errorf("opened without monitors: %v", err)
	}
	play(true)
	r := openWlr(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		if err := r.Source.Next(ctx, &r.Frame); err != nil {
			t.Fatal(err)
		}
		if r.Frame.Rect != image.Rect(0, 0, 640, 480) || !r.Frame.Layout {
			t.Errorf("frame of %v", r.Frame.Rect)
		}
		if _, err = r.Source.Monitors(); err != nil {
			break
		}
	}
	if !errors.Is(err, capture.ErrNoMonitor) || reason(err) != capture.ReasonNoMonitor {
		t.Error(err)
	}
}

// A monitor that is switched off gives no pictures, and comes back.
func TestWlrMonitorSwitchedOff(t *testing.T) {
	p := capturetest.NewLayerPainter(t, sway(t, waylandtest.Options{Size: "640x480"}), "HEADLESS-1")
	r := openWlr(t)
	r.UntilTrue(t, p)
	p.Server.Command(t, "output HEADLESS-1 dpms off")
	r.UntilQuiet(t)
	p.Put(t, capturetest.Text(image.Rect(0, 0, 400, 300), 5))
	p.Server.Command(t, "output HEADLESS-1 dpms on")
	r.UntilTrue(t, p)
}

func TestWlrCompositorGoneAndBack(t *testing.T) {
	server := sway(t, waylandtest.Options{Size: "640x480"})
	r := openWlr(t)
	r.UntilQuiet(t)
	ended := make(chan error, 1)
	go func() { ended <- r.Next(context.Background()) }()
	server.Stop()
	err := <-ended
	if !errors.Is(err, capture.ErrLost) || reason(err) != capture.ReasonDisplayServerGone {
		t.Fatal(err)
	}
	if err := r.Next(t.Context()); !errors.Is(err, capture.ErrLost) {
		t.Fatalf("once more: %v", err)
	}
	_ = r.Source.Close()
	_, err = capture.Open(t.Context(), capture.Options{Backend: "wlr", Log: quiet()})
	if !errors.Is(err, capture.ErrUnsupported) || reason(err) != capture.ReasonNoDisplay {
		t.Fatal(err)
	}
	server.Restart(t)
	openWlr(t).UntilTrue(t, capturetest.NewLayerPainter(t, server, "HEADLESS-1"))
}

func TestWlrCompositorThatHangs(t *testing.T) {
	server := sway(t, waylandtest.Options{Size: "640x480"})
	r := openWlr(t)
	r.UntilQuiet(t)
	server.Signal(t, syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if _, err := capture.Open(ctx, capture.Options{Backend: "wlr", Log: quiet()}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("open: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Next(context.Background()) }()
	if err := r.Source.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, capture.ErrClosed) {
		t.Fatal(err)
	}
}

// GNOME and KDE show screens by another way, and the rep reads so.
func TestWlrOtherCompositors(t *testing.T) {
	for name, globals := range map[string][]wayland.Global{
		"none of it":   {{Name: 1, Interface: "wl_compositor", Version: 4}, {Name: 2, Interface: "wl_shm", Version: 1}},
		"an older one": {{Name: 1, Interface: "zwlr_screencopy_manager_v1", Version: 2}},
	} {
		p := &waylandtest.Played{Globals: globals}
		waylandtest.Play(t, p)
		t.Setenv("WAYLAND_DISPLAY", p.Display)
		t.Setenv("DISPLAY", "")
		_, err := capture.Open(t.Context(), capture.Options{Log: quiet()})
		if !errors.Is(err, capture.ErrUnsupported) || reason(err) != capture.ReasonUnsupported || !strings.Contains(err.Error(), "portal") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWlrNothingLeaks(t *testing.T) {
	p := capturetest.NewLayerPainter(t, sway(t, waylandtest.Options{Size: "320x240"}), "HEADLESS-1")
	cycle := func(i int) {
		r := openWlr(t)
		r.UntilTrue(t, p)
		if i%3 == 0 {
			p.Resize(t, image.Pt(320+i, 240))
			r.UntilTrue(t, p)
		}
		if err := r.Source.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle(0)
	shared := func() (files, maps int) {
		runtime.GC()
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return len(fds), strings.Count(string(b), "memfd:alongside")
	}
	files, maps := shared()
	for i := range 30 {
		cycle(i)
	}
	// The painter keeps a few buffers, of which one size may have had fewer.
	if f, m := shared(); f > files+4 || m > maps+4 {
		t.Errorf("%d files and %d mappings before, %d and %d after", files, maps, f, m)
	}
}
