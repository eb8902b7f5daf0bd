package jpeg

import "encoding/binary"

// mcuBytes is more than one unit of six blocks can take: 64 coefficients of at
// most 16 bits of code and 11 of value, with a stuffed byte behind every byte.
const mcuBytes = 6 * 64 * 27 / 8 * 2

// Encoder encodes pictures of one Quality. It keeps no picture and allocates
// nothing for one. It is used by one goroutine at a time.
type Encoder struct {
	luma, chroma          quantiser
	specs                 *[4]spec
	codes                 [4]codes // DC and AC of luma, DC and AC of chroma
	upper, lower, colours pair
	found                 coefficients
	order                 *order
	wide                  bool
	edge                  [4 * mcu * mcu]byte
	w                     bitWriter
}

// New makes an encoder.
func New(quality Quality) *Encoder {
	luma, chroma := quality.recipes()
	e := &Encoder{luma: luma.quantiser(), chroma: chroma.quantiser(), specs: quality.codes(), order: newOrder(), wide: wide()}
	for i := range e.codes {
		e.codes[i] = e.specs[i].codes()
	}
	return e
}

// AppendTables appends a stream of the tables alone: SOI, DQT, DHT, EOI.
func (e *Encoder) AppendTables(dst []byte) []byte {
	dst = e.appendTables(append(dst, 0xff, soi))
	return append(dst, 0xff, eoi)
}

// Append appends the picture of w x h pixels (65535 each at most) in pix, rows of B, G, R and a byte
// that is ignored, stride bytes apart, without tables.
func (e *Encoder) Append(dst, pix []byte, stride, w, h int) []byte {
	dst = append(dst, 0xff, soi)
	return e.appendPicture(dst, pix, stride, w, h)
}

// AppendComplete is Append with tables: a file of its own.
func (e *Encoder) AppendComplete(dst, pix []byte, stride, w, h int) []byte {
	dst = append(dst, 0xff, soi,
		0xff, app0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0)
	return e.appendPicture(e.appendTables(dst), pix, stride, w, h)
}

func (e *Encoder) appendPicture(dst, pix []byte, stride, w, h int) []byte {
	dst = append(dst, 0xff, sof0, 0, 17, 8)
	dst = binary.BigEndian.AppendUint16(dst, uint16(h))
	dst = binary.BigEndian.AppendUint16(dst, uint16(w))
	dst = append(dst, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
	dst = append(dst, 0xff, sos, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0)
	e.w = bitWriter{b: dst[:cap(dst)], n: len(dst)}
	var lastY, lastB, lastR int32
	for y := 0; y < h; y += mcu {
		for x := 0; x < w; x += mcu {
			e.w.room(mcuBytes)
			in, step := pix[y*stride+4*x:], stride
			if x+mcu > w || y+mcu > h {
				e.fillEdge(in, stride, min(w-x, mcu), min(h-y, mcu))
				in, step = e.edge[:], 4*mcu
			}
			e.convert(in, step)
			for _, half := range [2]*pair{&e.upper, &e.lower} {
				e.find(half, &e.luma)
				lastY = e.w.block(&e.found, 0, &e.luma, &e.codes[0], &e.codes[1], lastY)
				lastY = e.w.block(&e.found, 1, &e.luma, &e.codes[0], &e.codes[1], lastY)
			}
			e.find(&e.colours, &e.chroma)
			lastB = e.w.block(&e.found, 0, &e.chroma, &e.codes[2], &e.codes[3], lastB)
			lastR = e.w.block(&e.found, 1, &e.chroma, &e.codes[2], &e.codes[3], lastR)
		}
	}
	e.w.room(mcuBytes)
	e.w.end()
	dst = append(e.w.b[:e.w.n], 0xff, eoi)
	e.w.b = nil // the caller's
	return dst
}

func (e *Encoder) convert(in []byte, stride int) {
	if e.wide {
		in = in[:(mcu-1)*stride+4*mcu]
		convertAVX2(&e.upper, &e.lower, &e.colours, &in[0], stride)
		return
	}
	convert(&e.upper, &e.lower, &e.colours, in, stride)
}

// find transforms the blocks of p and finds what is not little.
func (e *Encoder) find(p *pair, q *quantiser) {
	var a, b uint64
	if e.wide {
		transformAVX2(&e.found.v, p)
		a, b = masksAVX2(&e.found.v, &q.little)
	} else {
		transform(&e.found.v, p)
		a, b = q.mask(&e.found.v)
	}
	e.found.masks = [2]uint64{e.order.sort(a), e.order.sort(b)}
}

// fillEdge copies w x h pixels to the edge buffer and repeats the last column
// and row in the rest of it.
func (e *Encoder) fillEdge(in []byte, stride, w, h int) {
	for y := range mcu {
		out := e.edge[y*4*mcu:][:4*mcu]
		row := in[min(y, h-1)*stride:][:4*w]
		copy(out, row)
		for x := 4 * w; x < 4*mcu; x += 4 {
			copy(out[x:x+4], row[4*w-4:])
		}
	}
}
