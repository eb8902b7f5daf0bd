package encode

import (
	"bytes"
	"image"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/wire"
)

const (
	// maxMoves bounds the queue of moves; further ones become damage.
	maxMoves = 64
	// maxMoved bounds the pixels of the moves of an update, as a multiple of the
	// canvas, well below what wire.MaxPaints allows.
	maxMoved = 4
	// minMovePixels is the smallest move that is worth its operation.
	minMovePixels = 32 * 32
)

// shift is a dirty or lossy rectangle on its way with a move.
type shift struct {
	to    image.Rectangle
	lossy bool
}

// takeMoves applies the frame's moves to the newest pixels and queues them for
// the viewer. They are hints: what they do not explain becomes damage.
func (c *Canvas) takeMoves(f *capture.Frame, now time.Time) (changed bool) {
	for _, m := range f.Moves {
		c.takeMove(m, now)
	}
	for _, m := range f.Moves {
		to := image.Rectangle{m.To, m.To.Add(m.Src.Size())}
		changed = c.compareIn(f, to.Intersect(c.desk), now) || changed
	}
	return changed || len(c.moves) > 0
}

func (c *Canvas) takeMove(m capture.Move, now time.Time) {
	delta := m.To.Sub(m.Src.Min)
	canvas := image.Rectangle{Max: c.view.Size()}
	src := m.Src.Sub(c.view.Min).Intersect(canvas).Intersect(canvas.Sub(delta))
	area := src.Dx() * src.Dy()
	if c.resize || !c.viewer.ops[wire.OpMove] || area < minMovePixels || delta == (image.Point{}) ||
		len(c.moves) == maxMoves || c.moved+area > maxMoved*c.view.Dx()*c.view.Dy() || c.dirtyIn(src) > area/2 {
		return
	}
	c.moved += area
	c.shiftPixels(src, delta)
	c.shiftMarks(src, delta, now)
	c.moves = append(c.moves, wire.Copy{Src: wireRect(src), X: uint16(src.Min.X + delta.X), Y: uint16(src.Min.Y + delta.Y)})
}

func (c *Canvas) dirtyIn(r image.Rectangle) (n int) {
	c.eachTile(r, func(i int, b box) {
		if d := c.tiles[i].dirty; !d.empty() {
			hit := c.place(i, d).Intersect(r)
			n += hit.Dx() * hit.Dy()
		}
	})
	return n
}

// shiftPixels copies rows in the order that keeps an overlapping source whole.
func (c *Canvas) shiftPixels(src image.Rectangle, delta image.Point) {
	for n := range src.Dy() {
		y := src.Min.Y + n
		if delta.Y > 0 {
			y = src.Max.Y - 1 - n
		}
		copy(c.line(y+delta.Y, src.Min.X+delta.X, src.Max.X+delta.X), c.line(y, src.Min.X, src.Max.X))
	}
}

// shiftMarks moves what is dirty or lossy along: the target is no better known
// to the viewer than its source.
func (c *Canvas) shiftMarks(src image.Rectangle, delta image.Point, now time.Time) {
	c.shifts = c.shifts[:0]
	c.eachTile(src, func(i int, _ box) {
		t := &c.tiles[i]
		if hit := c.place(i, t.dirty).Intersect(src); !hit.Empty() {
			c.shifts = append(c.shifts, shift{hit.Add(delta), false})
		}
		if hit := c.place(i, t.lossy).Intersect(src); !hit.Empty() {
			c.shifts = append(c.shifts, shift{hit.Add(delta), true})
		}
	})
	c.eachTile(src.Add(delta), func(i int, b box) {
		t := &c.tiles[i]
		if b.covers(t.dirty) {
			t.dirty = box{}
		}
		if b.covers(t.lossy) {
			t.lossy = box{}
		}
		t.changed = now
	})
	for _, s := range c.shifts {
		if !s.lossy {
			c.mark(s.to, now)
			continue
		}
		c.eachTile(s.to, func(i int, b box) { c.tiles[i].lossy = c.tiles[i].lossy.union(b) })
	}
}

// compareIn copies and marks where the frame differs from the newest pixels.
func (c *Canvas) compareIn(f *capture.Frame, r image.Rectangle, now time.Time) (changed bool) {
	for y0 := r.Min.Y; y0 < r.Max.Y; y0 += tileSize {
		for x0 := r.Min.X; x0 < r.Max.X; x0 += tileSize {
			x1, y1 := min(x0+tileSize, r.Max.X), min(y0+tileSize, r.Max.Y)
			from, to := 0, 0
			for y := y0; y < y1; y++ {
				have, want := c.row(y, x0, x1), frameRow(f, y, x0, x1)
				if bytes.Equal(have, want) {
					continue
				}
				copy(have, want)
				if to == 0 {
					from = y - y0
				}
				to = y - y0 + 1
			}
			if to > 0 {
				changed = c.mark(image.Rect(x0, y0+from, x1, y0+to).Sub(c.view.Min), now) || changed
			}
		}
	}
	return changed
}

func wireRect(r image.Rectangle) wire.Rect {
	return wire.Rect{X: uint16(r.Min.X), Y: uint16(r.Min.Y), W: uint16(r.Dx()), H: uint16(r.Dy())}
}
