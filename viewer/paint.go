package viewer

import (
	"fmt"
	"image"

	"github.com/alongside-remote/alongside/wire"
)

func (c *Canvas) move(copies []wire.Copy) error {
	for _, m := range copies {
		src, err := c.rect(m.Src)
		if err != nil {
			return err
		}
		dst, err := c.paint(wire.Rect{X: m.X, Y: m.Y, W: m.Src.W, H: m.Src.H})
		if err != nil {
			return err
		}
		for n := range src.Dy() {
			if dst.Min.Y > src.Min.Y { // downwards: the last row first
				n = src.Dy() - 1 - n
			}
			copy(c.row(dst.Min.Y+n, dst.Min.X, dst.Max.X), c.row(src.Min.Y+n, src.Min.X, src.Max.X))
		}
	}
	return nil
}

func (c *Canvas) fill(fills []wire.Fill) error {
	for _, f := range fills {
		r, err := c.paint(f.Rect)
		if err != nil {
			return err
		}
		first := c.row(r.Min.Y, r.Min.X, r.Max.X)
		for i := 0; i < len(first); i += 4 {
			first[i], first[i+1], first[i+2] = f.R, f.G, f.B
		}
		for y := r.Min.Y + 1; y < r.Max.Y; y++ {
			copy(c.row(y, r.Min.X, r.Max.X), first)
		}
	}
	return nil
}

func (c *Canvas) cursorShape(op *wire.Op) error {
	switch op.Codec {
	case wire.CursorHidden:
		if len(op.Data) != 0 || op.Width != 0 || op.Height != 0 {
			return fmt.Errorf("%w: hidden cursor with a picture", wire.ErrMalformed)
		}
		c.cursor.Visible = false
		return nil
	case wire.CursorZstdRGBA:
		if op.Width == 0 || op.Height == 0 || op.X >= op.Width || op.Y >= op.Height {
			return fmt.Errorf("%w: cursor of %dx%d with hot spot %d, %d", wire.ErrMalformed, op.Width, op.Height, op.X, op.Y)
		}
		raw, err := c.inflate(op.Data, 4*int(op.Width)*int(op.Height))
		if err != nil {
			return err
		}
		c.cursor.Visible = true
		c.cursor.Size = image.Pt(int(op.Width), int(op.Height))
		c.cursor.Hot = image.Pt(int(op.X), int(op.Y))
		c.cursor.Pix = append([]byte(nil), raw...)
		return nil
	default:
		return ErrUnsupported
	}
}
