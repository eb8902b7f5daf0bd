package capture

import (
	"context"
	"image"
	"math"
	"time"

	"github.com/alongside-remote/alongside/internal/pipewire"
)

// Next implements Source.
func (s *portalSource) Next(ctx context.Context, f *Frame) error {
	select {
	case <-s.closed:
		return s.ended(ctx, ErrClosed)
	default:
	}
	f.Damage = f.Damage[:0]
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.collect(f); err != nil {
			return s.ended(ctx, err)
		}
		if s.take(f) {
			return nil
		}
		if err := s.wait(ctx); err != nil {
			return s.ended(ctx, err)
		}
	}
}

// collect takes what is new of all streams. When one has another size, all is drawn
// anew.
func (s *portalSource) collect(f *Frame) error {
	for _, m := range s.screens {
		err := m.stream.Take(func(p *pipewire.Picture) {
			if p.Size != m.size {
				s.stale = true
			}
			if !s.stale {
				for _, d := range p.Damage {
					s.copy(m, p, d)
					f.Damage = append(f.Damage, d.Add(m.rect.Min))
				}
			}
			if p.Cursor != nil {
				s.point(m, p.Cursor)
			}
			s.time = p.Time
		})
		if err != nil {
			return err
		}
	}
	if s.stale {
		s.draw()
	}
	return nil
}

// draw finds out anew where all monitors are, and shows them whole.
func (s *portalSource) draw() {
	for _, m := range s.screens {
		m.stream.Look(func(p *pipewire.Picture) { m.size = p.Size })
		if m.size == (image.Point{}) {
			return // it has shown nothing yet
		}
	}
	s.rect = placed(s.screens)
	s.session.Lay(s.places())
	s.pix = make([]byte, area(s.rect)*4)
	s.tell, s.stale = true, false
	for _, m := range s.screens {
		m.stream.Look(func(p *pipewire.Picture) {
			if p.Size != m.size {
				s.stale = true // since then
				return
			}
			s.copy(m, p, image.Rectangle{Max: p.Size})
		})
	}
}

// places are where the pictures of the streams are: the pointer that a rep moves goes by
// them.
func (s *portalSource) places() []image.Rectangle {
	var all []image.Rectangle
	for _, m := range s.screens {
		all = append(all, m.rect)
	}
	return all
}

func (s *portalSource) copy(m *portalScreen, p *pipewire.Picture, r image.Rectangle) {
	at := m.rect.Min.Sub(s.rect.Min)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(s.pix[((at.Y+y)*s.rect.Dx()+at.X+r.Min.X)*4:][:r.Dx()*4], p.Pix[(y*p.Size.X+r.Min.X)*4:])
	}
}

// point takes what a stream says of the pointer. It is on one monitor; that it is not
// on another says nothing.
func (s *portalSource) point(m *portalScreen, c *pipewire.Cursor) {
	if c.Visible {
		s.over = m
		s.pointer.Position = m.rect.Min.Add(c.Position)
	} else if s.over == m {
		s.over = nil
	}
	if c.Shape {
		s.pointer.Shape, s.pointer.Size, s.pointer.Hot, s.pointer.Pix = true, c.Size, c.Hot, c.Pix
	}
	s.pointer.Visible = s.over != nil && len(s.pointer.Pix) > 0
	s.pointed = true
}

// take describes what is new, if something is.
func (s *portalSource) take(f *Frame) bool {
	if s.tell {
		f.Damage = append(f.Damage[:0], s.rect)
	}
	if len(f.Damage) == 0 && !s.pointed || s.stale {
		return false
	}
	f.Time, f.Rect, f.Stride, f.Pix = s.time, s.rect, s.rect.Dx()*4, s.pix
	if f.Time.IsZero() {
		f.Time = time.Now()
	}
	f.Moves, f.Cursor = f.Moves[:0], nil
	if s.pointed {
		c := s.pointer
		f.Cursor = &c
		if !c.Shape {
			f.Cursor.Size, f.Cursor.Hot, f.Cursor.Pix = image.Point{}, image.Point{}, nil
		}
		s.pointer.Shape, s.pointed = false, false
	}
	f.Layout, s.tell = s.tell, false
	return true
}

// placed puts the monitors where the desktop has them. Its measure is not pixels
// where it scales: all is laid out by the largest factor, and what then would
// overlap, or has no place, stands in a row.
func placed(all []*portalScreen) image.Rectangle {
	factor, known := 0.0, true
	for _, m := range all {
		known = known && m.Placed
		if m.Placed {
			factor = max(factor, float64(m.size.X)/float64(m.Place.Dx()), float64(m.size.Y)/float64(m.Place.Dy()))
		}
	}
	var whole image.Rectangle
	for i, m := range all {
		if !known {
			break
		}
		at := image.Pt(int(math.Round(float64(m.Place.Min.X)*factor)), int(math.Round(float64(m.Place.Min.Y)*factor)))
		m.rect = image.Rectangle{at, at.Add(m.size)}
		for _, other := range all[:i] {
			known = known && !other.rect.Overlaps(m.rect)
		}
		whole = whole.Union(m.rect)
	}
	if known && whole.Dx() <= portalSide && whole.Dy() <= portalSide {
		return whole
	}
	whole = image.Rectangle{}
	for _, m := range all {
		at := image.Pt(whole.Max.X, 0)
		m.rect = image.Rectangle{at, at.Add(m.size)}
		whole = whole.Union(m.rect)
	}
	return whole
}

// portalSide is how far apart monitors may be said to stand.
const portalSide = 1 << 15
