package capturetest

import (
	"image"
	"math/rand/v2"
)

// layer is a picture in B, G, R, X. What X holds is anything.
type layer struct {
	size image.Point
	pix  []byte
}

func newLayer(size image.Point) layer {
	return layer{size, make([]byte, 4*size.X*size.Y)}
}

func (l *layer) bounds() image.Rectangle { return image.Rectangle{Max: l.size} }

func (l *layer) row(y, x0, x1 int) []byte {
	return l.pix[4*(y*l.size.X+x0) : 4*(y*l.size.X+x1)]
}

func put(p []byte, c uint32) {
	p[0], p[1], p[2], p[3] = byte(c), byte(c>>8), byte(c>>16), byte(c>>24)
}

// fill paints one colour; its upper byte goes into X.
func (l *layer) fill(r image.Rectangle, c uint32) {
	r = r.Intersect(l.bounds())
	if r.Empty() {
		return
	}
	first := l.row(r.Min.Y, r.Min.X, r.Max.X)
	for x := 0; x < len(first); x += 4 {
		put(first[x:], c)
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(l.row(y, r.Min.X, r.Max.X), first)
	}
}

// style is how a text looks.
type style struct {
	ground, ink uint32
	leading     int  // from line to line
	ruled       bool // every line says the same: moves by any number of lines look alike
	soft        bool // letters have grey edges
}

func newStyle(rng *rand.Rand) style {
	s := style{ground: 0xf4f2ee, ink: 0x202428, leading: 9 + rng.IntN(9), ruled: rng.IntN(4) == 0, soft: rng.IntN(2) == 0}
	if rng.IntN(3) == 0 {
		s.ground, s.ink = 0x101418, 0xd8dee6
	}
	if rng.IntN(3) == 0 {
		s.ground = rng.Uint32()
	}
	return s
}

const (
	letterW, letterH = 5, 8
	advance          = letterW + 1
	letters          = 24
)

// letter is a shape of letterW by letterH bits, always the same for n.
func letter(n int) uint64 {
	x := uint64(n+1) * 0x9e3779b97f4a7c15
	return x ^ x>>29
}

// letter paints one letter on what is there.
func (l *layer) letter(n int, at image.Point, s style) {
	bits := letter(n)
	for i := range letterW * letterH {
		p := at.Add(image.Pt(i%letterW, i/letterW))
		if bits>>i&1 == 0 || !p.In(l.bounds()) {
			continue
		}
		c := s.ink
		if s.soft && bits>>(i/2)&1 != 0 {
			c = (s.ink>>1)&0x7f7f7f + (s.ground>>1)&0x7f7f7f
		}
		put(l.row(p.Y, p.X, p.X+1), c)
	}
}

// text fills a rectangle with lines.
func (l *layer) text(rng *rand.Rand, r image.Rectangle, s style) {
	l.fill(r, s.ground)
	r = r.Intersect(l.bounds())
	line := rng.Uint64()
	for y := r.Min.Y + 1; y+letterH <= r.Max.Y; y += s.leading {
		if !s.ruled {
			line = rng.Uint64()
		}
		for x, k := r.Min.X+1, line; x+letterW <= r.Max.X; x += advance {
			if k = k*6364136223846793005 + 1442695040888963407; k>>61 != 0 {
				l.letter(int(k>>33%letters), image.Pt(x, y), s)
			}
		}
	}
}

// photo fills a rectangle with a picture that is smooth but for its grain.
func (l *layer) photo(rng *rand.Rand, r image.Rectangle) {
	r = r.Intersect(l.bounds())
	a, b, dx, dy := rng.IntN(150), rng.IntN(150), 1+rng.IntN(12), 1+rng.IntN(12)
	grain := uint32(1)<<rng.IntN(5) - 1
	k := rng.Uint32()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := l.row(y, r.Min.X, r.Max.X)
		for x := 0; x < len(row); x += 4 {
			k = k*1664525 + 1013904223
			v := x/4/dx + (y-r.Min.Y)/dy + int(k>>24&grain)
			put(row[x:], uint32(min(a+v, 255))<<16|uint32(min(b+v/2, 255))<<8|uint32(min(40+v, 255)))
		}
	}
}

// noise fills a rectangle with what no codec is good at.
func (l *layer) noise(rng *rand.Rand, r image.Rectangle) {
	r = r.Intersect(l.bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := l.row(y, r.Min.X, r.Max.X)
		for x := 0; x < len(row); x += 4 {
			put(row[x:], rng.Uint32())
		}
	}
}

// squares fills a rectangle with fills of few colours, as of buttons and tables.
func (l *layer) squares(rng *rand.Rand, r image.Rectangle) {
	l.fill(r, rng.Uint32())
	colours := [3]uint32{rng.Uint32(), rng.Uint32(), 0xffffff}
	for range 2 + rng.IntN(12) {
		q := randomRect(r.Size(), rng).Add(r.Min)
		l.fill(q.Intersect(r), colours[rng.IntN(len(colours))])
	}
}

// scroll moves the content of r within it and returns what it uncovered, at most
// two rectangles that may overlap.
func (l *layer) scroll(r image.Rectangle, by image.Point) (bare []image.Rectangle) {
	r = r.Intersect(l.bounds())
	to := r.Add(by).Intersect(r)
	if to.Empty() {
		return []image.Rectangle{r}
	}
	from := to.Sub(by)
	for n := range to.Dy() {
		if by.Y > 0 { // downwards: the last row first, or it is overwritten
			n = to.Dy() - 1 - n
		}
		copy(l.row(to.Min.Y+n, to.Min.X, to.Max.X), l.row(from.Min.Y+n, from.Min.X, from.Max.X))
	}
	switch {
	case by.Y > 0:
		bare = append(bare, image.Rect(r.Min.X, r.Min.Y, r.Max.X, to.Min.Y))
	case by.Y < 0:
		bare = append(bare, image.Rect(r.Min.X, to.Max.Y, r.Max.X, r.Max.Y))
	}
	switch {
	case by.X > 0:
		bare = append(bare, image.Rect(r.Min.X, r.Min.Y, to.Min.X, r.Max.Y))
	case by.X < 0:
		bare = append(bare, image.Rect(to.Max.X, r.Min.Y, r.Max.X, r.Max.Y))
	}
	return bare
}
