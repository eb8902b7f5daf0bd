package lossless

import (
	"fmt"

	"github.com/alongside-remote/alongside/wire"
)

// AppendPlanes appends the data of wire.CodecPlanes for rectangles whose pixels
// (0xRRGGBB) stand in pix one after the other.
func (e *Encoder) AppendPlanes(dst []byte, rects []wire.Rect, pix []uint32) []byte {
	n := len(pix)
	for cap(e.plane) < 3*n {
		e.plane = make([]byte, 3*n)
	}
	g, r, b := e.plane[:n], e.plane[n:2*n], e.plane[2*n:3*n]
	at := 0
	for _, q := range rects {
		w, h := int(q.W), int(q.H)
		for y := range h {
			row, up := pix[at:at+w], pix[max(at-w, 0):]
			if y == 0 {
				up = nil
			}
			differences(g[at:at+w], r[at:at+w], b[at:at+w], row, up)
			at += w
		}
	}
	for _, p := range [][]byte{g, r, b} {
		dst = e.appendSection(dst, p)
	}
	return dst
}

// differences is a row minus its prediction, red and blue less what green is off by.
func differences(g, r, b []byte, row, up []uint32) {
	var l, c uint32
	if up != nil {
		l, c = up[0], up[0]
	}
	r, b, row = r[:len(g)], b[:len(g)], row[:len(g)]
	if up == nil {
		for i := range g {
			p := row[i]
			dg := byte(p>>8) - byte(l>>8)
			g[i], r[i], b[i] = dg, byte(p>>16)-byte(l>>16)-dg, byte(p)-byte(l)-dg
			l = p
		}
		return
	}
	up = up[:len(g)]
	for i := range g {
		p, a := row[i], up[i]
		q := predict(l, a, c)
		dg := byte(p>>8) - byte(q>>8)
		g[i], r[i], b[i] = dg, byte(p>>16)-byte(q>>16)-dg, byte(p)-byte(q)-dg
		l, c = p, a
	}
}

func (d *Decoder) planes(rects []wire.Rect, data []byte, n int) ([]uint32, error) {
	for i := range d.plane {
		var err error
		if d.plane[i], data, err = d.section(d.plane[i], data, n); err != nil {
			return nil, err
		}
		if len(d.plane[i]) != n {
			return nil, fmt.Errorf("%w: plane of %d bytes, want %d", wire.ErrMalformed, len(d.plane[i]), n)
		}
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%w: %d bytes too many", wire.ErrMalformed, len(data))
	}
	d.grow(n)
	at := 0
	for _, q := range rects {
		w := int(q.W)
		for y := range int(q.H) {
			d.planesRow(at, w, y)
			at += w
		}
	}
	return d.out, nil
}

func (d *Decoder) planesRow(at, w, y int) {
	g, r, b := d.plane[0][at:at+w], d.plane[1][at:at+w], d.plane[2][at:at+w]
	out := d.out[at : at+w]
	var l, c uint32
	var up []uint32
	if y > 0 {
		up = d.out[at-w : at]
		l, c = up[0], up[0]
	}
	for i := range out {
		q := l
		if up != nil {
			q = predict(l, up[i], c)
			c = up[i]
		}
		l = uint32(byte(q>>16)+r[i]+g[i])<<16 | uint32(byte(q>>8)+g[i])<<8 | uint32(byte(q)+b[i]+g[i])
		out[i] = l
	}
}
