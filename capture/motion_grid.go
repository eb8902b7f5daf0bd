package capture

import (
	"bytes"
	"image"
)

// cellSize is the side of a cell of the grid. It doubles until a group has at
// most cellsLimit: finding rectangles costs the square of the rows.
const (
	cellSize   = 32
	cellsLimit = 2500
)

// samples is how many rows of a cell are looked at.
const samples = 4

// What a sample says about a way. Where the way does not hold and nothing stood
// still either, the pixels are sent in any case: the little that it counts keeps
// moves from growing over what is not theirs.
const (
	holds  = 4  // the way explains what changed
	plain  = 1  // it does, but that is one colour, as it may be by any way
	still  = -4 // nothing changed, and the move would destroy it
	novel  = -1 // neither
	banned = -1 << 10
)

// richPart is which part of what a move explains must have more than one colour.
// Less is a fill with a border.
const richPart = 16

// grid says where in a group a way holds.
type grid struct {
	group   image.Rectangle
	by      image.Point
	cell    int
	cols    int
	rows    int
	gain    []int // of each cell
	rich    []int // samples that hold and have more than one colour
	held    []int // samples that hold
	changed int   // samples that changed, in all cells
	holding int   // those of them that hold
	sums    []int
	best    image.Rectangle // the cells that gain most
	most    int             // how much
}

// sample looks where a way holds and returns what the best rectangle gains, in
// samples, 0 when it does not pay.
func (g *grid) sample(old, now picture, group image.Rectangle, by image.Point, taken []shift) int {
	g.clear(group, by)
	step := g.cell / samples
	for y := 0; y < group.Dy(); y += step {
		at := min(y+jitter(y/step, step), group.Dy()-1)
		g.sampleRow(old, now, group.Min.Y+at, at/g.cell*g.cols)
	}
	for _, t := range taken {
		g.ban(t.to)
	}
	g.best, g.most = g.search(image.Rect(0, 0, g.cols, g.rows))
	return g.most
}

func (g *grid) clear(group image.Rectangle, by image.Point) {
	g.group, g.by, g.cell = group, by, cellSize
	for area(group)/(g.cell*g.cell) > cellsLimit {
		g.cell *= 2
	}
	g.cols, g.rows = (group.Dx()+g.cell-1)/g.cell, (group.Dy()+g.cell-1)/g.cell
	g.gain = zeroed(g.gain, g.cols*g.rows)
	g.rich = zeroed(g.rich, g.cols*g.rows)
	g.held = zeroed(g.held, g.cols*g.rows)
	g.changed, g.holding = 0, 0
}

// sampleRow counts one row for the cells that begin at i.
func (g *grid) sampleRow(old, now picture, y, i int) {
	fits := y-g.by.Y >= 0 && y-g.by.Y < old.size.Y
	for x := g.group.Min.X; x < g.group.Max.X; x += g.cell {
		end := min(x+g.cell, g.group.Max.X)
		is := now.row(y, x, end)
		rests := bytes.Equal(is, old.row(y, x, end))
		moved := fits && x >= g.by.X && end-g.by.X <= old.size.X &&
			bytes.Equal(is, old.row(y-g.by.Y, x-g.by.X, end-g.by.X))
		switch {
		case moved && !rests:
			g.held[i]++
			g.holding++
			if bytes.Equal(is[4:], is[:len(is)-4]) {
				g.gain[i] += plain
			} else {
				g.gain[i] += holds
				g.rich[i]++
			}
		case !moved && rests:
			g.gain[i] += still
		case !moved:
			g.gain[i] += novel
		}
		if !rests {
			g.changed++
		}
		i++
	}
}

// explains reports whether the way holds for most of what changed: cells on the
// edges of what was moved never count, nor does what was uncovered.
func (g *grid) explains() bool { return g.holding*8 >= g.changed*5 }

// worth is what a rectangle must gain.
func (g *grid) worth() int { return max(holds, holds*minMove*samples/(g.cell*g.cell)) }

// ban keeps further rectangles away from where one is.
func (g *grid) ban(r image.Rectangle) {
	r = r.Intersect(g.group).Sub(g.group.Min)
	if r.Empty() {
		return
	}
	g.banCells(image.Rect(r.Min.X/g.cell, r.Min.Y/g.cell, (r.Max.X-1)/g.cell+1, (r.Max.Y-1)/g.cell+1))
}

func (g *grid) banCells(c image.Rectangle) {
	for y := c.Min.Y; y < c.Max.Y; y++ {
		for x := c.Min.X; x < c.Max.X; x++ {
			g.gain[y*g.cols+x] = banned
		}
	}
}

// search finds the rectangle of cells within others that gains most: for each
// pair of rows the best run of columns.
func (g *grid) search(within image.Rectangle) (best image.Rectangle, most int) {
	if g.positive(within) < g.worth() {
		return best, 0
	}
	most = g.worth() - 1
	for top := within.Min.Y; top < within.Max.Y; top++ {
		g.sums = zeroed(g.sums, g.cols)
		for bottom := top; bottom < within.Max.Y; bottom++ {
			row := g.gain[bottom*g.cols:][:g.cols]
			sum, from := 0, within.Min.X
			for x := within.Min.X; x < within.Max.X; x++ {
				g.sums[x] += row[x]
				if sum <= 0 {
					sum, from = 0, x
				}
				if sum += g.sums[x]; sum > most {
					best, most = image.Rect(from, top, x+1, bottom+1), sum
				}
			}
		}
	}
	if best.Empty() {
		return best, 0
	}
	return best, most
}

func (g *grid) positive(within image.Rectangle) (sum int) {
	for y := within.Min.Y; y < within.Max.Y; y++ {
		for x := within.Min.X; x < within.Max.X; x++ {
			sum += max(g.gain[y*g.cols+x], 0)
		}
	}
	return sum
}

// pick appends the moves that pay.
func (g *grid) pick(dst []shift, old, now picture) []shift {
	for g.most > 0 && len(dst) < movesLimit {
		all, before := g.best, len(dst)
		dst = g.divide(dst, old, now, all)
		g.banCells(all)
		for _, s := range dst[before:] {
			g.ban(s.to)
		}
		g.best, g.most = g.search(image.Rect(0, 0, g.cols, g.rows))
	}
	return dst
}

// divide cuts a bar that stood still out of a rectangle of cells, or appends it.
func (g *grid) divide(dst []shift, old, now picture, c image.Rectangle) []shift {
	if a, b := g.bar(c); !a.Empty() {
		for _, part := range [...]image.Rectangle{a, b} {
			if best, gain := g.search(part); gain > 0 {
				dst = g.divide(dst, old, now, best)
			}
		}
		return dst
	}
	if len(dst) == movesLimit || !g.isRich(c) {
		return dst
	}
	r := image.Rectangle{c.Min.Mul(g.cell), c.Max.Mul(g.cell)}.Add(g.group.Min).Intersect(g.group)
	r = apart(r.Intersect(old.bounds().Add(g.by)), dst)
	if r.Empty() {
		return dst
	}
	to := g.edges(old, now, r)
	if apart(to, dst) != to {
		to = r
	}
	return append(dst, shift{to, g.by})
}

// apart is the part of a rectangle that no move there is fills.
func apart(r image.Rectangle, moves []shift) image.Rectangle {
	for _, m := range moves {
		largest := image.Rectangle{}
		for _, part := range without([]image.Rectangle{r}, m.to) {
			if area(part) > area(largest) {
				largest = part
			}
		}
		r = largest
	}
	return r
}

// isRich reports whether enough of a rectangle has more than one colour.
func (g *grid) isRich(c image.Rectangle) bool {
	rich, held := 0, 0
	for y := c.Min.Y; y < c.Max.Y; y++ {
		for x := c.Min.X; x < c.Max.X; x++ {
			rich += g.rich[y*g.cols+x]
			held += g.held[y*g.cols+x]
		}
	}
	return rich > 0 && rich*richPart >= held
}

// bar finds the column or row of cells within a rectangle that loses most and
// returns what is on its two sides, nothing when leaving it out does not pay.
func (g *grid) bar(c image.Rectangle) (a, b image.Rectangle) {
	least := -g.worth()
	for x := c.Min.X + 1; x < c.Max.X-1; x++ {
		if sum := g.sum(image.Rect(x, c.Min.Y, x+1, c.Max.Y)); sum < least {
			least = sum
			a, b = image.Rect(c.Min.X, c.Min.Y, x, c.Max.Y), image.Rect(x+1, c.Min.Y, c.Max.X, c.Max.Y)
		}
	}
	for y := c.Min.Y + 1; y < c.Max.Y-1; y++ {
		if sum := g.sum(image.Rect(c.Min.X, y, c.Max.X, y+1)); sum < least {
			least = sum
			a, b = image.Rect(c.Min.X, c.Min.Y, c.Max.X, y), image.Rect(c.Min.X, y+1, c.Max.X, c.Max.Y)
		}
	}
	return a, b
}

func (g *grid) sum(c image.Rectangle) (sum int) {
	for y := c.Min.Y; y < c.Max.Y; y++ {
		for x := c.Min.X; x < c.Max.X; x++ {
			sum += g.gain[y*g.cols+x]
		}
	}
	return sum
}

func zeroed(s []int, n int) []int {
	if cap(s) < n {
		return make([]int, n)
	}
	s = s[:n]
	clear(s)
	return s
}
