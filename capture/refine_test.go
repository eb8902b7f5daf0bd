package capture_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/pixels"
)

// refined gives a refined script whose first frame was taken.
func refined(t *testing.T, rect image.Rectangle) (*capturetest.Script, *capturetest.Receiver) {
	t.Helper()
	s := capturetest.NewScript(rect)
	r := &capturetest.Receiver{Source: capture.Refine(s)}
	if err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, r
}

func TestRefineKeepsOnlyTilesThatChanged(t *testing.T) {
	s, r := refined(t, image.Rect(0, 0, 640, 480))
	s.Fill(t, image.Rect(70, 70, 75, 75), color.RGBA{255, 0, 0, 255})
	s.Fill(t, image.Rect(600, 470, 640, 480), color.RGBA{0, 255, 0, 255})
	s.Put(t, s.Truth(t)) // claims everything, changes nothing
	if err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[image.Rectangle]bool{
		image.Rect(64, 64, 128, 128):   true,
		image.Rect(576, 448, 640, 480): true,
	}
	// The tight claims and the wide one may each tell of a tile; none tells of
	// one that did not change.
	for _, d := range r.Frame.Damage {
		in := false
		for w := range want {
			in = in || d.In(w)
		}
		if !in {
			t.Errorf("damage %v was not changed", d)
		}
	}
	if d := pixels.Difference(r.Picture, s.Truth(t)); !d.Empty() {
		t.Errorf("differs in %v", d)
	}
}

// A program that repaints its window to blink a caret costs the caret.
func TestRefineCutsToThePixelsThatDiffer(t *testing.T) {
	s, r := refined(t, image.Rect(-10, -20, 640, 480))
	for _, changed := range []image.Rectangle{
		image.Rect(70, 70, 72, 86),     // within a tile
		image.Rect(120, 100, 140, 101), // over an edge
		image.Rect(-10, -20, -9, -19),  // in the corners
		image.Rect(639, 479, 640, 480),
		image.Rect(0, 0, 300, 300), // over many
	} {
		s.Put(t, s.Truth(t))
		s.Fill(t, changed, color.RGBA{uint8(changed.Dx()), 0, 0, 255})
		if err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]image.Rectangle{changed}, r.Frame.Damage); diff != "" {
			t.Errorf("%v: %s", changed, diff)
		}
	}
}

func TestRefineWaitsOverFramesWithoutChange(t *testing.T) {
	s, r := refined(t, image.Rect(0, 0, 640, 480))
	s.Put(t, s.Truth(t))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a frame without change: %v %v", err, r.Frame.Damage)
	}
	if s.Frames() != 2 {
		t.Fatalf("%d frames were taken from the source", s.Frames())
	}
}

func TestRefineLetsCursorAndLayoutPass(t *testing.T) {
	s, r := refined(t, image.Rect(0, 0, 640, 480))
	s.Put(t, s.Truth(t))
	s.MovePointer(t, image.Pt(5, 6))
	if err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.Cursor.Position != image.Pt(5, 6) || len(r.Frame.Damage) != 0 {
		t.Errorf("cursor %v, damage %v", r.Cursor.Position, r.Frame.Damage)
	}
	rect := image.Rect(0, 0, 640, 480)
	s.Relayout(rect, capture.Monitor{ID: 1, Rect: rect, Primary: true}, capture.Monitor{ID: 2, Rect: image.Rect(0, 0, 9, 9)})
	if err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]image.Rectangle{rect}, r.Frame.Damage); diff != "" || !r.Frame.Layout || len(r.Monitors) != 2 {
		t.Errorf("layout %v, monitors %v, damage %s", r.Frame.Layout, r.Monitors, diff)
	}
}

func TestRefineComparesAfterMoves(t *testing.T) {
	s, r := refined(t, image.Rect(-100, -50, 540, 430)) // left of and above the primary monitor
	for _, to := range []image.Point{{-80, 0}, {-80, -40}, {100, 33}, {30, 33}} {
		s.Put(t, capturetest.Text(image.Rect(-90, -40, 400, 300), uint64(to.X+to.Y+500)))
		if err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		m := capture.Move{Src: image.Rect(-60, -30, 300, 200), To: to}
		s.Move(m)
		s.Fill(t, image.Rect(0, 0, 3, 3), color.RGBA{200, 0, 0, 255})
		if err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(r.Frame.Moves) != 1 {
			t.Fatal("the move did not pass")
		}
		if d := pixels.Difference(r.Picture, s.Truth(t)); !d.Empty() {
			t.Fatalf("after the move to %v the picture differs in %v", to, d)
		}
		for _, d := range r.Frame.Damage {
			if !d.In(image.Rect(0, 0, 3, 3)) {
				t.Errorf("damage %v although the move told it", d)
			}
		}
		// The copy followed the move: claiming all again tells nothing.
		s.Put(t, s.Truth(t))
		s.MovePointer(t, to)
		if err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(r.Frame.Damage) != 0 {
			t.Errorf("nothing changed after the move to %v, yet %v", to, r.Frame.Damage)
		}
	}
}

func TestRefineFollowsRandomChanges(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	s, r := refined(t, image.Rect(0, 0, 333, 201))
	for range 500 {
		capturetest.Step(t, s, image.Pt(333, 201), rnd)
		s.MovePointer(t, image.Pt(rnd.IntN(333), rnd.IntN(201))) // so that a frame comes in any case
		if err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := pixels.Difference(r.Picture, s.Truth(t)); !d.Empty() {
			t.Fatalf("differs in %v", d)
		}
	}
}

func TestRefinePassesErrorsOn(t *testing.T) {
	s, r := refined(t, image.Rect(0, 0, 64, 64))
	s.Fail(&capture.Error{Backend: "script", Reason: capture.ReasonDisplayServerGone, Err: capture.ErrLost})
	if err := r.Next(t.Context()); !errors.Is(err, capture.ErrLost) || reason(err) != capture.ReasonDisplayServerGone {
		t.Fatal(err)
	}
}

func reason(err error) capture.Reason {
	var e *capture.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Reason
}
