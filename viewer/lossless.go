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
	for _, q := range op.Rects {
		r, _ := c.rect(q)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := c.row(y, r.Min.X, r.Max.X)
			if op.Kind == wire.OpResidual {
				addRGB(row, raw)
			} else {
				setRGB(row, raw)
			}
			raw = raw[3*r.Dx():]
		}
	}
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
	for _, q := range op.Rects {
		r, _ := c.rect(q)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := c.row(y, r.Min.X, r.Max.X)
			for _, p := range pix[:r.Dx()] {
				row[0], row[1], row[2] = byte(p>>16), byte(p>>8), byte(p)
				row = row[4:]
			}
			pix = pix[r.Dx():]
		}
	}
	return nil
}
