package capture_test

import (
	"context"
	"image"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// moved takes frames until the picture is the painter's and checks that what was
// announced is moves by that way and at most so much damage.
func moved(t *testing.T, r *capturetest.Receiver, p *capturetest.Painter, by image.Point, most int) {
	t.Helper()
	truth := p.Truth(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	moves, damage := 0, 0
	for !pixels.Difference(r.Picture, truth).Empty() {
		if err := r.Next(ctx); err != nil {
			t.Fatal(err)
		}
		for _, m := range r.Frame.Moves {
			if m.To.Sub(m.Src.Min) != by {
				t.Errorf("move %v, want %v", m, by)
			}
			moves++
		}
		for _, d := range r.Frame.Damage {
			damage += d.Dx() * d.Dy()
		}
	}
	if moves == 0 || damage > most {
		t.Errorf("%d moves by %v and %d damaged pixels, want at most %d", moves, by, damage, most)
	}
}

func TestRefinedX11FindsMoves(t *testing.T) {
	server := x11test.Start(t, "1000x700x24")
	p := capturetest.NewPainter(t, server)
	r := &capturetest.Receiver{Source: capture.Refine(open(t, capture.Options{Display: server.Display, Backend: "x11"}))}
	t.Cleanup(func() { _ = r.Source.Close() })
	p.Put(t, capturetest.Gradient(image.Rect(0, 0, 1000, 700), 1))
	area := image.Rect(100, 50, 900, 650)
	p.Put(t, capturetest.Text(area, 2))
	r.UntilTrue(t, p)
	for _, dy := range []int{-24, -1, 24, 3, -160} {
		p.Scroll(t, area, dy)
		moved(t, r, p, image.Pt(0, dy), 500)
	}
	at := image.Pt(300, 200)
	p.MoveWindow(t, at)
	p.PutWindow(t, capturetest.Text(image.Rect(0, 0, 120, 90), 3))
	r.UntilTrue(t, p)
	for _, by := range []image.Point{{1, 0}, {-9, 4}, {40, 33}, {130, -12}} {
		at = at.Add(by)
		p.MoveWindow(t, at)
		// What was uncovered the server leaves to the canvas's background.
		moved(t, r, p, by, uncovered(image.Rect(0, 0, 120, 90), by)+500)
	}
}
