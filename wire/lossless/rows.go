package lossless

import (
	"encoding/binary"
	"fmt"

	"github.com/alongside-remote/alongside/wire"
)

// piece decodes a piece into the history and copies it to out.
func (d *Decoder) piece(out []uint32, stride, w, height int) error {
	at := d.h.place(w, height)
	d.h.firstRow(w)
	for y := range height {
		if err := d.row(at, w, y); err != nil {
			return err
		}
		copy(out[y*stride:y*stride+w], d.h.pix[at:])
		at += HistoryWidth
		d.h.nextRow()
	}
	if d.follows > 0 {
		return fmt.Errorf("%w: run over the end", wire.ErrMalformed)
	}
	return nil
}

func (d *Decoder) row(at, w, y int) error {
	for x := 0; x < w; {
		kind, n, err := d.token(w - x)
		if err != nil {
			return err
		}
		switch kind {
		case kindFollow:
			err = d.follow(at+x, n)
		case kindLiteral:
			err = d.literals(at+x, x, y, n)
			d.h.add(n, above)
		case kindLeft:
			if x == 0 {
				return fmt.Errorf("%w: nothing to the left", wire.ErrMalformed)
			}
			err = d.copy(at+x, -1, n)
			d.h.add(n, above)
		default:
			var v int
			if v, err = d.vector(kind); err == nil {
				err = d.copy(at+x, v, n)
				d.h.add(n, v)
			}
		}
		if err != nil {
			return err
		}
		x += n
		d.h.skip(n)
	}
	return nil
}

// follow copies n pixels to p from where the vectors above them say.
func (d *Decoder) follow(p, n int) error {
	h := &d.h
	for i, o, left := h.si, h.so, n; left > 0; i, o = i+1, 0 {
		s := h.prev[i]
		t := min(left, s.n-o)
		if err := d.copy(p, s.v, t); err != nil {
			return err
		}
		p, left = p+t, left-t
	}
	h.follow(n)
	return nil
}

// vector is what a token of the kind copies from.
func (d *Decoder) vector(kind int) (int, error) {
	switch kind {
	case kindAbove:
		return above, nil
	case kindNext:
		return d.h.nextVector(), nil
	case kindAgain:
		return d.h.lastVector(), nil
	case kindFrom:
		b := d.stream[vectors]
		if len(b) < 3 {
			return 0, errShort
		}
		d.stream[vectors] = b[3:]
		return int(b[0])<<16 + int(b[1])<<8 + int(b[2]) - historySize, nil
	}
	return 0, fmt.Errorf("%w: token of kind %d", wire.ErrMalformed, kind)
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

// literals decodes the n pixels from p on, of column x and row y.
func (d *Decoder) literals(p, x, y, n int) error {
	h := &d.h
	b := d.stream[literals]
	if len(b) < n {
		return errShort
	}
	d.stream[literals] = b[n:]
	for code := b[:n]; len(code) > 0; p, x, code = p+1, x+1, code[1:] {
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
