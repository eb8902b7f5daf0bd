package capture

import (
	"image"
	"sync"
)

// Shadow is the desktop as frames have told it so far. Refine compares the next
// picture with it, and whoever shows the desktop to somebody reads from it what is
// sent: one copy of the screen, however many look.
//
// Apply is called from the goroutine that captures; the others from any. Rect and
// Row are for those who hold the lock, for as short as copying takes: the next
// frame waits for them. A reader that remembers what frames changed does so in
// Apply's tell, and then finds either the old pixels and no change, or the new ones
// and the change.
type Shadow struct {
	mu  sync.RWMutex
	at  image.Point // of the corner, on the desktop
	pic picture
}

// RLock keeps the pixels as they are.
func (s *Shadow) RLock() { s.mu.RLock() }

// RUnlock lets them change.
func (s *Shadow) RUnlock() { s.mu.RUnlock() }

// Rect is the desktop; empty before the first frame.
func (s *Shadow) Rect() image.Rectangle { return s.pic.bounds().Add(s.at) }

// Row is a piece of a row, in desktop coordinates: B, G, R, X.
func (s *Shadow) Row(y, x0, x1 int) []byte { return s.pic.row(y-s.at.Y, x0-s.at.X, x1-s.at.X) }

// Apply makes the shadow what the frame says: its moves one after the other, then
// its damage. A frame of another desktop replaces everything. Before that it calls
// tell, if there is one, with the pixels still as they were. Nobody reads meanwhile.
func (s *Shadow) Apply(f *Frame, tell func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if tell != nil {
		tell()
	}
	if f.Rect.Empty() {
		return
	}
	if f.Rect != s.Rect() {
		s.resize(f.Rect)
		s.copy(f, f.Rect)
		return
	}
	for _, m := range f.Moves {
		s.move(m)
	}
	for _, d := range f.Damage {
		s.copy(f, d.Intersect(f.Rect))
	}
}

func (s *Shadow) resize(r image.Rectangle) {
	n := area(r) * 4
	if cap(s.pic.pix) < n || cap(s.pic.pix) > 2*n {
		s.pic.pix = make([]byte, n)
	}
	s.at, s.pic = r.Min, picture{s.pic.pix[:n], r.Dx() * 4, r.Size()}
}

func (s *Shadow) copy(f *Frame, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := (y-f.Rect.Min.Y)*f.Stride + (r.Min.X-f.Rect.Min.X)*4
		copy(s.Row(y, r.Min.X, r.Max.X), f.Pix[at:])
	}
}

// move copies rows in the order that keeps an overlapping source whole.
func (s *Shadow) move(m Move) {
	delta := m.To.Sub(m.Src.Min)
	src := m.Src.Intersect(s.Rect()).Intersect(s.Rect().Sub(delta))
	for n := range src.Dy() {
		y := src.Min.Y + n
		if delta.Y > 0 {
			y = src.Max.Y - 1 - n
		}
		copy(s.Row(y+delta.Y, src.Min.X+delta.X, src.Max.X+delta.X), s.Row(y, src.Min.X, src.Max.X))
	}
}
