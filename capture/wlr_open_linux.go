package capture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/alongside-remote/alongside/internal/wayland"
)

const wlrName = "wlr"

// wlrSource captures a compositor of the wlroots family by wlr-screencopy: for each
// monitor one picture is asked for, which comes with the next change of it.
//
//	idle ──ask──▶ asked ──ready──▶ ready ──Next──▶ idle
//	                └──failed──▶ failed ──after a moment──▶ idle
//	layout changed: all begin anew, and show everything
//
// A picture lands in memory that the compositor shares, and only Next takes it from
// there into the desktop. So what comes next is under way while the caller works on
// the last, and a caller that does not come back has one picture waiting.
//
// The protocol knows nothing of the pointer: no frame has a cursor.
type wlrSource struct {
	log     *slog.Logger
	conn    *wayland.Conn
	outputs *wayland.Outputs
	copies  *wayland.Screencopy

	layout  wayland.Layout
	screens []*wlrScreen
	pix     []byte
	tell    bool // the receiver does not know the layout
	refused error

	mu     sync.Mutex
	closed bool
	busy   bool // Next runs
}

func openWlr(ctx context.Context, o Options) (Source, error) {
	if o.Display != "" {
		return nil, &Error{Backend: wlrName, Reason: ReasonUnsupported, Err: fmt.Errorf("%w: an X11 display was asked for", ErrUnsupported)}
	}
	c, err := wayland.Open(ctx, wayland.Target{})
	if err != nil {
		return nil, wlrOpenError(ctx, err)
	}
	s := &wlrSource{log: o.Log.With("backend", wlrName), conn: c, tell: true}
	if err := s.start(ctx); err != nil {
		_ = c.Close()
		return nil, wlrOpenError(ctx, err)
	}
	return s, nil
}

func (s *wlrSource) start(ctx context.Context) error {
	var err error
	if s.copies, err = s.conn.Screencopy(); err != nil {
		return err
	}
	if s.outputs, err = s.conn.Outputs(ctx); err != nil {
		return err
	}
	s.outputs.Changed()
	s.use(s.outputs.Layout())
	if len(s.screens) == 0 {
		return fmt.Errorf("%w: the compositor has none", ErrNoMonitor)
	}
	return s.firstAnswers(ctx)
}

// firstAnswers waits until the compositor has said what pictures it gives.
func (s *wlrSource) firstAnswers(ctx context.Context) error {
	s.ask()
	for _, m := range s.screens {
		for m.camera.Waiting() && s.refused == nil {
			if err := s.conn.Dispatch(ctx); err != nil {
				return err
			}
		}
	}
	return s.refused
}

// use makes a layout the current one. Without monitors the desktop stays as large
// as it was, and black.
func (s *wlrSource) use(l wayland.Layout) {
	for _, m := range s.screens {
		m.camera.Close()
	}
	s.screens = nil
	if l.Rect.Empty() {
		l.Rect = s.layout.Rect
	}
	s.layout, s.tell = l, true
	s.pix = make([]byte, area(l.Rect)*4)
	for i := range l.Screens {
		s.screens = append(s.screens, &wlrScreen{
			Screen: l.Screens[i], camera: s.copies.Camera(l.Screens[i].ID), whole: true,
		})
	}
}

// Monitors implements Source: as of the last frame.
func (s *wlrSource) Monitors() ([]Monitor, error) {
	if len(s.layout.Screens) == 0 {
		return nil, &Error{Backend: wlrName, Reason: ReasonNoMonitor, Err: ErrNoMonitor}
	}
	all := make([]Monitor, 0, len(s.layout.Screens))
	first := 0
	for i := range s.layout.Screens {
		m := &s.layout.Screens[i]
		all = append(all, Monitor{ID: m.Global, Rect: m.Rect, Name: m.Name})
		// No monitor is primary there: it is the one where reading begins.
		if a, b := m.Rect.Min, all[first].Rect.Min; a.Y < b.Y || a.Y == b.Y && a.X < b.X {
			first = i
		}
	}
	all[first].Primary = true
	return all, nil
}

// Close implements Source.
func (s *wlrSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	_ = s.conn.Close()
	if !s.busy {
		s.free()
	}
	return nil
}

func (s *wlrSource) free() {
	for _, m := range s.screens {
		m.camera.Free()
	}
}

// enter and leave keep Close from unmapping what Next uses.
func (s *wlrSource) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = !s.closed
	return s.busy
}

func (s *wlrSource) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if s.closed {
		s.free()
	}
}

func wlrOpenError(ctx context.Context, err error) error {
	e := &Error{Backend: wlrName, Reason: ReasonUnsupported}
	switch {
	case ctx.Err() != nil:
		e.Reason, e.Err = ReasonNoDisplay, ctx.Err()
	case errors.Is(err, wayland.ErrMissing):
		e.Err = fmt.Errorf("%w: %w; GNOME and KDE show screens through their portal only", ErrUnsupported, err)
	case errors.Is(err, wayland.ErrRefused):
		e.Reason, e.Err = ReasonPermission, fmt.Errorf("%w: %w", ErrDenied, err)
	case errors.Is(err, wayland.ErrNoDisplay):
		e.Reason, e.Err = ReasonNoDisplay, fmt.Errorf("%w: %w", ErrUnsupported, err)
	case errors.Is(err, ErrUnsupported):
		e.Err = err
	case errors.Is(err, ErrNoMonitor):
		e.Reason, e.Err = ReasonNoMonitor, err
	default:
		e.Reason, e.Err = ReasonDisplayServerGone, fmt.Errorf("%w: %w", ErrLost, err)
	}
	return e
}

// ended says why there is no frame.
func (s *wlrSource) ended(ctx context.Context, err error) error {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	switch {
	case closed:
		return &Error{Backend: wlrName, Reason: ReasonDisplayServerGone, Err: ErrClosed}
	case ctx.Err() != nil:
		return ctx.Err()
	case s.refused != nil:
		return &Error{Backend: wlrName, Reason: ReasonUnsupported, Err: fmt.Errorf("%w: %w", ErrLost, err)}
	}
	return &Error{Backend: wlrName, Reason: ReasonDisplayServerGone, Err: fmt.Errorf("%w: %w", ErrLost, err)}
}
