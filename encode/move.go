package encode

import (
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
	rough uint8
}

// takeMoves queues the frame's moves for the viewer.
func (c *Canvas) takeMoves(f *capture.Frame, now time.Time) (changed bool) {
	for _, m := range f.Moves {
		c.takeMove(m, now)
	}
	return len(f.Moves) > 0
}

// takeMove queues a move. What of it the viewer cannot do, or should not, becomes
// damage.
func (c *Canvas) takeMove(m capture.Move, now time.Time) {
	delta := m.To.Sub(m.Src.Min)
	src := m.Src.Intersect(c.desk).Intersect(c.desk.Sub(delta))
	if src.Empty() || delta == (image.Point{}) {
		return
	}
	canvas := image.Rectangle{Max: c.view.Size()}
	to := src.Add(delta).Sub(c.view.Min).Intersect(canvas)
	c.retire(to, now)
	from := src.Sub(c.view.Min).Intersect(canvas).Intersect(canvas.Sub(delta))
	if n := area(from); c.resize || !c.viewer.ops[wire.OpMove] || n < minMovePixels || len(c.moves) == maxMoves ||
		c.moved+n > maxMoved*c.view.Dx()*c.view.Dy() || c.dirtyIn(from) > n/2 {
		c.mark(to, now)
		return
	}
	c.shiftMarks(from, delta, now)
	c.queueMove(from, delta, now)
	// What came from outside of the canvas.
	for _, r := range around(to, from.Add(delta)) {
		c.mark(r, now)
	}
}

// queueMove queues a move for the viewer. A scroll that goes on while nothing can
// be sent is one move of all its steps, not one for each: what the steps alone
// would have kept at the edges becomes damage, which it mostly is already.
func (c *Canvas) queueMove(from image.Rectangle, delta image.Point, now time.Time) {
	to, n := from.Add(delta), len(c.moves)-1
	if n >= 0 {
		src, was := moved(c.moves[n])
		both := from.Intersect(was)
		if 4*area(both) >= 3*area(was) && 2*area(both) >= area(from) {
			for _, r := range around(to, both.Add(delta)) {
				c.mark(r, now)
			}
			for _, r := range around(was, was.Intersect(to)) {
				c.mark(r, now)
			}
			c.moved += area(both) - area(was)
			c.moves = c.moves[:n]
			from, to = both.Sub(was.Min.Sub(src.Min)), both.Add(delta)
			if from == to {
				c.moved -= area(both)
				return
			}
			c.moves = append(c.moves, wire.Copy{Src: wireRect(from), X: uint16(to.Min.X), Y: uint16(to.Min.Y)})
			return
		}
	}
	c.moved += area(from)
	c.moves = append(c.moves, wire.Copy{Src: wireRect(from), X: uint16(to.Min.X), Y: uint16(to.Min.Y)})
}

// moved is where a queued move takes from and to.
func moved(m wire.Copy) (src, to image.Rectangle) {
	src = image.Rect(0, 0, int(m.Src.W), int(m.Src.H)).Add(image.Pt(int(m.Src.X), int(m.Src.Y)))
	return src, src.Add(image.Pt(int(m.X), int(m.Y)).Sub(src.Min))
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }

// around is what of outer is not in inner, which lies within it; some of it may
// be empty.
func around(outer, inner image.Rectangle) [4]image.Rectangle {
	if inner.Empty() {
		return [4]image.Rectangle{outer}
	}
	return [4]image.Rectangle{
		{outer.Min, image.Pt(outer.Max.X, inner.Min.Y)},
		{image.Pt(outer.Min.X, inner.Max.Y), outer.Max},
		{image.Pt(outer.Min.X, inner.Min.Y), image.Pt(inner.Min.X, inner.Max.Y)},
		{image.Pt(inner.Max.X, inner.Min.Y), image.Pt(outer.Max.X, inner.Max.Y)},
	}
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

// shiftMarks moves what is dirty or lossy along: the target is no better known
// to the viewer than its source.
func (c *Canvas) shiftMarks(src image.Rectangle, delta image.Point, now time.Time) {
	c.shifts = c.shifts[:0]
	c.eachTile(src, func(i int, _ box) {
		t := &c.tiles[i]
		if hit := c.place(i, t.dirty).Intersect(src); !hit.Empty() {
			c.shifts = append(c.shifts, shift{to: hit.Add(delta)})
		}
		if hit := c.place(i, t.lossy).Intersect(src); !hit.Empty() {
			c.shifts = append(c.shifts, shift{hit.Add(delta), true, min(t.rough, rough)})
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
		t.touch(now)
		t.moved = c.stamp
	})
	for _, s := range c.shifts {
		if !s.lossy {
			c.mark(s.to, now)
			continue
		}
		c.eachTile(s.to, func(i int, b box) { c.tiles[i].roughen(b, s.rough) })
	}
}

func wireRect(r image.Rectangle) wire.Rect {
	return wire.Rect{X: uint16(r.Min.X), Y: uint16(r.Min.Y), W: uint16(r.Dx()), H: uint16(r.Dy())}
}
