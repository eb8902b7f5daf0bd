package viewer

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"

	scale "golang.org/x/image/draw"

	"github.com/alongside-remote/alongside/wire"
)

func (c *Canvas) photo(op *wire.Op) error {
	data := op.Data
	switch op.Codec {
	case wire.CodecJPEG:
	case wire.CodecJPEGTables:
		var err error
		if data, err = c.splice(op); err != nil {
			return err
		}
	default:
		return ErrUnsupported
	}
	r, err := c.paint(op.Rects[0])
	if err != nil {
		return err
	}
	if r.Dx()*r.Dy() > wire.MaxOpPixels {
		return fmt.Errorf("%w: photo of more than %d pixels", wire.ErrMalformed, wire.MaxOpPixels)
	}
	if !baseline(data) {
		return fmt.Errorf("%w: not a baseline JPEG", wire.ErrMalformed)
	}
	size, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return errors.Join(wire.ErrMalformed, err)
	}
	if !wire.PhotoSize(size.Width, size.Height, r.Dx(), r.Dy()) {
		return fmt.Errorf("%w: JPEG of %dx%d for %v", wire.ErrMalformed, size.Width, size.Height, r)
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return errors.Join(wire.ErrMalformed, err)
	}
	switch m.(type) {
	case *image.YCbCr, *image.Gray:
	default:
		return fmt.Errorf("%w: JPEG that is neither colour nor grey", wire.ErrMalformed)
	}
	if m.Bounds().Size() != r.Size() {
		scale.ApproxBiLinear.Scale(c.img, r, m, m.Bounds(), draw.Src, nil)
		return nil
	}
	draw.Draw(c.img, r, m, m.Bounds().Min, draw.Src)
	return nil
}

// photos is what a canvas needs for photos from outside of their operation.
type photos struct {
	tables [wire.MaxTables][]byte // of this epoch; empty: did not come
	whole  []byte                 // tables and photo together
}

func (p *photos) reset() {
	for i := range p.tables {
		p.tables[i] = p.tables[i][:0]
	}
}

// keepTables remembers tables for the photos of this epoch that name them.
func (c *Canvas) keepTables(op *wire.Op) error {
	if op.Codec != wire.TablesJPEG {
		return ErrUnsupported
	}
	if !tablesOnly(op.Data) {
		return fmt.Errorf("%w: not a tables-only JPEG", wire.ErrMalformed)
	}
	c.photos.tables[op.Region] = append(c.photos.tables[op.Region][:0], op.Data[:len(op.Data)-2]...)
	return nil
}

// splice is a whole JPEG: the tables without their EOI, the photo without its
// SOI. It is valid until the next call.
func (c *Canvas) splice(op *wire.Op) ([]byte, error) {
	tables := c.photos.tables[op.Region]
	if len(tables) == 0 {
		return nil, fmt.Errorf("%w: table %d did not come", wire.ErrMalformed, op.Region)
	}
	if len(op.Data) < 2 || op.Data[0] != 0xff || op.Data[1] != 0xd8 {
		return nil, fmt.Errorf("%w: not a JPEG", wire.ErrMalformed)
	}
	c.photos.whole = append(append(c.photos.whole[:0], tables...), op.Data[2:]...)
	return c.photos.whole, nil
}

// tablesOnly is true for SOI, segments DQT and DHT, EOI, and nothing else.
func tablesOnly(b []byte) bool {
	if len(b) < 2 || b[0] != 0xff || b[1] != 0xd8 {
		return false
	}
	for b = b[2:]; len(b) >= 4 && b[0] == 0xff && (b[1] == 0xdb || b[1] == 0xc4); {
		n := 2 + int(b[2])<<8 + int(b[3])
		if n < 4 || n > len(b) {
			return false
		}
		b = b[n:]
	}
	return len(b) == 2 && b[0] == 0xff && b[1] == 0xd9
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
