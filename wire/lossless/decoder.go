package lossless

import (
	"encoding/binary"
	"fmt"

	"github.com/alongside-remote/alongside/wire"
)

// Inflate decompresses a zstd frame that holds exactly size bytes. The result
// is valid until the next call.
type Inflate func(frame []byte, size int) ([]byte, error)

// Decoder is the other side of an [Encoder].
type Decoder struct {
	inflate Inflate
	h       history
	stream  [streams][]byte
	follows int // pixels of the last token that are in the next rows
	out     []uint32
	plane   [3][]byte
}

// NewDecoder makes a decoder that knows nothing yet.
func NewDecoder(inflate Inflate) *Decoder {
	d := &Decoder{inflate: inflate}
	d.Reset()
	return d
}

// Reset forgets everything: an epoch begins.
func (d *Decoder) Reset() { d.h.reset() }

// Decode returns the pixels (0xRRGGBB) of the rectangles one after the other,
// valid until the next call. The caller has checked how many pixels they are.
// After an error the decoder is of no use until Reset.
func (d *Decoder) Decode(codec uint8, rects []wire.Rect, data []byte) ([]uint32, error) {
	n := 0
	for _, r := range rects {
		n += int(r.W) * int(r.H)
	}
	switch codec {
	case wire.CodecPlanes:
		return d.planes(rects, data, n)
	case wire.CodecCopies:
		return d.copies(rects, data, n)
	default:
		return nil, fmt.Errorf("%w: pixel codec %d", wire.ErrMalformed, codec)
	}
}

func (d *Decoder) copies(rects []wire.Rect, data []byte, n int) ([]uint32, error) {
	if err := d.sections(data, n); err != nil {
		return nil, err
	}
	d.grow(n)
	d.follows = 0
	var err error
	pieces(rects, func(at, stride, w, h int) {
		if err == nil {
			err = d.piece(d.out[at:], stride, w, h)
		}
	})
	if err != nil {
		return nil, err
	}
	for i, s := range d.stream {
		if len(s) > 0 {
			return nil, fmt.Errorf("%w: %d bytes too many in stream %d", wire.ErrMalformed, len(s), i)
		}
	}
	return d.out, nil
}

func (d *Decoder) grow(n int) {
	if cap(d.out) < n {
		d.out = make([]uint32, n)
	}
	d.out = d.out[:n]
}

// most is how many bytes of each stream one pixel needs at most.
var most = [streams]int{tokens: 1, literals: 1, vectors: 3, colours: 3}

func (d *Decoder) sections(data []byte, pixels int) (err error) {
	for i := range d.stream {
		if d.stream[i], data, err = d.section(d.stream[i], data, most[i]*pixels); err != nil {
			return fmt.Errorf("stream %d: %w", i, err)
		}
	}
	if len(data) > 0 {
		return fmt.Errorf("%w: %d bytes too many", wire.ErrMalformed, len(data))
	}
	return nil
}

// section reads one section of at most limit bytes into b and returns the data
// behind it.
func (d *Decoder) section(b, data []byte, limit int) (_, rest []byte, _ error) {
	head, n := binary.Uvarint(data)
	if n <= 0 || head>>1 > uint64(limit) {
		return nil, nil, fmt.Errorf("%w: length of a section", wire.ErrMalformed)
	}
	data = data[n:]
	size := head >> 1
	if head&1 != 0 {
		if size, n = binary.Uvarint(data); n <= 0 {
			return nil, nil, fmt.Errorf("%w: length of a frame", wire.ErrMalformed)
		}
		data = data[n:]
	}
	if size > uint64(len(data)) {
		return nil, nil, fmt.Errorf("%w: section cut", wire.ErrMalformed)
	}
	raw := data[:size]
	if head&1 != 0 {
		var err error
		if raw, err = d.inflate(raw, int(head>>1)); err != nil {
			return nil, nil, err
		}
	}
	return append(b[:0], raw...), data[size:], nil
}

var errShort = fmt.Errorf("%w: a stream ends too soon", wire.ErrMalformed)

// piece decodes a piece into the history and copies it to out.
func (d *Decoder) piece(out []uint32, stride, w, height int) error {
	h := &d.h
	at := h.place(w, height)
	h.prev = append(h.prev[:0], span{w, above})
	for y := range height {
		h.row = h.row[:0]
		if err := d.row(at, w, y); err != nil {
			return err
		}
		copy(out[y*stride:y*stride+w], h.pix[at:])
		at += HistoryWidth
		h.prev, h.row = h.row, h.prev
	}
	if d.follows > 0 {
		return fmt.Errorf("%w: run over the end", wire.ErrMalformed)
	}
	return nil
}

func (d *Decoder) row(at, w, y int) error {
	h := &d.h
	si, so := 0, 0
	for x := 0; x < w; {
		kind, n, err := d.token(w - x)
		if err != nil {
			return err
		}
		v := above
		switch kind {
		case kindFollow:
			for i, o, m, p := si, so, n, at+x; m > 0; i, o = i+1, 0 {
				s := h.prev[i]
				t := min(m, s.n-o)
				if err := d.copy(p, s.v, t); err != nil {
					return err
				}
				h.add(t, s.v)
				m, p = m-t, p+t
			}
		case kindLiteral:
			if err := d.literals(at, x, y, n); err != nil {
				return err
			}
			h.add(n, above)
		case kindLeft:
			if x == 0 {
				return fmt.Errorf("%w: nothing to the left", wire.ErrMalformed)
			}
			if err := d.copy(at+x, -1, n); err != nil {
				return err
			}
			h.add(n, above)
		case kindAbove, kindFrom, kindNext, kindAgain:
			switch kind {
			case kindNext:
				v = h.nextVector(si)
			case kindAgain:
				v = h.lastVector()
			case kindFrom:
				b := d.stream[vectors]
				if len(b) < 3 {
					return errShort
				}
				v = int(b[0])<<16 + int(b[1])<<8 + int(b[2]) - historySize
				d.stream[vectors] = b[3:]
			}
			if err := d.copy(at+x, v, n); err != nil {
				return err
			}
			h.add(n, v)
		default:
			return fmt.Errorf("%w: token of kind %d", wire.ErrMalformed, kind)
		}
		x += n
		for n > 0 {
			t := min(n, h.prev[si].n-so)
			so, n = so+t, n-t
			if so == h.prev[si].n {
				si, so = si+1, 0
			}
		}
	}
	return nil
}

// token is what comes next in a row that lacks left pixels.
func (d *Decoder) token(left int) (kind, n int, err error) {
	if d.follows > 0 {
		n = min(d.follows, left)
		d.follows -= n
		return kindFollow, n, nil
	}
	b := d.stream[tokens]
	if len(b) == 0 {
		return 0, 0, errShort
	}
	kind, n = int(b[0]>>5), int(b[0]&31)+1
	b = b[1:]
	if n == longRun {
		u, k := binary.Uvarint(b)
		if k <= 0 || u > historySize {
			return 0, 0, errShort
		}
		n, b = n+int(u), b[k:]
	}
	d.stream[tokens] = b
	if n > left {
		if kind != kindFollow {
			return 0, 0, fmt.Errorf("%w: run over the edge", wire.ErrMalformed)
		}
		n, d.follows = left, n-left
	}
	return kind, n, nil
}

// copy copies n pixels to p from v further on, one after the other: a source
// that overlaps repeats itself.
func (d *Decoder) copy(p, v, n int) error {
	pix, s := d.h.pix, p+v
	if s < 0 || s+n > len(pix) {
		return fmt.Errorf("%w: source outside the history", wire.ErrMalformed)
	}
	if s+n <= p || s >= p {
		copy(pix[p:p+n], pix[s:])
		return nil
	}
	for i := range n {
		pix[p+i] = pix[s+i]
	}
	return nil
}

func (d *Decoder) literals(at, x, y, n int) error {
	h := &d.h
	b := d.stream[literals]
	if len(b) < n {
		return errShort
	}
	d.stream[literals] = b[n:]
	for p, code := at+x, b[:n]; len(code) > 0; p, x, code = p+1, x+1, code[1:] {
		switch c := int(code[0]); {
		case c == newColour:
			rgb := d.stream[colours]
			if len(rgb) < 3 {
				return errShort
			}
			h.pix[p] = uint32(rgb[0])<<16 | uint32(rgb[1])<<8 | uint32(rgb[2])
			h.learn(h.pix[p])
			d.stream[colours] = rgb[3:]
		case c >= firstDiff:
			c -= firstDiff
			q := h.predicted(p, x, y)
			h.pix[p] = (q>>16+uint32(c/9)-1)&255<<16 | (q>>8+uint32(c/3%3)-1)&255<<8 | (q+uint32(c%3)-1)&255
		default:
			h.pix[p] = h.palette[c]
		}
	}
	return nil
}

// predicted is the prediction for the pixel at p, of column x and row y.
func (h *history) predicted(p, x, y int) uint32 {
	switch {
	case x == 0 && y == 0:
		return 0
	case x == 0:
		return h.pix[p+above]
	case y == 0:
		return h.pix[p-1]
	}
	return predict(h.pix[p-1], h.pix[p+above], h.pix[p+above-1])
}
