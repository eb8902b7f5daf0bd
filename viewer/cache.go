package viewer

import (
	"fmt"
	"image"

	"github.com/alongside-remote/alongside/wire"
)

// store keeps copies of rectangles. The agent keeps to the cache size that the
// viewer named; the size of a slot is four bytes a pixel.
func (c *Canvas) store(slots []wire.Slot) error {
	for _, s := range slots {
		r, err := c.rect(s.Rect)
		if err != nil {
			return err
		}
		if old := c.cache[s.Slot]; old != nil {
			c.cacheUsed -= len(old.Pix)
			delete(c.cache, s.Slot)
		}
		if c.cacheUsed += 4 * r.Dx() * r.Dy(); c.cacheUsed > c.cacheLimit {
			return fmt.Errorf("%w: cache of more than %d bytes", wire.ErrMalformed, c.cacheLimit)
		}
		m := image.NewRGBA(image.Rectangle{Max: r.Size()})
		for y := range r.Dy() {
			copy(m.Pix[y*m.Stride:], c.row(r.Min.Y+y, r.Min.X, r.Max.X))
		}
		c.cache[s.Slot] = m
	}
	return nil
}

func (c *Canvas) paintCached(slots []wire.Slot) error {
	for _, s := range slots {
		m := c.cache[s.Slot]
		if m == nil {
			return fmt.Errorf("%w: cache slot %d is empty", wire.ErrMalformed, s.Slot)
		}
		size := m.Rect.Size()
		r, err := c.paint(wire.Rect{X: s.Rect.X, Y: s.Rect.Y, W: uint16(size.X), H: uint16(size.Y)})
		if err != nil {
			return err
		}
		for y := range size.Y {
			copy(c.row(r.Min.Y+y, r.Min.X, r.Max.X), m.Pix[y*m.Stride:])
		}
	}
	return nil
}
