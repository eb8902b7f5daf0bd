package encode

import "github.com/alongside-remote/alongside/wire"

// A rough picture is what a thin path gets of a large change first: an eighth of
// its size, or a quarter or a half, enlarged by the viewer. Everything is seen at
// once then, and becomes sharp as the path carries it: letters first, photos
// after them, exact photos last.
//
//	dirty ── rough ──▶ lossy, rough ── letters ──▶ exact
//	                        └──────── photo ─────▶ lossy ──▶ exact
const (
	// roughUpdates is how many updates a change may take before it goes roughly
	// first: with a limit of 50 ms a fifth of a second.
	roughUpdates = 4
	// roughBytes is about how many bytes a hundred pixels of a rough picture take.
	roughBytes = 50
	// firstCost is how many bytes a hundred dirty pixels take until they were
	// measured: a page of text.
	firstCost = 20
)

// How rough a tile's lossy pixels are.
const (
	notRough   uint8 = iota
	rough            // a rough picture; of what is not known yet
	roughPhoto       // of a photo: letters are to become sharp before it
)

// SetFar says that the path to the viewer is long, or known to be thin: large
// changes may go roughly first. Else they never do, for where the path is short
// the exact picture follows so soon that a rough one is but a flicker.
func (c *Canvas) SetFar(far bool) { c.far.Store(far) }

// roughness chooses, for one update, how many times smaller a rough picture of
// what is dirty is made; 1: it goes as it is.
func (c *Canvas) roughness(limit int) int {
	if !c.far.Load() || !c.viewer.ops[wire.OpPhoto] {
		return 1
	}
	pixels := 0
	for _, o := range c.out.order.tiles {
		if o.group > smallPixels {
			pixels += c.tiles[o.index].dirty.area()
		}
	}
	if pixels/100*c.out.cost <= roughUpdates*limit {
		return 1
	}
	n := 2
	for n < wire.MaxPhotoScale && pixels/(n*n)/100*roughBytes > limit {
		n *= 2
	}
	return n
}

// measure follows how many bytes exact pixels of text take.
func (s *sender) measure(bytes int) {
	const enough = 4 << 10 // fewer say little: headers, single letters
	pixels := len(s.exact.drawn.pix)
	if pixels >= enough && len(s.photos) == 0 && len(s.exact.natural.pix) == 0 {
		s.cost += (bytes*100/pixels - s.cost) / 4
		s.cost = max(s.cost, 1)
	}
}

// shrink makes n x n pixels of each photo one, their mean, and returns its size.
// B, G, R, X of w x h come in pix and go out at its start.
func shrink(pix []byte, w, h, n int) (int, int) {
	outW, outH := (w+n-1)/n, (h+n-1)/n
	for y := range outH {
		rows := min(n, h-y*n)
		for x := range outW {
			columns := min(n, w-x*n)
			var b, g, r int
			for dy := range rows {
				at := 4 * ((y*n+dy)*w + x*n)
				for _, p := range pixelsOf(pix[at : at+4*columns]) {
					b, g, r = b+int(p[0]), g+int(p[1]), r+int(p[2])
				}
			}
			area := rows * columns
			out := pix[4*(y*outW+x):][:4]
			out[0], out[1], out[2], out[3] = byte(b/area), byte(g/area), byte(r/area), 0
		}
	}
	return outW, outH
}

// pixelsOf gives the pixels of a row.
func pixelsOf(row []byte) func(yield func(int, []byte) bool) {
	return func(yield func(int, []byte) bool) {
		for x := 0; x+4 <= len(row); x += 4 {
			if !yield(x, row[x:x+4]) {
				return
			}
		}
	}
}
