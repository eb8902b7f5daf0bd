package capture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

// x11Work is what the server's events asked for.
type x11Work struct {
	rects   []image.Rectangle
	full    bool // everything is damaged
	layout  bool // to be read anew
	tell    bool // the receiver does not know the layout
	shape   bool // the cursor image changed
	pointer bool // the pointer was moved
}

func (w *x11Work) any() bool {
	return w.full || w.layout || w.shape || w.pointer || len(w.rects) > 0
}

// grabAttempts bounds how often a frame is begun anew because the desktop was
// resized under the grab. A resize by a user is one event or a few.
const grabAttempts = 50

// moreLooks bounds how often a frame takes in what was drawn while it was grabbed.
// A program draws one step (a letter and the cursor behind it, a picture and the
// frame around it) by several requests; twice is what nearly all of them need.
const moreLooks = 2

// Next implements Source.
func (s *x11Source) Next(ctx context.Context, f *Frame) error {
	if !s.enter() {
		return s.shut()
	}
	ok := false
	defer func() { s.leave(ok) }()
	s.store.release(time.Now())
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		select {
		case <-s.conn.Gone():
			return s.ended(ctx, io.EOF)
		default:
		}
		s.collect()
		if !s.todo.any() {
			select {
			case <-s.conn.Wake():
			case <-ctx.Done():
			}
			continue
		}
		var news bool
		err := s.bounded(ctx, func() (err error) {
			news, err = s.fill(f)
			return err
		})
		if err != nil {
			return s.ended(ctx, err)
		}
		if !news {
			continue
		}
		for range moreLooks {
			if s.collect(); !s.todo.any() || f.Layout {
				break
			}
			if err := s.bounded(ctx, func() error { return s.more(f) }); err != nil {
				return s.ended(ctx, err)
			}
		}
		ok = true
		return nil
	}
}

// collect turns the events that have come into work.
func (s *x11Source) collect() {
	s.conn.Drain()
	var lost bool
	s.events, lost = s.conn.Events(s.events[:0])
	if lost {
		s.todo.full, s.todo.layout, s.todo.shape = true, true, true
	}
	c := s.codes
	for i := range s.events {
		e := &s.events[i]
		switch code := e.Code(); {
		case code == c.damage:
			s.todo.rects = append(s.todo.rects, e.Rect(16))
		case code == c.cursor:
			s.todo.shape = true
		case c.randr != 0 && (code == c.randr+randr.ScreenChangeNotify || code == c.randr+randr.Notify),
			code == xproto.ConfigureNotify:
			s.todo.layout = true
		case c.pointer.Is(e):
			s.todo.pointer = true
		}
	}
}

// fill does the work at hand and reports whether there is anything to deliver.
// What it could not finish stays to be done.
func (s *x11Source) fill(f *Frame) (bool, error) {
	for range grabAttempts {
		if s.todo.layout {
			l, err := s.readLayout()
			if err != nil {
				return false, err
			}
			if !l.equal(s.layout) {
				if err := s.use(l); err != nil {
					return false, err
				}
				s.todo.full, s.todo.tell = true, true
			}
			s.todo.layout = false
		}
		err := s.look(f)
		var bad xproto.MatchError
		if errors.As(err, &bad) { // the desktop has become smaller
			s.todo.layout, s.todo.full = true, true
			continue
		}
		if err != nil {
			return false, err
		}
		return f.Layout || len(f.Damage) > 0 || f.Cursor != nil, nil
	}
	return false, fmt.Errorf("desktop of %v cannot be read", s.layout.rect)
}

// more takes what has come since into a frame that is not delivered yet. What
// would begin another one waits for the next.
func (s *x11Source) more(f *Frame) error {
	if s.todo.layout || s.todo.full {
		return nil
	}
	before, cursor := append([]image.Rectangle(nil), f.Damage...), f.Cursor
	if err := s.look(f); err != nil {
		var bad xproto.MatchError
		if !errors.As(err, &bad) {
			return err
		}
		s.todo.layout, s.todo.full = true, true // the desktop has become smaller
	}
	f.Damage = coalesce(append(f.Damage, before...), s.layout.rect)
	switch {
	case f.Cursor == nil:
		f.Cursor = cursor
	case cursor != nil && cursor.Shape && !f.Cursor.Shape:
		cursor.Position, cursor.Visible = f.Cursor.Position, f.Cursor.Visible
		f.Cursor = cursor
	}
	return nil
}

// look sends all requests at once and then takes the answers; only what scratch
// has no room for is asked for later.
func (s *x11Source) look(f *Frame) error {
	f.Damage = append(f.Damage[:0], s.todo.rects...)
	if s.todo.full {
		f.Damage = append(f.Damage[:0], s.layout.rect)
	}
	subtract := s.todo.full || len(s.todo.rects) > 0
	f.Damage = coalesce(f.Damage, s.layout.rect)
	var ask cursorAsk
	need := s.store.spare.need(f.Damage)
	rest := need
	for first := true; first || len(rest) > 0; first = false {
		err := s.conn.Together(func() {
			if first && subtract {
				damage.Subtract(s.conn.Conn, s.damage, 0, 0)
			}
			if rest = s.shoot(rest); len(rest) == 0 {
				ask = s.askCursor()
			}
		})
		if err == nil && len(rest) == 0 {
			ask.wait() // its answer comes after the copies, which have none
		}
		if e := s.land(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	s.store.spare.have(need)
	f.Time = time.Now()
	f.Rect, f.Stride, f.Pix = s.layout.rect, s.layout.rect.Dx()*4, s.store.pix
	f.Moves = f.Moves[:0]
	var err error
	if f.Cursor, err = s.cursor.read(&ask); err != nil {
		return err
	}
	f.Layout = s.todo.tell
	s.todo = x11Work{rects: s.todo.rects[:0]}
	return nil
}

// readLayout asks for the size of the desktop and the monitors in it.
func (s *x11Source) readLayout() (x11Layout, error) {
	c := s.conn
	geometry := xproto.GetGeometry(c.Conn, xproto.Drawable(c.Root))
	var monitors randr.GetMonitorsCookie
	if s.codes.monitors {
		monitors = randr.GetMonitors(c.Conn, c.Root, true)
	}
	g, err := geometry.Reply()
	if err != nil {
		return x11Layout{}, fmt.Errorf("size of the desktop: %w", err)
	}
	l := x11Layout{rect: image.Rect(0, 0, int(g.Width), int(g.Height))}
	if !s.codes.monitors {
		l.monitors = []Monitor{{ID: 1, Rect: l.rect, Primary: true, Name: "screen"}}
		return l, nil
	}
	m, err := monitors.Reply()
	if err != nil {
		return x11Layout{}, fmt.Errorf("monitors: %w", err)
	}
	hasPrimary := false
	for _, m := range m.Monitors {
		r := image.Rect(int(m.X), int(m.Y), int(m.X)+int(m.Width), int(m.Y)+int(m.Height)).Intersect(l.rect)
		if r.Empty() {
			continue
		}
		l.monitors = append(l.monitors, Monitor{ID: uint32(m.Name), Rect: r, Primary: m.Primary, Name: s.atomName(m.Name)})
		hasPrimary = hasPrimary || m.Primary
	}
	if !hasPrimary && len(l.monitors) > 0 {
		l.monitors[0].Primary = true
	}
	return l, nil
}

// atomName asks for the name of a monitor, which is only for people: none is no
// reason to fail.
func (s *x11Source) atomName(a xproto.Atom) string {
	r, err := xproto.GetAtomName(s.conn.Conn, a).Reply()
	if err != nil {
		return ""
	}
	return r.Name
}

func (l x11Layout) equal(o x11Layout) bool {
	if l.rect != o.rect || len(l.monitors) != len(o.monitors) {
		return false
	}
	for i := range l.monitors {
		if l.monitors[i] != o.monitors[i] {
			return false
		}
	}
	return true
}
