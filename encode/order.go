package encode

import (
	"cmp"
	"slices"
)

// order is the sequence in which an update takes dirty tiles: small connected
// changes before large ones, so that a letter does not wait for a video, and
// within one change the tiles that have waited longest, so that a limit does not
// starve the lower half of a video.
type order struct {
	tiles []ordered
	next  int
	stack []int
	seen  []bool
}

type ordered struct {
	index, group int
	since        uint32
}

// fill lists the dirty tiles of c.
func (o *order) fill(c *Canvas) {
	o.tiles, o.next = o.tiles[:0], 0
	if cap(o.seen) < len(c.tiles) {
		o.seen = make([]bool, len(c.tiles))
	}
	o.seen = o.seen[:len(c.tiles)]
	clear(o.seen)
	for i := range c.tiles {
		if !o.seen[i] && !c.tiles[i].dirty.empty() {
			o.component(c, i)
		}
	}
	slices.SortFunc(o.tiles, func(a, b ordered) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.since, b.since), cmp.Compare(a.index, b.index))
	})
}

// component lists the dirty tiles connected to tile i; their group is how many
// pixels they are together.
func (o *order) component(c *Canvas, i int) {
	from, pixels := len(o.tiles), 0
	o.seen[i] = true
	for o.stack = append(o.stack[:0], i); len(o.stack) > 0; {
		i := o.stack[len(o.stack)-1]
		o.stack = o.stack[:len(o.stack)-1]
		t := &c.tiles[i]
		o.tiles = append(o.tiles, ordered{index: i, since: t.since})
		pixels += t.dirty.area()
		x, y := i%c.cols, i/c.cols
		for ny := max(y-1, 0); ny <= y+1; ny++ {
			for nx := max(x-1, 0); nx <= min(x+1, c.cols-1); nx++ {
				if n := ny*c.cols + nx; n < len(c.tiles) && !o.seen[n] && !c.tiles[n].dirty.empty() {
					o.seen[n] = true
					o.stack = append(o.stack, n)
				}
			}
		}
	}
	for k := from; k < len(o.tiles); k++ {
		o.tiles[k].group = pixels
	}
}

func sortByPlace(tiles []ordered) {
	slices.SortFunc(tiles, func(a, b ordered) int { return cmp.Compare(a.index, b.index) })
}

// join makes one rectangle of neighbours of the same colour: first along rows,
// then rows of the same width. Regions come sorted by tile.
func join(rs []region) []region {
	out := rs[:0]
	for _, g := range rs {
		if n := len(out) - 1; n >= 0 && out[n].colour == g.colour && out[n].r.Max.X == g.r.Min.X &&
			out[n].r.Min.Y == g.r.Min.Y && out[n].r.Max.Y == g.r.Max.Y {
			out[n].r.Max.X = g.r.Max.X
			continue
		}
		out = append(out, g)
	}
	rs, out = out, out[:0]
next:
	for _, g := range rs {
		for n := range out {
			if out[n].colour == g.colour && out[n].r.Max.Y == g.r.Min.Y && out[n].r.Min.X == g.r.Min.X && out[n].r.Max.X == g.r.Max.X {
				out[n].r.Max.Y = g.r.Max.Y
				continue next
			}
		}
		out = append(out, g)
	}
	return out
}
