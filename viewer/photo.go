package viewer

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	stdjpeg "image/jpeg"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	scale "golang.org/x/image/draw"

	"github.com/alongside-remote/alongside/viewer/jpeg"
	"github.com/alongside-remote/alongside/wire"
)

func (c *Canvas) photo(op *wire.Op) error {
	var data []byte
	switch op.Codec {
	case wire.CodecJPEG:
		data = op.Data
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
	size, err := stdjpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return errors.Join(wire.ErrMalformed, err)
	}
	if !wire.PhotoSize(size.Width, size.Height, r.Dx(), r.Dy()) {
		return fmt.Errorf("%w: JPEG of %dx%d for %v", wire.ErrMalformed, size.Width, size.Height, r)
	}
	c.photos.taken = append(c.photos.taken, taken{r, data})
	return nil
}

// develop decodes the photos that were taken and draws them. They do not overlap,
// so several do it at a time, of whom none is left when it returns.
func (c *Canvas) develop() error {
	all := c.photos.taken
	c.photos.taken = all[:0]
	errs := make([]error, len(all))
	var next atomic.Int32
	work := func(d *jpeg.Decoder) {
		for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
			errs[i] = all[i].draw(c.img, d)
		}
	}
	var others sync.WaitGroup
	for i := range min(len(all), runtime.GOMAXPROCS(0), maxDevelopers) - 1 {
		d := &c.photos.decoders[1+i]
		others.Go(func() { work(d) })
	}
	work(&c.photos.decoders[0])
	others.Wait()
	clear(all)
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("operation %d: %w", wire.OpPhoto, err)
		}
	}
	return nil
}

// maxDevelopers is how many photos are decoded at a time at most.
const maxDevelopers = 4

// taken is a photo that came and is not on the canvas yet. Its data is the
// payload's or its own.
type taken struct {
	r    image.Rectangle
	data []byte
}

// draw draws it by d, if that takes it.
func (t taken) draw(dst *image.RGBA, d *jpeg.Decoder) error {
	if t.drawStrips(dst, d) {
		return nil
	}
	m, err := stdjpeg.Decode(bytes.NewReader(t.data))
	if err != nil {
		return errors.Join(wire.ErrMalformed, err)
	}
	switch m.(type) {
	case *image.YCbCr, *image.Gray:
	default:
		return fmt.Errorf("%w: JPEG that is neither colour nor grey", wire.ErrMalformed)
	}
	if m.Bounds().Size() != t.r.Size() {
		scale.ApproxBiLinear.Scale(dst, t.r, m, m.Bounds(), draw.Src, nil)
		return nil
	}
	drawPhoto(dst, t.r, m)
	return nil
}

// drawStrips draws it strip by strip, as it is decoded. False: some or nothing of
// it is drawn.
func (t taken) drawStrips(dst *image.RGBA, d *jpeg.Decoder) bool {
	if !d.Begin(t.data) || d.Size() != t.r.Size() {
		return false
	}
	for r := t.r; !r.Empty(); {
		m, ok := d.Next()
		if !ok {
			return false
		}
		next := r.Min.Y + m.Rect.Dy()
		drawPhoto(dst, image.Rect(r.Min.X, r.Min.Y, r.Max.X, next), m)
		r.Min.Y = next
	}
	return true
}

// photos is what a canvas needs for photos from outside of their operation.
type photos struct {
	tables   [wire.MaxTables][]byte // of this epoch; empty: did not come
	taken    []taken                // of this update
	decoders [maxDevelopers]jpeg.Decoder
}

// on says that one was taken that lies on r.
func (p *photos) on(r image.Rectangle) bool {
	return slices.ContainsFunc(p.taken, func(t taken) bool { return t.r.Overlaps(r) })
}

func (p *photos) reset() {
	p.taken = p.taken[:0]
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
// SOI.
func (c *Canvas) splice(op *wire.Op) ([]byte, error) {
	tables := c.photos.tables[op.Region]
	if len(tables) == 0 {
		return nil, fmt.Errorf("%w: table %d did not come", wire.ErrMalformed, op.Region)
	}
	if len(op.Data) < 2 || op.Data[0] != 0xff || op.Data[1] != 0xd8 {
		return nil, fmt.Errorf("%w: not a JPEG", wire.ErrMalformed)
	}
	return slices.Concat(tables, op.Data[2:]), nil
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
