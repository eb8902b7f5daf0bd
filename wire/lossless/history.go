package lossless

import "github.com/alongside-remote/alongside/wire"

// The history is 2 MiB on both sides: a quarter of a 1080p screen as it is laid
// out here, and most of what a screen of text has, since what is filled or cached
// never comes here. Twice as much saved 3 % of a page.
const (
	HistoryWidth  = 1024
	HistoryHeight = 512
	historySize   = HistoryWidth * HistoryHeight
)

// Literals of one byte: an entry of the palette, a small difference to the
// prediction, or a colour that both sides put into the palette now.
const (
	paletteSize = 228
	firstDiff   = paletteSize // 27 values: a difference of -1, 0 or 1 in each of R, G, B
	newColour   = 255
)

// Kinds of tokens: where the next pixels of a row come from.
const (
	kindFollow  = iota // from where the row above has them from, one row further down
	kindAbove          // the row above
	kindLeft           // the pixel to the left
	kindFrom           // from a place that the token names
	kindNext           // from where the next part of the row above comes from
	kindAgain          // from where the pixels before them in this row come from
	kindLiteral        // from the stream of literals
)

// above is the vector to the row above.
const above = -HistoryWidth

// span is a part of a row: n pixels that were copied from v pixels further on in
// the history.
type span struct{ n, v int }

// history is what encoder and decoder both know. It is the same on both sides
// after every operation.
type history struct {
	pix     []uint32 // 0xRRGGBB
	x, y    int      // where the next piece goes
	shelf   int      // height of the row of pieces that it is in
	palette [paletteSize]uint32
	next    int    // entry of the palette that is overwritten next
	prev    []span // the row above, from left to right
	row     []span // this row so far
	si, so  int    // the span above the next pixel, and how far in it
}

func (h *history) reset() {
	if h.pix == nil {
		h.pix = make([]uint32, historySize) // resident only as far as it is used
	} else {
		clear(h.pix)
	}
	clear(h.palette[:])
	h.x, h.y, h.shelf, h.next = 0, 0, 0, 0
}

// place says where a piece of w by h pixels goes: pieces stand side by side on
// shelves as high as their first piece, and start over at the top.
func (h *history) place(w, height int) int {
	if h.x+w > HistoryWidth || height > h.shelf {
		h.x, h.y, h.shelf = 0, h.y+h.shelf, height
		if h.y+height > HistoryHeight {
			h.y = 0
		}
	}
	at := h.y*HistoryWidth + h.x
	h.x += w
	return at
}

// firstRow begins a piece of width w.
func (h *history) firstRow(w int) {
	h.row = append(h.row[:0], span{w, above})
	h.nextRow()
}

func (h *history) nextRow() {
	h.prev, h.row = h.row, h.prev[:0]
	h.si, h.so = 0, 0
}

// skip goes on by n pixels in the row above.
func (h *history) skip(n int) {
	for n > 0 {
		t := min(n, h.prev[h.si].n-h.so)
		h.so += t
		n -= t
		if h.so == h.prev[h.si].n {
			h.si, h.so = h.si+1, 0
		}
	}
}

// follow notes that the next n pixels have the vectors of those above them.
func (h *history) follow(n int) {
	for i, o := h.si, h.so; n > 0; i, o = i+1, 0 {
		t := min(n, h.prev[i].n-o)
		h.add(t, h.prev[i].v)
		n -= t
	}
}

// nextVector is the first of another part of the row above, nearby, that is not
// just a copy of the row above it; 0 for none.
func (h *history) nextVector() int {
	if h.si >= len(h.prev) {
		return 0
	}
	v := h.prev[h.si].v
	for _, s := range h.prev[h.si+1 : min(h.si+4, len(h.prev))] {
		if s.v != v && s.v != above {
			return s.v
		}
	}
	return 0
}

// lastVector is that of the pixel before.
func (h *history) lastVector() int {
	if len(h.row) == 0 {
		return above
	}
	return h.row[len(h.row)-1].v
}

// add notes that the next n pixels of the row came from v.
func (h *history) add(n, v int) {
	if k := len(h.row) - 1; k >= 0 && h.row[k].v == v {
		h.row[k].n += n
		return
	}
	h.row = append(h.row, span{n, v})
}

// learn puts a colour into the palette.
func (h *history) learn(colour uint32) (entry int) {
	entry = h.next
	h.palette[entry] = colour
	h.next = (entry + 1) % paletteSize
	return entry
}

// pieces calls f for every piece of the rectangles: as much of one as fits into
// the history at once.
func pieces(rects []wire.Rect, f func(at, stride, w, h int)) {
	at := 0
	for _, r := range rects {
		w, h := int(r.W), int(r.H)
		for y := 0; y < h; y += HistoryHeight {
			for x := 0; x < w; x += HistoryWidth {
				f(at+y*w+x, w, min(w-x, HistoryWidth), min(h-y, HistoryHeight))
			}
		}
		at += w * h
	}
}

// predict is what a pixel would be if its neighbours (left, above, above left)
// lay on a plane, between the first two of them.
func predict(l, a, c uint32) uint32 {
	r := median(int32(l>>16&255), int32(a>>16&255), int32(c>>16&255))
	g := median(int32(l>>8&255), int32(a>>8&255), int32(c>>8&255))
	b := median(int32(l&255), int32(a&255), int32(c&255))
	return uint32(r<<16 | g<<8 | b)
}

func median(l, a, c int32) int32 { return max(min(l, a), min(max(l, a), l+a-c)) }

// Near is true for a pixel that differs from its prediction by at most one in
// every channel.
func Near(p, l, a, c uint32) bool {
	_, ok := small(p, predict(l, a, c))
	return ok
}

// small is the difference of p to its prediction q as part of a literal.
func small(p, q uint32) (code uint32, ok bool) {
	r, g, b := p>>16-q>>16+1, p>>8&255-q>>8&255+1, p&255-q&255+1
	return 9*r + 3*g + b, r < 3 && g < 3 && b < 3
}
