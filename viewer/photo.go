package viewer

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"

	"github.com/alongside-remote/alongside/wire"
)

func (c *Canvas) photo(op *wire.Op) error {
	if op.Codec != wire.CodecJPEG {
		return ErrUnsupported
	}
	r, err := c.paint(op.Rects[0])
	if err != nil {
		return err
	}
	if r.Dx()*r.Dy() > wire.MaxOpPixels {
		return fmt.Errorf("%w: photo of more than %d pixels", wire.ErrMalformed, wire.MaxOpPixels)
	}
	if !baseline(op.Data) {
		return fmt.Errorf("%w: not a baseline JPEG", wire.ErrMalformed)
	}
	size, err := jpeg.DecodeConfig(bytes.NewReader(op.Data))
	if err != nil {
		return errors.Join(wire.ErrMalformed, err)
	}
	if size.Width != r.Dx() || size.Height != r.Dy() {
		return fmt.Errorf("%w: JPEG of %dx%d for %v", wire.ErrMalformed, size.Width, size.Height, r)
	}
	m, err := jpeg.Decode(bytes.NewReader(op.Data))
	if err != nil {
		return errors.Join(wire.ErrMalformed, err)
	}
	switch m.(type) {
	case *image.YCbCr, *image.Gray:
	default:
		return fmt.Errorf("%w: JPEG that is neither colour nor grey", wire.ErrMalformed)
	}
	draw.Draw(c.img, r, m, m.Bounds().Min, draw.Src)
	return nil
}

// baseline is true for a JPEG whose first frame header is SOF0. A progressive one
// may hold thousands of scans of the whole picture in a few bytes each: minutes
// of work in one message.
func baseline(b []byte) bool {
	if len(b) < 2 || b[0] != 0xff || b[1] != 0xd8 {
		return false
	}
	for b = b[2:]; len(b) >= 4 && b[0] == 0xff; {
		marker, n := b[1], 2+int(b[2])<<8+int(b[3])
		switch {
		case marker == 0xc0:
			return true
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc, marker == 0xda:
			return false
		}
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return false
}
