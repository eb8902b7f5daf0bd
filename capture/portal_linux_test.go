package capture_test

import (
	"context"
	"errors"
	"image"
	"image/draw"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/pipewire/pipewiretest"
	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
)

// shared is a desktop on a real PipeWire, whose portal is played.
type shared struct {
	pipewire *pipewiretest.Server
	portal   *portaltest.Portal
	desktop  *portal.Desktop
}

// newShared shares screens, which are at a place or anywhere.
func newShared(t testing.TB, o portaltest.Options, server *pipewiretest.Server, screens []*capturetest.NodePainter, at ...image.Rectangle) *shared {
	t.Helper()
	portaltest.StartBus(t)
	for i, s := range screens {
		stream := portaltest.Stream{Node: s.Screen.ID(t)}
		if i < len(at) {
			stream.At = at[i]
		}
		o.Streams = append(o.Streams, stream)
	}
	o.Remote = server.Connect
	s := &shared{pipewire: server, portal: portaltest.Start(t, o), desktop: portal.New(portal.Options{Log: quiet()})}
	t.Cleanup(s.desktop.Drop)
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	t.Setenv("DISPLAY", "")
	return s
}

// try opens it once.
func (s *shared) try(t testing.TB) (capture.Source, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return capture.Open(ctx, capture.Options{Backend: "portal", Log: quiet(), Portal: s.desktop})
}

// open opens it, after the person has answered.
func (s *shared) open(t testing.TB) capture.Source {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		src, err := s.try(t)
		if err == nil {
			return src
		}
		if !errors.Is(err, capture.ErrAsking) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func (s *shared) receive(t testing.TB) *capturetest.Receiver {
	t.Helper()
	src := s.open(t)
	t.Cleanup(func() { _ = src.Close() })
	return &capturetest.Receiver{Source: src}
}

func onPortal(wrap func(capture.Source) capture.Source) func(t *testing.T) capturetest.Subject {
	return func(t *testing.T) capturetest.Subject {
		server := pipewiretest.Start(t)
		p := capturetest.NewNodePainter(t, image.Pt(640, 480))
		s := newShared(t, portaltest.Options{}, server, []*capturetest.NodePainter{p})
		return capturetest.Subject{Stage: p, Open: func(t testing.TB) capture.Source { return wrap(s.open(t)) }}
	}
}

func TestPortalKeepsTheContract(t *testing.T) { capturetest.Run(t, onPortal(plain)) }

func TestRefinedPortalKeepsTheContract(t *testing.T) { capturetest.Run(t, onPortal(refine)) }

// Without somebody who may ask, nobody is asked: it is only said that it would be so.
func TestC4_PortalAsksNobodyByItself(t *testing.T) {
	server := pipewiretest.Start(t)
	s := newShared(t, portaltest.Options{}, server, []*capturetest.NodePainter{capturetest.NewNodePainter(t, image.Pt(64, 48))})
	for _, backend := range []string{"portal", ""} {
		_, err := capture.Open(t.Context(), capture.Options{Backend: backend, Log: quiet()})
		if !errors.Is(err, capture.ErrAsking) || reason(err) != capture.ReasonAsking {
			t.Errorf("%q: %v", backend, err)
		}
	}
	if n := s.portal.Windows(); n != 0 {
		t.Errorf("the person was asked %d times", n)
	}
}

func TestPortalWaitsForThePerson(t *testing.T) {
	server := pipewiretest.Start(t)
	p := capturetest.NewNodePainter(t, image.Pt(64, 48))
	s := newShared(t, portaltest.Options{Ask: true}, server, []*capturetest.NodePainter{p})
	if _, err := s.try(t); !errors.Is(err, capture.ErrAsking) || reason(err) != capture.ReasonAsking {
		t.Fatal(err)
	}
	s.portal.Answer(true)
	s.receive(t).UntilTrue(t, p)
	s.desktop.Drop()
	s.portal.AwaitNothing()
	if _, err := s.try(t); !errors.Is(err, capture.ErrAsking) {
		t.Fatal(err)
	}
	s.portal.Answer(false)
	for {
		_, err := s.try(t)
		if errors.Is(err, capture.ErrAsking) {
			continue // the answer is on its way
		}
		if !errors.Is(err, capture.ErrDenied) || reason(err) != capture.ReasonPermission || !strings.Contains(err.Error(), "the person said no") {
			t.Fatal(err)
		}
		break
	}
}

// The person ends the sharing at the desktop, which may end the streams before it says so.
func TestPortalEndsAtTheDesktop(t *testing.T) {
	for _, streamsFirst := range []bool{false, true} {
		server := pipewiretest.Start(t)
		p := capturetest.NewNodePainter(t, image.Pt(64, 48))
		s := newShared(t, portaltest.Options{}, server, []*capturetest.NodePainter{p})
		r := s.receive(t)
		r.UntilTrue(t, p)
		ended := make(chan error, 1)
		go func() {
			var err error
			for err == nil {
				err = r.Next(context.Background())
			}
			ended <- err
		}()
		if streamsFirst {
			p.Screen.Close()
		}
		s.portal.End()
		err := <-ended
		if !errors.Is(err, capture.ErrDenied) || reason(err) != capture.ReasonPermission {
			t.Errorf("streams first %v: %v", streamsFirst, err)
		}
		if _, err := s.try(t); !errors.Is(err, capture.ErrDenied) {
			t.Errorf("asked again: %v", err)
		}
	}
}

func TestPortalPipeWireGone(t *testing.T) {
	server := pipewiretest.Start(t)
	p := capturetest.NewNodePainter(t, image.Pt(64, 48))
	s := newShared(t, portaltest.Options{}, server, []*capturetest.NodePainter{p})
	r := s.receive(t)
	r.UntilTrue(t, p)
	server.Stop()
	for {
		err := r.Next(t.Context())
		if err == nil {
			continue
		}
		if !errors.Is(err, capture.ErrLost) || reason(err) != capture.ReasonDisplayServerGone {
			t.Fatal(err)
		}
		break
	}
	if err := r.Next(t.Context()); !errors.Is(err, capture.ErrLost) {
		t.Fatalf("once more: %v", err)
	}
}

// Monitors stand where the desktop has them, in pixels of the one that is scaled most.
func TestPortalSeveralMonitors(t *testing.T) {
	for name, c := range map[string]struct {
		places []image.Rectangle
		want   []image.Rectangle
	}{
		"beside":      {[]image.Rectangle{image.Rect(0, 0, 200, 100), image.Rect(-120, 40, 0, 120)}, []image.Rectangle{image.Rect(0, 0, 200, 100), image.Rect(-120, 40, 0, 120)}},
		"scaled":      {[]image.Rectangle{image.Rect(0, 0, 100, 50), image.Rect(100, -10, 160, 30)}, []image.Rectangle{image.Rect(0, 0, 200, 100), image.Rect(200, -20, 320, 60)}},
		"unplaced":    {nil, []image.Rectangle{image.Rect(0, 0, 200, 100), image.Rect(200, 0, 320, 80)}},
		"overlapping": {[]image.Rectangle{image.Rect(0, 0, 200, 100), image.Rect(100, 0, 220, 80)}, []image.Rectangle{image.Rect(0, 0, 200, 100), image.Rect(200, 0, 320, 80)}},
		"far away":    {[]image.Rectangle{image.Rect(0, 0, 200, 100), image.Rect(1<<30, 0, 1<<30+120, 80)}, []image.Rectangle{image.Rect(0, 0, 200, 100), image.Rect(200, 0, 320, 80)}},
	} {
		t.Run(name, func(t *testing.T) {
			server := pipewiretest.Start(t)
			a, b := capturetest.NewNodePainter(t, image.Pt(200, 100)), capturetest.NewNodePainter(t, image.Pt(120, 80))
			s := newShared(t, portaltest.Options{}, server, []*capturetest.NodePainter{a, b}, c.places...)
			r := s.receive(t)
			a.Put(t, capturetest.Gradient(image.Rect(3, 4, 190, 90), 1))
			b.Put(t, capturetest.Text(image.Rect(10, 10, 110, 70), 2))
			r.Until(t, "both pictures", func() bool {
				if len(r.Monitors) != 2 {
					return false
				}
				for i, p := range []*capturetest.NodePainter{a, b} {
					of := image.NewRGBA(image.Rectangle{Max: c.want[i].Size()})
					draw.Draw(of, of.Rect, r.Picture, c.want[i].Min, draw.Src)
					if !pixels.Difference(of, p.Truth(t)).Empty() {
						return false
					}
				}
				return true
			})
			if m := r.Monitors; m[0].Rect != c.want[0] || m[1].Rect != c.want[1] || m[0].ID == m[1].ID || m[0].Primary == m[1].Primary {
				t.Errorf("monitors %+v", m)
			}
			// What a rep points at is the same point of the same monitor.
			session, err := s.desktop.Shared()
			if err != nil {
				t.Fatal(err)
			}
			for i, stream := range session.Streams {
				node, x, y, ok := session.Find(c.want[i].Min.Add(image.Pt(30, 20)))
				want := image.Pt(30, 20)
				if name == "scaled" {
					want = want.Div(2)
				}
				if !ok || node != stream.Node || x != float64(want.X) || y != float64(want.Y) {
					t.Errorf("a point of monitor %d is %v,%v of stream %d", i, x, y, node)
				}
			}
			// The pointer is on one of them, and leaves it.
			b.ShapeCursor(t, 3)
			b.MovePointer(t, image.Pt(5, 6))
			r.Until(t, "the pointer", func() bool { return r.Cursor.Visible && r.Cursor.Position == c.want[1].Min.Add(image.Pt(5, 6)) })
			b.Screen.Point(nil)
			r.Until(t, "no pointer", func() bool { return !r.Cursor.Visible })
		})
	}
}

func TestPortalIsNotThere(t *testing.T) {
	portaltest.StartBus(t)
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	d := portal.New(portal.Options{Log: quiet()})
	defer d.Drop()
	for _, o := range []capture.Options{{Portal: d}, {}} {
		o.Backend, o.Log = "portal", quiet()
		if _, err := capture.Open(t.Context(), o); !errors.Is(err, capture.ErrUnsupported) || reason(err) != capture.ReasonUnsupported {
			t.Error(err)
		}
	}
}
