package capture

import (
	"bytes"
	"encoding/binary"
	"image"
)

// edgeRows is how many rows of a move are looked at, at most, to find where its
// left and right edges are.
const edgeRows = 256

// outward is how many cells a move may grow: all samples of a cell may have fallen
// between lines of text.
const outward = 2

// edges sets the edges of a move to the pixel: each may go in by a cell and
// outward, to where it gains most. Where it makes no difference a move grows.
func (g *grid) edges(old, now picture, r image.Rectangle) image.Rectangle {
	room, whole := g.group.Intersect(old.bounds().Add(g.by)), r
	in := min(g.cell, r.Dy()/2)
	rows := func(y int) int { return g.rowGain(old, now, y, r.Min.X, r.Max.X) }
	top := best(min(outward*g.cell, r.Min.Y-room.Min.Y)+in, func(i int) int { return rows(r.Min.Y + in - 1 - i) })
	bottom := best(min(outward*g.cell, room.Max.Y-r.Max.Y)+in, func(i int) int { return rows(r.Max.Y - in + i) })
	r.Min.Y, r.Max.Y = r.Min.Y+in-top, r.Max.Y-in+bottom
	if r.Empty() {
		return whole
	}
	in = min(g.cell, r.Dx()/2)
	x0, x1 := max(r.Min.X-outward*g.cell, room.Min.X), r.Min.X+in
	sums := g.columns(old, now, r, x0, x1)
	left := best(len(sums), func(i int) int { return sums[len(sums)-1-i] })
	at := r.Max.X - in
	sums = g.columns(old, now, r, at, min(r.Max.X+outward*g.cell, room.Max.X))
	right := best(len(sums), func(i int) int { return sums[i] })
	r.Min.X, r.Max.X = x1-left, at+right
	if r.Empty() {
		return whole
	}
	return r
}

// best is how many of n lines, from the first, gain most together.
func best(n int, gain func(i int) int) int {
	sum, most, at := 0, 0, 0
	for i := range n {
		if sum += gain(i); sum >= most {
			most, at = sum, i+1
		}
	}
	return at
}

// rowGain is what a row gains, in cells.
func (g *grid) rowGain(old, now picture, y, x0, x1 int) (sum int) {
	for x := x0; x < x1; x += g.cell {
		end := min(x+g.cell, x1)
		is := now.row(y, x, end)
		sum += gain(bytes.Equal(is, old.row(y-g.by.Y, x-g.by.X, end-g.by.X)), bytes.Equal(is, old.row(y, x, end)))
	}
	return sum
}

// columns is what each column from x0 to x1 gains in the rows of r.
func (g *grid) columns(old, now picture, r image.Rectangle, x0, x1 int) []int {
	g.sums = zeroed(g.sums, max(x1-x0, 0))
	step := 1 + r.Dy()/edgeRows
	for y := r.Min.Y; y < r.Max.Y && x0 < x1; y += step {
		is, was, from := now.row(y, x0, x1), old.row(y, x0, x1), old.row(y-g.by.Y, x0-g.by.X, x1-g.by.X)
		if bytes.Equal(is, was) && bytes.Equal(is, from) {
			continue
		}
		for i := range g.sums {
			p := pixel(is, i)
			g.sums[i] += gain(p == pixel(from, i), p == pixel(was, i))
		}
	}
	return g.sums
}

func pixel(row []byte, i int) uint32 { return binary.LittleEndian.Uint32(row[i*4:]) }

// gain is what a piece counts for which the way holds or not, and that rests or
// not.
func gain(moved, rests bool) int {
	switch {
	case moved == rests:
		if moved {
			return 0
		}
		return novel
	case moved:
		return holds
	}
	return still
}
