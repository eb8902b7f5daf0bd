package capture

import (
	"bytes"
	"encoding/binary"
	"image"
	"math/bits"
)

// A feature is a piece of a row, as wide as some letters. Features of the old
// frame are taken at every place of few rows, those of the new one in every row
// of few columns: so whatever the way from one to the other is, some features of
// the one are features of the other too.
//
//	old               new
//	..............    .|...|...|...|
//	--------------    .|...|...|...|
//	..............    .|...|...|...|
//	--------------    .|...|...|...|
//
// In an area of n pixels with rows r and columns c apart n/r and n/c are looked
// at, and n/rc meet. Rows are read as they lie in memory, which a column is not:
// so columns are four times as far apart.
const (
	featureWidth = 32
	featureBytes = featureWidth * 4

	// meetings is how many features meet, about, when all of an area was moved.
	// A page of text is mostly blank and its letters repeat: one in five counts.
	meetings = 512

	// tries is how many rows of those between two are tried, until one has
	// enough features: many are between lines of text.
	tries          = 4
	featuresEnough = 2 * featureWidth

	minSpacing, maxSpacing = 8, 192

	// votesNeeded is how many features must agree on a way.
	votesNeeded = 4

	// passes is in how many steps the new frame is looked at, each spread over
	// all of it; once votesEnough agree and most of all do, the rest is left out.
	// Nor is it looked on when nobody agrees, which with many features is seen
	// at once.
	passes       = 4
	votesEnough  = 32
	featuresMany = 4096

	// tableBits bounds the table: 256 KiB, which the second-level cache holds. In
	// a larger one nothing is found faster, and a feature for which there is no
	// place is left out.
	tableBits = 15

	// waysLimit is how many ways are worth trying.
	waysLimit = 3
)

// The hash of a feature is a polynomial over its pairs of pixels, modulo 2⁶⁴, in
// which the next place of the row follows from the one before.
const (
	hashBase = 0x9e3779b97f4a7c15
	base2    = hashBase * hashBase % (1 << 64)
	base4    = base2 * base2 % (1 << 64)
	base8    = base4 * base4 % (1 << 64)
	base15   = base8 * base4 * base2 * hashBase % (1 << 64) // of the first of 16 pairs
	hashMix  = 0xd6e8feb86659fd93
)

// votes finds by which ways features of the old frame came into the new one.
type votes struct {
	table []uint64 // the hash's other half and x, y; 0: free
	shift int
	size  int // features learnt
	ways  [256]way
	sum   int
}

type way struct {
	by image.Point
	n  int
}

// repeated marks a feature that the old frame has in more than one place.
const repeated = 0xffffffff

// count looks for the features of the old frame in the new one.
func (v *votes) count(old, now picture, groups []image.Rectangle) {
	total := 0
	for _, g := range groups {
		total += area(g)
	}
	s := spacing(total)
	rows, columns := s/2, s*2
	v.reset(total / rows)
	for _, g := range groups {
		for y := g.Min.Y; y < g.Max.Y; y += rows {
			for try := range tries {
				at := y + (jitter(y/rows, rows)+try*rows/tries)%rows
				if at < g.Max.Y && v.learn(old, now, at, g.Min.X, g.Max.X) >= featuresEnough {
					break
				}
			}
		}
	}
	if v.size*rows < minMove {
		return
	}
	for pass := range passes {
		for _, g := range groups {
			for y := g.Min.Y + pass; y < g.Max.Y; y += passes {
				v.look(old, now, g, y, columns)
			}
		}
		switch w := v.top(); {
		case w.n >= votesEnough && w.n*4 >= v.sum*3:
			return
		case w.n == 0 && (v.size >= featuresMany || pass > 0):
			return
		}
	}
}

// jitter is a number below n for the i-th sample that keeps samples from falling
// in step with lines of text: by the golden ratio, so that a few in a row are
// spread as evenly as can be over whatever repeats.
func jitter(i, n int) int { return int(uint64(uint32(i)*2654435769) * uint64(n) >> 32) }

// spacing is how far apart rows and columns are in an area: about the root of
// what is left when each meeting has its part.
func spacing(area int) int {
	s := 1 << (bits.Len(uint(area/meetings)) / 2)
	return min(max(s, minSpacing), maxSpacing)
}

func (v *votes) reset(n int) {
	k := min(bits.Len(uint(n)), tableBits)
	if cap(v.table) < 1<<k {
		v.table = make([]uint64, 1<<k)
	}
	v.table = v.table[:1<<k]
	clear(v.table)
	v.shift = 64 - k
	v.size, v.sum = 0, 0
	clear(v.ways[:])
}

// learn takes the features of a row of the old frame, from the first change in it
// to the last, and returns how many.
func (v *votes) learn(old, now picture, y, x0, x1 int) (n int) {
	was, is := old.row(y, x0, x1), now.row(y, x0, x1)
	if bytes.Equal(was, is) {
		return 0
	}
	from, to := firstDifference(was, is), lastDifference(was, is)
	// A change as narrow as a letter is a part of features on both sides of it.
	was = was[from:to]
	if len(was) < featureBytes {
		return 0
	}
	x := x0 + from/4
	h := [2]uint64{hash(was), 0}
	if len(was) > featureBytes {
		h[1] = hash(was[4:])
	}
	// Two chains, as a pair follows from the one two places before. What equals
	// one of its two neighbours before is one colour or a pattern of two.
	p1, p2 := uint64(0), uint64(0)
	for at := 0; at+featureBytes <= len(was); at += 4 {
		k := at >> 2 & 1
		f := h[k]
		if f != p1 && f != p2 {
			v.add(f, x+at/4, y)
			n++
		}
		p2, p1 = p1, f
		if at+featureBytes+8 <= len(was) {
			h[k] = (f-pair(was, at)*base15)*hashBase + pair(was, at+featureBytes)
		}
	}
	return n
}

func pair(row []byte, at int) uint64 { return binary.LittleEndian.Uint64(row[at:]) }

// hash is the hash of the feature at the beginning of a row, in two chains.
func hash(row []byte) uint64 {
	row = row[:featureBytes]
	a, b := pair(row, 0), pair(row, 8)
	for at := 16; at+16 <= featureBytes; at += 16 {
		a = a*base2 + pair(row, at)
		b = b*base2 + pair(row, at+8)
	}
	return a*hashBase + b
}

func (v *votes) slot(h uint64) (*uint64, uint64) {
	h = (h ^ h>>32) * hashMix
	return &v.table[h>>v.shift], (h<<20 | 1<<32) &^ repeated
}

func (v *votes) add(h uint64, x, y int) {
	e, check := v.slot(h)
	entry := check | uint64(x)<<16 | uint64(y)
	switch {
	case *e == 0:
		*e = entry
		v.size++
	case *e&^repeated == check && *e != entry:
		*e = check | repeated
	}
}

// look looks for features in a row of the new frame, where it changed.
func (v *votes) look(old, now picture, g image.Rectangle, y, s int) {
	was, is := old.row(y, g.Min.X, g.Max.X), now.row(y, g.Min.X, g.Max.X)
	for x := 0; x+featureWidth <= g.Dx(); x += s {
		at := min(x+jitter(x/s, s), g.Dx()-featureWidth) * 4
		p := is[at : at+featureBytes]
		if bytes.Equal(p, was[at:at+featureBytes]) {
			continue
		}
		e, check := v.slot(hash(p))
		if *e&^repeated != check || uint32(*e) == repeated {
			continue
		}
		v.vote(image.Pt(g.Min.X+at/4-int(uint16(*e>>16)), y-int(uint16(*e))))
	}
}

// vote counts a way. When there is no place for it, it weakens another: ways that
// come again and again stay.
func (v *votes) vote(by image.Point) {
	if by == (image.Point{}) {
		return
	}
	v.sum++
	i := uint32(by.X)*0x9e3779b1 ^ uint32(by.Y)*0x85ebca6b
	i = (i ^ i>>15) % uint32(len(v.ways))
	var weak *way
	for k := range uint32(4) {
		w := &v.ways[(i+k)%uint32(len(v.ways))]
		if w.n == 0 || w.by == by {
			w.by = by
			w.n++
			return
		}
		if weak == nil || w.n < weak.n {
			weak = w
		}
	}
	weak.n--
}

func (v *votes) top() (top way) {
	for _, w := range v.ways {
		if w.n > top.n {
			top = w
		}
	}
	return top
}

// best appends the ways that most features agree on, the best first.
func (v *votes) best(dst []image.Point) []image.Point {
	var best [waysLimit]way
	for _, w := range v.ways {
		if w.n < votesNeeded {
			continue
		}
		for i := range best {
			if w.n > best[i].n {
				best[i], w = w, best[i]
			}
		}
	}
	for _, w := range best {
		if w.n > 0 && w.n*8 >= best[0].n {
			dst = append(dst, w.by)
		}
	}
	return dst
}
