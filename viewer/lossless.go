package viewer

import (
	"fmt"

	"github.com/alongside-remote/alongside/wire"
)

// lossless does Lossless and Residual.
func (c *Canvas) lossless(op *wire.Op) error {
	pixels := 0
	for _, q := range op.Rects {
		r, err := c.paint(q)
		if err != nil {
			return err
		}
		if pixels += r.Dx() * r.Dy(); pixels > wire.MaxOpPixels {
			return fmt.Errorf("%w: operation of more than %d pixels", wire.ErrMalformed, wire.MaxOpPixels)
		}
	}
	switch {
	case op.Codec == wire.CodecZstdRGB:
		return c.rgb(op, pixels)
	case op.Kind == wire.OpLossless && (op.Codec == wire.CodecCopies || op.Codec == wire.CodecPlanes):
		return c.exact(op)
	}
	return ErrUnsupported
}

func (c *Canvas) rgb(op *wire.Op, pixels int) error {
	raw, err := c.inflate(op.Data, 3*pixels)
	if err != nil {
		return err
	}
	set := setRGB
	if op.Kind == wire.OpResidual {
		set = addRGB
	}
	c.eachRow(op.Rects, func(row []byte) {
		set(row, raw)
		raw = raw[len(row)/4*3:]
	})
	return nil
}

func setRGB(row, rgb []byte) {
	for ; len(row) >= 4 && len(rgb) >= 3; row, rgb = row[4:], rgb[3:] {
		row[0], row[1], row[2] = rgb[0], rgb[1], rgb[2]
	}
}

func addRGB(row, rgb []byte) {
	for ; len(row) >= 4 && len(rgb) >= 3; row, rgb = row[4:], rgb[3:] {
		row[0] += rgb[0]
		row[1] += rgb[1]
		row[2] += rgb[2]
	}
}

func (c *Canvas) exact(op *wire.Op) error {
	pix, err := c.pixels.Decode(op.Codec, op.Rects, op.Data)
	if err != nil {
		return err
	}
	c.eachRow(op.Rects, func(row []byte) {
		for i, p := range pix[:len(row)/4] {
			q := row[4*i:][:3]
			q[0], q[1], q[2] = byte(p>>16), byte(p>>8), byte(p)
		}
		pix = pix[len(row)/4:]
	})
	return nil
}

// eachRow calls f with the rows of rectangles that lie on the canvas.
func (c *Canvas) eachRow(rects []wire.Rect, f func(row []byte)) {
	for _, q := range rects {
		for y := range int(q.H) {
			f(c.row(int(q.Y)+y, int(q.X), int(q.X)+int(q.W)))
		}
	}
}
