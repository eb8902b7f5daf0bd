package jpeg

import (
	"encoding/binary"
	"image"
)

// Markers of the standard.
const (
	soi  = 0xd8
	eoi  = 0xd9
	sof0 = 0xc0
	dht  = 0xc4
	sos  = 0xda
	dqt  = 0xdb
	dri  = 0xdd
	app0 = 0xe0 // to appF
	appF = 0xef
)

const (
	// unit is the side of what four blocks of luma and two of chroma show: a strip
	// is a row of them.
	unit = 16
	// maxSide keeps strips small: a screen is not wider.
	maxSide = 1 << 14
)

// Decoder decodes one picture after another. It keeps its memory, which is that of
// the largest scan and the widest strip. It is used by one goroutine at a time.
type Decoder struct {
	dc, ac [2]table
	haveDC [2]bool
	haveAC [2]bool
	steps  [4][64]int32
	have   [4]bool // of steps

	size  image.Point
	y     int // where the next strip begins
	parts [3]component
	r     bitReader
	b     block
	strip image.YCbCr
	wide  int // units of a strip
}

// Begin reads what comes before the picture. False: the Decoder declines it.
func (d *Decoder) Begin(data []byte) bool {
	d.size, d.y = image.Point{}, 0
	d.haveDC, d.haveAC, d.have = [2]bool{}, [2]bool{}, [4]bool{}
	var tables [3]uint8 // of steps, by component
	var names [3]uint8
	if len(data) < 2 || data[0] != 0xff || data[1] != soi {
		return false
	}
	for data = data[2:]; len(data) >= 4 && data[0] == 0xff; {
		marker, n := data[1], 2+int(binary.BigEndian.Uint16(data[2:]))
		if n < 4 || n > len(data) {
			return false
		}
		body := data[4:n]
		data = data[n:]
		ok := true
		switch {
		case marker == dqt:
			ok = d.quantisers(body)
		case marker == dht:
			ok = d.codes(body)
		case marker == sof0:
			ok = d.size == (image.Point{}) && d.frame(body, &names, &tables)
		case marker == sos:
			return d.size != (image.Point{}) && d.scan(body, &names, &tables) && d.start(data)
		case marker >= app0+1 && marker <= appF, marker == dri:
			// Of another encoder, which may say there what colours are.
			ok = false
		case marker == app0:
		default:
			ok = false
		}
		if !ok {
			return false
		}
	}
	return false
}

// Size is that of the picture that was begun.
func (d *Decoder) Size() image.Point { return d.size }

// Next decodes the next rows, 16 or what is left of them, from (0, 0), valid until
// the next call. False: there are no more, or the Decoder declines the picture.
func (d *Decoder) Next() (*image.YCbCr, bool) {
	if d.y >= d.size.Y {
		return nil, false
	}
	s := &d.strip
	for x := range d.wide {
		at := unit * x
		if !d.show(0, s.Y[at:], s.YStride) || !d.show(0, s.Y[at+8:], s.YStride) ||
			!d.show(0, s.Y[8*s.YStride+at:], s.YStride) || !d.show(0, s.Y[8*s.YStride+at+8:], s.YStride) ||
			!d.show(1, s.Cb[at/2:], s.CStride) || !d.show(2, s.Cr[at/2:], s.CStride) {
			return nil, false
		}
	}
	if d.r.beyond() {
		return nil, false
	}
	s.Rect.Max = image.Pt(d.size.X, min(unit, d.size.Y-d.y))
	d.y += unit
	return s, true
}

// show decodes the next block, one of component i.
func (d *Decoder) show(i int, out []byte, stride int) bool {
	last, ok := d.r.read(&d.parts[i], &d.b)
	if !ok {
		return false
	}
	d.b.transform(out, stride, last)
	return true
}

// quantisers takes DQT.
func (d *Decoder) quantisers(b []byte) bool {
	for ; len(b) >= 1+64; b = b[1+64:] {
		if b[0] > 3 { // 16 bits, or no such table
			return false
		}
		for i, q := range b[1 : 1+64] {
			d.steps[b[0]][i] = int32(q)
		}
		d.have[b[0]] = true
	}
	return len(b) == 0
}

// codes takes DHT.
func (d *Decoder) codes(b []byte) bool {
	for len(b) >= 1+codeBits {
		class, id, n := b[0]>>4, b[0]&15, 0
		for _, k := range b[1 : 1+codeBits] {
			n += int(k)
		}
		if class > 1 || id > 1 || n == 0 || n > 256 || len(b) < 1+codeBits+n {
			return false
		}
		t, have := &d.dc[id], &d.haveDC[id]
		if class == 1 {
			t, have = &d.ac[id], &d.haveAC[id]
		}
		if *have = t.set(b[1:1+codeBits], b[1+codeBits:][:n]); !*have {
			return false
		}
		b = b[1+codeBits+n:]
	}
	return len(b) == 0
}

// frame takes SOF0.
func (d *Decoder) frame(b []byte, names, tables *[3]uint8) bool {
	if len(b) != 6+3*3 || b[0] != 8 || b[5] != 3 {
		return false
	}
	h, w := int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	if w == 0 || h == 0 || w > maxSide || h > maxSide {
		return false
	}
	for i := range 3 {
		c := b[6+3*i:][:3]
		shape := uint8(0x11)
		if i == 0 {
			shape = 0x22
		}
		if c[1] != shape || c[2] > 3 {
			return false
		}
		names[i], tables[i] = c[0], c[2]
	}
	// Red, green and blue go by these names with image/jpeg.
	if names[0] == names[1] || names[1] == names[2] || names[0] == names[2] || string(names[:]) == "RGB" {
		return false
	}
	d.size = image.Pt(w, h)
	return true
}

// scan takes SOS: all three components, as the frame names them.
func (d *Decoder) scan(b []byte, names, tables *[3]uint8) bool {
	if len(b) != 1+2*3+3 || b[0] != 3 || b[7] != 0 || b[8] != 63 || b[9] != 0 {
		return false
	}
	for i := range 3 {
		dc, ac := b[2+2*i]>>4, b[2+2*i]&15
		if b[1+2*i] != names[i] || dc > 1 || ac > 1 || !d.haveDC[dc] || !d.haveAC[ac] || !d.have[tables[i]] {
			return false
		}
		d.parts[i] = component{dc: &d.dc[dc], ac: &d.ac[ac], steps: &d.steps[tables[i]]}
	}
	return true
}

// start makes ready for strips of the scan that begins data.
func (d *Decoder) start(data []byte) bool {
	buf, ok := unstuff(d.r.data[:0], data)
	d.r = bitReader{data: append(buf, make([]byte, pad)...)}
	d.b = block{} // whatever a picture that was declined left
	if d.wide = (d.size.X + unit - 1) / unit; unit*d.wide > d.strip.YStride {
		d.strip = *image.NewYCbCr(image.Rect(0, 0, unit*d.wide, unit), image.YCbCrSubsampleRatio420)
	}
	return ok
}
