package capturetest

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"sync"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/internal/pixels"
)

// Script is a source without a screen: a test says what happens on it. Its
// methods may be called from any goroutine. As with a real screen, what happens
// between two calls of Next comes in one frame.
type Script struct {
	mu       sync.Mutex
	bell     chan struct{}
	truth    *image.RGBA // what the desktop shows
	front    []byte      // what the last frame showed; only Next writes to it
	monitors []capture.Monitor
	damage   []image.Rectangle
	moves    []capture.Move
	cursor   *capture.Cursor
	at       capture.Cursor // as last told, without pixels
	layout   bool
	err      error
	closed   bool
	frames   int
}

// NewScript makes a gray desktop with those monitors, or with one that fills it.
func NewScript(rect image.Rectangle, monitors ...capture.Monitor) *Script {
	s := &Script{bell: make(chan struct{}, 1), at: capture.Cursor{Visible: true}}
	s.reset(rect, monitors)
	s.cursor = &capture.Cursor{Visible: true, Shape: true, Size: image.Pt(1, 1), Pix: []byte{0, 0, 0, 255}}
	return s
}

func (s *Script) reset(rect image.Rectangle, monitors []capture.Monitor) {
	if len(monitors) == 0 {
		monitors = []capture.Monitor{{ID: 1, Rect: rect, Primary: true, Name: "script"}}
	}
	s.monitors = monitors
	s.truth = image.NewRGBA(rect)
	draw.Draw(s.truth, rect, image.NewUniform(color.RGBA{128, 128, 128, 255}), image.Point{}, draw.Src)
	s.damage, s.moves, s.layout = []image.Rectangle{rect}, nil, true
}

// change does something to the desktop and wakes Next.
func (s *Script) change(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

// Fill implements Stage.
func (s *Script) Fill(_ testing.TB, r image.Rectangle, c color.RGBA) {
	s.change(func() {
		draw.Draw(s.truth, r, image.NewUniform(c), image.Point{}, draw.Src)
		s.damage = append(s.damage, r)
	})
}

// Put implements Stage.
func (s *Script) Put(_ testing.TB, m *image.RGBA) {
	s.change(func() {
		draw.Draw(s.truth, m.Rect, m, m.Rect.Min, draw.Src)
		s.damage = append(s.damage, m.Rect)
	})
}

// Scroll implements Stage; the frame tells it as damage.
func (s *Script) Scroll(_ testing.TB, r image.Rectangle, dy int) {
	s.change(func() {
		from := image.NewRGBA(r)
		draw.Draw(from, r, s.truth, r.Min, draw.Src)
		draw.Draw(s.truth, r.Add(image.Pt(0, dy)).Intersect(r), from, r.Intersect(r.Add(image.Pt(0, -dy))).Min, draw.Src)
		s.damage = append(s.damage, r)
	})
}

// Move moves a rectangle and tells it as a move. When the next frame has damage
// already, which a receiver applies after all moves, it is told as damage.
func (s *Script) Move(m capture.Move) {
	s.change(func() {
		from := image.NewRGBA(m.Src)
		draw.Draw(from, m.Src, s.truth, m.Src.Min, draw.Src)
		to := m.Src.Sub(m.Src.Min).Add(m.To)
		draw.Draw(s.truth, to, from, m.Src.Min, draw.Src)
		if len(s.damage) > 0 {
			s.damage = append(s.damage, to)
			return
		}
		s.moves = append(s.moves, m)
	})
}

// Resize implements Resizer, with one monitor.
func (s *Script) Resize(_ testing.TB, size image.Point) {
	s.change(func() { s.reset(image.Rectangle{Max: size}, nil) })
}

// Relayout changes the desktop and its monitors.
func (s *Script) Relayout(rect image.Rectangle, monitors ...capture.Monitor) {
	s.change(func() { s.reset(rect, monitors) })
}

// MovePointer implements Pointed.
func (s *Script) MovePointer(_ testing.TB, to image.Point) {
	s.point(func(c *capture.Cursor) { c.Position = to })
}

// ShapeCursor implements Pointed.
func (s *Script) ShapeCursor(_ testing.TB, n int) {
	s.point(func(c *capture.Cursor) {
		c.Visible, c.Shape = true, true
		c.Size, c.Hot = image.Pt(2, 1), image.Pt(1, 0)
		c.Pix = []byte{byte(n), byte(n >> 8), 1, 255, 0, 0, 0, 0}
	})
}

// HideCursor implements Pointed.
func (s *Script) HideCursor(testing.TB) {
	s.point(func(c *capture.Cursor) { c.Visible, c.Shape, c.Pix = false, false, nil })
}

func (s *Script) point(f func(*capture.Cursor)) {
	s.change(func() {
		if s.cursor == nil {
			c := s.at
			s.cursor = &c
		}
		f(s.cursor)
	})
}

// Fail makes Next return an error from now on, after the frames before it:
// for example an *capture.Error that wraps capture.ErrLost.
func (s *Script) Fail(err error) { s.change(func() { s.err = err }) }

// Frames is how many frames Next has delivered.
func (s *Script) Frames() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.frames
}

// Closed reports whether the source was closed.
func (s *Script) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Truth implements Stage.
func (s *Script) Truth(testing.TB) *image.RGBA {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := image.NewRGBA(s.truth.Rect)
	copy(m.Pix, s.truth.Pix)
	return m
}

// Monitors implements capture.Source.
func (s *Script) Monitors() ([]capture.Monitor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]capture.Monitor(nil), s.monitors...), nil
}

// Next implements capture.Source.
func (s *Script) Next(ctx context.Context, f *capture.Frame) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err := s.take(f); done {
			return err
		}
		select {
		case <-s.bell:
		case <-ctx.Done():
		}
	}
}

func (s *Script) take(f *capture.Frame) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return true, &capture.Error{Backend: "script", Reason: capture.ReasonDisplayServerGone, Err: capture.ErrClosed}
	}
	if len(s.damage) == 0 && len(s.moves) == 0 && s.cursor == nil && !s.layout {
		return s.err != nil, s.err
	}
	if len(s.front) != len(s.truth.Pix) {
		s.front = make([]byte, len(s.truth.Pix))
	}
	pixels.Swap(s.front, s.truth.Pix, 0)
	f.Time = time.Now()
	f.Rect, f.Stride, f.Pix = s.truth.Rect, s.truth.Stride, s.front
	f.Moves = append(f.Moves[:0], s.moves...)
	f.Damage = f.Damage[:0]
	for _, d := range s.damage {
		if d = d.Intersect(f.Rect); !d.Empty() {
			f.Damage = append(f.Damage, d)
		}
	}
	f.Cursor, f.Layout = s.cursor, s.layout
	if s.cursor != nil {
		s.at = capture.Cursor{Position: s.cursor.Position, Visible: s.cursor.Visible}
	}
	s.damage, s.moves, s.cursor, s.layout = s.damage[:0], s.moves[:0], nil, false
	s.frames++
	return true, nil
}

// Close implements capture.Source.
func (s *Script) Close() error {
	s.change(func() { s.closed = true })
	return nil
}

var (
	_ capture.Source = (*Script)(nil)
	_ Stage          = (*Script)(nil)
	_ Resizer        = (*Script)(nil)
	_ Pointed        = (*Script)(nil)
)
