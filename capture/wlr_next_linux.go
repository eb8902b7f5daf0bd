package capture

import (
	"context"
	"errors"
	"image"
	"time"
)

// Next implements Source.
func (s *wlrSource) Next(ctx context.Context, f *Frame) error {
	if !s.enter() {
		return s.ended(ctx, ErrClosed)
	}
	defer s.leave()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.outputs.Changed() {
			if l := s.outputs.Layout(); !l.Equal(s.layout) {
				s.use(l)
			}
		}
		if s.take(f) {
			// The next pictures are under way while this one is worked on.
			s.ask()
			if err := s.conn.Flush(); err != nil {
				s.log.Debug("ask for pictures", "err", err) // the next call says so
			}
			return nil
		}
		s.ask()
		if err := s.wait(ctx); err != nil {
			return s.ended(ctx, err)
		}
	}
}

// wait lets the compositor speak, and takes all that it has said by then.
func (s *wlrSource) wait(ctx context.Context) error {
	until := ctx
	for _, m := range s.screens {
		if m.state == wlrFailed {
			var cancel context.CancelFunc
			until, cancel = context.WithDeadline(until, m.retry)
			defer cancel()
		}
	}
	err := s.conn.Dispatch(until)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil // somebody is to be asked again
	}
	if err == nil {
		err = s.refused
	}
	return err
}

// take brings what is ready into the desktop and describes it. The first frame of
// a layout waits for all monitors.
func (s *wlrSource) take(f *Frame) bool {
	if s.tell && len(s.screens) > 0 {
		for _, m := range s.screens {
			if m.state != wlrReady && m.state != wlrFailed {
				return false
			}
		}
	}
	f.Damage = f.Damage[:0]
	for _, m := range s.screens {
		if m.state == wlrReady {
			if d := m.land(s.pix, s.layout.Rect); !d.Empty() {
				f.Damage = append(f.Damage, d)
			}
			m.state = wlrIdle
		}
	}
	if s.tell {
		f.Damage = append(f.Damage[:0], s.layout.Rect)
	}
	if len(f.Damage) == 0 {
		return false
	}
	f.Time = time.Now()
	f.Rect, f.Stride, f.Pix = s.layout.Rect, s.layout.Rect.Dx()*4, s.pix
	f.Moves, f.Cursor = f.Moves[:0], nil
	f.Layout, s.tell = s.tell, false
	return true
}

// land copies what changed from the shared memory into the desktop and says where
// that is.
func (m *wlrScreen) land(pix []byte, desktop image.Rectangle) image.Rectangle {
	b, d := m.camera.Buffer, m.camera.Damage
	size := image.Pt(b.Width, b.Height)
	if d.Empty() {
		return d
	}
	at := m.Rect.Min.Sub(desktop.Min)
	stride := desktop.Dx() * 4
	seen := m.Transform.Rect(d, size).Intersect(image.Rectangle{Max: m.Rect.Size()})
	if seen.Empty() { // the monitor is about to become smaller
		return seen
	}
	swap := b.Swapped()
	for y := d.Min.Y; y < d.Max.Y; y++ {
		row := y
		if m.camera.Inverted {
			row = b.Height - 1 - y
		}
		from := b.Memory.Bytes[row*b.Stride:][:b.Width*4]
		if m.Transform == 0 && !swap {
			if to := at.Add(image.Pt(d.Min.X, y)); y < m.Rect.Dy() {
				copy(pix[to.Y*stride+to.X*4:][:seen.Dx()*4], from[d.Min.X*4:])
			}
			continue
		}
		for x := d.Min.X; x < d.Max.X; x++ {
			p := m.Transform.Point(image.Pt(x, y), size)
			if !p.In(seen) {
				continue
			}
			p = p.Add(at)
			to, px := pix[p.Y*stride+p.X*4:][:4], from[x*4:][:4]
			if swap {
				to[0], to[1], to[2], to[3] = px[2], px[1], px[0], px[3]
			} else {
				copy(to, px)
			}
		}
	}
	return seen.Add(m.Rect.Min)
}
