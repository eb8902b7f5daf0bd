package capturetest

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/internal/pixels"
)

// Subject is a backend on a desktop of its own.
type Subject struct {
	Stage Stage
	Open  func(t testing.TB) capture.Source // the caller closes it
	// NoCursor: the backend knows nothing of the pointer, which the contract allows.
	NoCursor bool
	// Steps is how many random changes are followed; 0: 60.
	Steps int
}

// Run checks that a backend keeps the contract of capture.Source. Every test gets
// a subject of its own. Resizing and the pointer are tests only where the stage
// has them.
func Run(t *testing.T, subject func(t *testing.T) Subject) {
	t.Helper()
	probe := subject(t)
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s Subject)
		when func(s Subject) bool
	}{
		{"FirstFrameIsWhole", firstFrame, nil},
		{"DamageCoversEveryChange", followsChanges, nil},
		{"OldChangesAreNotLost", oldChanges, nil},
		{"StillScreenGivesNothing", stillScreen, nil},
		{"CloseUnblocksNext", closeUnblocks, nil},
		{"CloseWhilePainting", closeWhilePainting, nil},
		{"ContextEndsNext", contextEnds, nil},
		{"LayoutChange", layoutChange, func(s Subject) bool { _, ok := s.Stage.(Resizer); return ok }},
		{"Pointer", pointer, func(s Subject) bool { _, ok := s.Stage.(Pointed); return ok && !s.NoCursor }},
		{"OpenAgain", openAgain, nil},
	} {
		if test.when != nil && !test.when(probe) {
			continue
		}
		t.Run(test.name, func(t *testing.T) { test.run(t, subject(t)) })
	}
}

func (s Subject) receive(t *testing.T) *Receiver {
	t.Helper()
	src := s.Open(t)
	t.Cleanup(func() { _ = src.Close() })
	return &Receiver{Source: src}
}

func (s Subject) size(t *testing.T) image.Point { return s.Stage.Truth(t).Rect.Size() }

func firstFrame(t *testing.T, s Subject) {
	s.Stage.Put(t, Gradient(image.Rectangle{Max: s.size(t)}, 1))
	r := s.receive(t)
	before, err := r.Source.Monitors()
	if err != nil || len(before) == 0 {
		t.Fatalf("monitors before the first frame: %v, %v", before, err)
	}
	if err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := pixels.Difference(r.Picture, s.Stage.Truth(t)); !d.Empty() {
		t.Errorf("the first frame differs in %v", d)
	}
	if !r.Frame.Layout {
		t.Error("the first frame has no Layout")
	}
	if !s.NoCursor && (r.Frame.Cursor == nil || !r.Frame.Cursor.Shape && r.Frame.Cursor.Visible) {
		t.Errorf("the first frame has no cursor: %+v", r.Frame.Cursor)
	}
	primary := 0
	for _, m := range r.Monitors {
		if m.ID == 0 || m.Rect.Empty() {
			t.Errorf("monitor %+v", m)
		}
		if m.Primary {
			primary++
		}
	}
	if primary != 1 {
		t.Errorf("%d monitors are primary in %v", primary, r.Monitors)
	}
}

func followsChanges(t *testing.T, s Subject) {
	const seed = 20
	rnd := rand.New(rand.NewPCG(seed, seed))
	r := s.receive(t)
	r.UntilTrue(t, s.Stage)
	size := s.size(t)
	steps := s.Steps
	if steps == 0 {
		steps = 60
	}
	for range steps {
		for range 1 + rnd.IntN(3) {
			Step(t, s.Stage, size, rnd)
		}
		r.UntilTrue(t, s.Stage)
	}
}

// oldChanges lets many changes come together while nobody looks.
func oldChanges(t *testing.T, s Subject) {
	rnd := rand.New(rand.NewPCG(3, 3))
	r := s.receive(t)
	r.UntilTrue(t, s.Stage)
	size := s.size(t)
	for range 300 {
		at := image.Pt(rnd.IntN(size.X-8), rnd.IntN(size.Y-8))
		s.Stage.Fill(t, image.Rectangle{Min: at, Max: at.Add(image.Pt(8, 8))}, color.RGBA{uint8(rnd.Uint32()), 9, 9, 255})
	}
	r.UntilTrue(t, s.Stage)
}

func stillScreen(t *testing.T, s Subject) {
	r := s.receive(t)
	r.UntilTrue(t, s.Stage)
	r.UntilQuiet(t)
	s.Stage.Fill(t, image.Rect(3, 3, 5, 5), color.RGBA{1, 2, 3, 255})
	r.UntilTrue(t, s.Stage)
}

func closeUnblocks(t *testing.T, s Subject) {
	r := s.receive(t)
	r.UntilTrue(t, s.Stage)
	r.UntilQuiet(t)
	ended := make(chan error, 1)
	go func() {
		for {
			if err := r.Next(context.Background()); err != nil {
				ended <- err
				return
			}
		}
	}()
	if err := r.Source.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, capture.ErrClosed) {
		t.Errorf("Next: %v", err)
	}
	if err := r.Source.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := r.Next(t.Context()); !errors.Is(err, capture.ErrClosed) {
		t.Errorf("Next after Close: %v", err)
	}
}

// closeWhilePainting closes the source while its frames are being read.
func closeWhilePainting(t *testing.T, s Subject) {
	size := s.size(t)
	for i := range 5 {
		r := &Receiver{Source: s.Open(t)}
		frames := make(chan struct{})
		ended := make(chan error, 1)
		go func() {
			for n := 0; ; n++ {
				if err := r.Next(context.Background()); err != nil {
					ended <- err
					return
				}
				if n == i {
					close(frames)
				}
			}
		}()
		rnd := rand.New(rand.NewPCG(uint64(i), 5))
		for open := true; open; {
			Step(t, s.Stage, size, rnd)
			select {
			case <-frames:
				open = false
			default:
			}
		}
		if err := r.Source.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, capture.ErrClosed) {
			t.Fatalf("Next: %v", err)
		}
	}
}

func contextEnds(t *testing.T, s Subject) {
	r := s.receive(t)
	r.UntilTrue(t, s.Stage)
	r.UntilQuiet(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Next(ctx) }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("Next: %v", err)
	}
	s.Stage.Fill(t, image.Rect(0, 0, 9, 9), color.RGBA{200, 2, 3, 255})
	r.UntilTrue(t, s.Stage)
}

func layoutChange(t *testing.T, s Subject) {
	stage := s.Stage.(Resizer)
	r := s.receive(t)
	r.UntilTrue(t, s.Stage)
	for _, size := range []image.Point{{500, 300}, {900, 700}, {333, 777}} {
		stage.Resize(t, size)
		told := r.Layouts
		r.Until(t, "resize", func() bool {
			return r.Layouts > told && r.Picture.Rect.Size() == size && len(r.Monitors) == 1 && r.Monitors[0].Rect.Size() == size
		})
		r.UntilTrue(t, s.Stage)
		s.Stage.Put(t, Text(image.Rect(size.X-100, size.Y-50, size.X, size.Y), 3))
		r.UntilTrue(t, s.Stage)
	}
}

func pointer(t *testing.T, s Subject) {
	stage := s.Stage.(Pointed)
	r := s.receive(t)
	r.UntilTrue(t, s.Stage)
	for _, at := range []image.Point{{7, 9}, {100, 50}, {0, 0}, {101, 51}} {
		stage.MovePointer(t, at)
		r.Until(t, "pointer position", func() bool { return r.Cursor.Position == at })
	}
	stage.ShapeCursor(t, 3)
	r.Until(t, "a cursor", func() bool { return r.Cursor.Visible && len(r.Cursor.Pix) > 0 })
	r.UntilQuiet(t)
	first := string(r.Cursor.Pix)
	stage.ShapeCursor(t, 30)
	r.Until(t, "another cursor", func() bool { return string(r.Cursor.Pix) != first })
	if c := r.Cursor; len(c.Pix) != c.Size.X*c.Size.Y*4 || !c.Hot.In(image.Rectangle{Max: c.Size}) {
		t.Errorf("cursor of %v, hot spot %v, %d bytes", c.Size, c.Hot, len(c.Pix))
	}
	stage.HideCursor(t)
	r.Until(t, "no cursor", func() bool { return !r.Cursor.Visible })
	stage.ShapeCursor(t, 3)
	r.Until(t, "the first cursor", func() bool { return r.Cursor.Visible && string(r.Cursor.Pix) == first })
}

// openAgain: what is closed leaves the desktop usable for the next.
func openAgain(t *testing.T, s Subject) {
	for i := range 3 {
		src := s.Open(t)
		r := &Receiver{Source: src}
		s.Stage.Fill(t, image.Rect(i, i, i+20, i+20), color.RGBA{byte(i), 100, 0, 255})
		r.UntilTrue(t, s.Stage)
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
