package lossless

import (
	"github.com/klauspost/compress/huff0"

	"github.com/alongside-remote/alongside/wire"
)

// Encoder compresses the rectangles of one viewer, one operation after the
// other. It is used by one goroutine at a time.
type Encoder struct {
	h        history
	patches  patches
	entry    [1 << entryBits]uint8 // hash of a colour: where in the palette it may be
	stream   [streams][]byte
	misses   int // searches since one found something
	follows  int // pixels at the end so far, or
	literals int // these, that are not yet a token
	huff     huff0.Scratch
	plane    []byte

	// The piece at hand: its pixels, its place in the history and its row.
	img    []uint32
	stride int
	w, h0  int
	y      int
	at     int // of the row, in the history
	cur    []uint32
	up     []uint32 // the row above in the history; blank at its top
	blank  [HistoryWidth]uint32
}

const entryBits = 11

// NewEncoder makes an encoder that knows nothing yet.
func NewEncoder() *Encoder {
	e := &Encoder{}
	for i := range e.blank {
		e.blank[i] = 1 << 24 // no pixel is like that
	}
	e.huff.Reuse = huff0.ReusePolicyNone
	e.Reset()
	return e
}

// Reset forgets everything, as the decoder does when an epoch begins.
func (e *Encoder) Reset() {
	e.h.reset()
	e.patches.reset()
}

// AppendCopies appends the data of wire.CodecCopies for rectangles whose pixels
// (0xRRGGBB) stand in pix one after the other.
func (e *Encoder) AppendCopies(dst []byte, rects []wire.Rect, pix []uint32) []byte {
	for i := range e.stream {
		e.stream[i] = e.stream[i][:0]
	}
	pieces(rects, func(at, stride, w, h int) {
		e.img, e.stride, e.w, e.h0 = pix[at:], stride, w, h
		e.piece()
	})
	for i := range e.stream {
		dst = e.appendSection(dst, e.stream[i])
	}
	return dst
}

func (e *Encoder) piece() {
	e.at = e.h.place(e.w, e.h0)
	e.h.firstRow(e.w)
	for e.y = range e.h0 {
		e.cur = e.img[e.y*e.stride : e.y*e.stride+e.w]
		e.up = e.blank[:e.w]
		if e.at >= HistoryWidth {
			e.up = e.h.pix[e.at+above:][:e.w]
		}
		e.patches.row()
		if e.literals > 0 {
			e.flush()
		}
		for x := 0; x < e.w; {
			x += e.put(x)
		}
		copy(e.h.pix[e.at:], e.cur)
		e.at += HistoryWidth
		e.h.nextRow()
	}
	e.flush()
}

// put chooses and writes what comes at x and returns how many pixels that are.
func (e *Encoder) put(x int) int {
	kind, n, v := e.choose(x)
	switch kind {
	case kindLiteral:
		if e.follows > 0 {
			e.flush()
		}
		e.literals++
		e.literal(x)
		e.h.add(1, above)
	case kindFollow:
		if e.literals > 0 {
			e.flush()
		}
		e.follows += n
		e.h.follow(n)
	default:
		e.flush()
		e.token(kind, n)
		if kind == kindFrom {
			u := v + historySize
			e.stream[vectors] = append(e.stream[vectors], byte(u>>16), byte(u>>8), byte(u))
		}
		e.h.add(n, v)
	}
	e.h.skip(n)
	return n
}

// flush writes what is not yet a token. Literals end with their row; what
// follows the row above goes on in the next one.
func (e *Encoder) flush() {
	if e.follows > 0 {
		e.token(kindFollow, e.follows)
	}
	if e.literals > 0 {
		e.token(kindLiteral, e.literals)
	}
	e.follows, e.literals = 0, 0
}

func (e *Encoder) token(kind, n int) {
	t := e.stream[tokens]
	if n < longRun {
		e.stream[tokens] = append(t, byte(kind<<5|(n-1)))
		return
	}
	t = append(t, byte(kind<<5|(longRun-1)))
	for n -= longRun; n >= 128; n >>= 7 {
		t = append(t, byte(n|128))
	}
	e.stream[tokens] = append(t, byte(n))
}

func (e *Encoder) literal(x int) {
	c := e.cur[x]
	if code, ok := small(c, e.predicted(x)); ok {
		e.stream[literals] = append(e.stream[literals], byte(firstDiff+code))
		return
	}
	slot := &e.entry[c*0x9e3779b1>>(32-entryBits)]
	if e.h.palette[*slot] == c {
		e.stream[literals] = append(e.stream[literals], *slot)
		return
	}
	*slot = uint8(e.h.learn(c))
	e.stream[literals] = append(e.stream[literals], newColour)
	e.stream[colours] = append(e.stream[colours], byte(c>>16), byte(c>>8), byte(c))
}

// predicted is the prediction for x: at the edge of a piece from what there is.
func (e *Encoder) predicted(x int) uint32 {
	switch {
	case x == 0 && e.y == 0:
		return 0
	case x == 0:
		return e.up[0]
	case e.y == 0:
		return e.cur[x-1]
	}
	return predict(e.cur[x-1], e.up[x], e.up[x-1])
}
