package portal

import (
	"image"
	"math"
	"slices"
)

// Lay says where the pictures of the streams are on the desktop that is shown, in
// pixels and in the order of Streams. It may be called from any goroutine.
func (s *Session) Lay(pictures []image.Rectangle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pictures = slices.Clone(pictures)
}

// Find says which stream a point of the desktop that is shown is on, and where, in the
// measure of Move. A point beside all of them is moved to the nearest. Without
// pictures there is none.
func (s *Session) Find(p image.Point) (node uint32, x, y float64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	best, far := -1, math.MaxInt
	for i, r := range s.pictures {
		if i >= len(s.Streams) || r.Empty() {
			continue
		}
		q := clamp(p, r).Sub(p)
		if d := q.X*q.X + q.Y*q.Y; d < far {
			best, far = i, d
		}
	}
	if best < 0 {
		return 0, 0, 0, false
	}
	r, size := s.pictures[best], s.Streams[best].Size
	if size == (image.Point{}) {
		size = r.Size()
	}
	q := clamp(p, r).Sub(r.Min)
	part := func(q, pixels, size int) float64 { return float64(q) * float64(size) / float64(pixels) }
	return s.Streams[best].Node, part(q.X, r.Dx(), size.X), part(q.Y, r.Dy(), size.Y), true
}

func clamp(p image.Point, r image.Rectangle) image.Point {
	return image.Pt(min(max(p.X, r.Min.X), r.Max.X-1), min(max(p.Y, r.Min.Y), r.Max.Y-1))
}
