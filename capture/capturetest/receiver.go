package capturetest

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/internal/pixels"
)

// patience bounds every wait for something that has to come. It is never waited
// for in a passing test.
const patience = 30 * time.Second

// Receiver does with frames what the contract says, and nothing more: it applies
// moves, then copies damage, and never looks at pixels that were not announced.
type Receiver struct {
	Source   capture.Source
	Frame    capture.Frame
	Picture  *image.RGBA // alpha 255
	Cursor   capture.Cursor
	Layouts  int // frames with a new layout
	Frames   int
	Monitors []capture.Monitor
}

// Next takes one frame.
func (r *Receiver) Next(ctx context.Context) error {
	if err := r.Source.Next(ctx, &r.Frame); err != nil {
		return err
	}
	f := &r.Frame
	r.Frames++
	if f.Layout {
		r.Layouts++
		m, err := r.Source.Monitors()
		if err != nil {
			return err
		}
		r.Monitors = m
	}
	if r.Picture == nil || r.Picture.Rect != f.Rect {
		r.Picture = image.NewRGBA(f.Rect)
	}
	for _, m := range f.Moves {
		r.move(m)
	}
	for _, d := range f.Damage {
		if !d.In(f.Rect) || d.Empty() {
			return errors.New("damage is empty or outside of the desktop: " + d.String())
		}
		r.copy(d)
	}
	if c := f.Cursor; c != nil {
		r.Cursor.Position, r.Cursor.Visible = c.Position, c.Visible
		if c.Shape {
			r.Cursor = *c
		}
	}
	return nil
}

func (r *Receiver) copy(d image.Rectangle) {
	f := &r.Frame
	for y := d.Min.Y; y < d.Max.Y; y++ {
		from := f.Pix[(y-f.Rect.Min.Y)*f.Stride+(d.Min.X-f.Rect.Min.X)*4:][:d.Dx()*4]
		to := r.Picture.Pix[r.Picture.PixOffset(d.Min.X, y):][:len(from)]
		pixels.Swap(to, from, 255)
	}
}

func (r *Receiver) move(m capture.Move) {
	from := image.NewRGBA(m.Src)
	for y := m.Src.Min.Y; y < m.Src.Max.Y; y++ {
		copy(from.Pix[from.PixOffset(m.Src.Min.X, y):][:m.Src.Dx()*4], r.Picture.Pix[r.Picture.PixOffset(m.Src.Min.X, y):])
	}
	for y := range m.Src.Dy() {
		copy(r.Picture.Pix[r.Picture.PixOffset(m.To.X, m.To.Y+y):][:m.Src.Dx()*4], from.Pix[y*from.Stride:])
	}
}

// Until takes frames until something is so.
func (r *Receiver) Until(t testing.TB, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !so() {
		if err := r.Next(ctx); err != nil {
			t.Fatalf("%s: %v after %d frames", what, err, r.Frames)
		}
	}
}

// UntilTrue takes frames until the picture is the stage's.
func (r *Receiver) UntilTrue(t testing.TB, s Stage) {
	t.Helper()
	truth := s.Truth(t)
	last := image.Rectangle{}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		last = pixels.Difference(r.Picture, truth)
		if last.Empty() {
			return
		}
		if err := r.Next(ctx); err != nil {
			t.Fatalf("picture differs in %v: %v after %d frames", last, err, r.Frames)
		}
	}
}

// UntilQuiet takes frames until none comes for a moment: a source may report
// once more what it has already grabbed.
func (r *Receiver) UntilQuiet(t testing.TB) {
	t.Helper()
	const moment = 150 * time.Millisecond
	for range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), moment)
		err := r.Next(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("a still screen gives frame after frame")
}
