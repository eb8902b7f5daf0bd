package viewer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"

	"github.com/klauspost/compress/zstd"

	"github.com/alongside-remote/alongside/wire"
	exact "github.com/alongside-remote/alongside/wire/lossless"
)

// ErrUnsupported is in errors about an operation or codec that this viewer did
// not name in its settings, or that no version of it knows. It is ErrMalformed
// too: the agent had to keep to what was named.
var ErrUnsupported = fmt.Errorf("%w: unsupported by this viewer", wire.ErrMalformed)

// errBlank: an epoch begins with Resize.
var errBlank = fmt.Errorf("%w: operation before resize", wire.ErrMalformed)

// Operations lists what a Canvas understands, for ViewSettings.
func Operations() []uint32 {
	return []uint32{
		uint32(wire.OpResize), uint32(wire.OpMove), uint32(wire.OpStore), uint32(wire.OpCached), uint32(wire.OpLossless),
		uint32(wire.OpPhoto), uint32(wire.OpFill), uint32(wire.OpCursorShape), uint32(wire.OpCursorPosition), uint32(wire.OpResidual),
		uint32(wire.OpTables),
	}
}

// Canvas is what the viewer shows. It is used by one goroutine at a time.
type Canvas struct {
	img     *image.RGBA // alpha is always 255
	ready   *image.RGBA // for the first epoch, see expect; nil: none
	epoch   uint32
	cursor  Cursor
	damage  []image.Rectangle // of this update
	painted int               // pixels, by this update

	cacheLimit, cacheUsed int
	cache                 map[uint16]*image.RGBA
	photos                photos

	zstd   *zstd.Decoder
	raw    []byte
	pixels *exact.Decoder
}

// Cursor is the pointer of the endpoint.
type Cursor struct {
	Visible  bool
	Position image.Point // of the hot spot, canvas pixels
	Size     image.Point
	Hot      image.Point
	Pix      []byte // R, G, B, A, not premultiplied; not changed once it is handed out
}

// NewCanvas makes an empty canvas that keeps at most cacheBytes of cached tiles.
func NewCanvas(cacheBytes uint32) *Canvas {
	c := &Canvas{cacheLimit: int(cacheBytes), cache: map[uint16]*image.RGBA{}}
	// DecodeAll writes into what is there and fails beyond it. The error is
	// about options only.
	c.zstd, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.IgnoreChecksum(false))
	c.pixels = exact.NewDecoder(c.inflate)
	return c
}

// Image is the picture; it changes with the next Apply and is nil before the
// first one.
func (c *Canvas) Image() *image.RGBA { return c.img }

// Size is the size of the canvas, zero before the first Apply.
func (c *Canvas) Size() image.Point {
	if c.img == nil {
		return image.Point{}
	}
	return c.img.Rect.Size()
}

// Cursor is the pointer as it was last described.
func (c *Canvas) Cursor() Cursor { return c.cursor }

// Damage is what the last Apply may have changed, valid until the next one.
func (c *Canvas) Damage() []image.Rectangle { return c.damage }

// Close frees the decoder.
func (c *Canvas) Close() { c.zstd.Close() }

// Apply does what an update says. A higher epoch than before begins anew. After
// an error the canvas is worth nothing: end the stream or ask for a refresh.
func (c *Canvas) Apply(epoch uint32, payload []byte) error {
	c.damage, c.painted = c.damage[:0], 0
	switch {
	case epoch < c.epoch:
		return fmt.Errorf("%w: epoch %d after %d", wire.ErrMalformed, epoch, c.epoch)
	case epoch > c.epoch:
		c.begin(epoch)
	}
	err := c.applyAll(payload)
	return cmp.Or(c.develop(), err)
}

func (c *Canvas) applyAll(payload []byte) error {
	r := wire.NewOpReader(payload)
	for {
		op, err := r.Next()
		if op == nil || err != nil {
			return err
		}
		if err := c.apply(op); err != nil {
			return fmt.Errorf("operation %d: %w", op.Kind, err)
		}
	}
}

func (c *Canvas) begin(epoch uint32) {
	if c.epoch > 0 {
		c.pixels.Reset()
	}
	c.epoch, c.img, c.cursor, c.cacheUsed = epoch, nil, Cursor{}, 0
	clear(c.cache)
	c.photos.reset()
}

func (c *Canvas) apply(op *wire.Op) error {
	if op.Kind == wire.OpResize {
		if c.img != nil {
			return fmt.Errorf("%w: resize within an epoch", wire.ErrMalformed)
		}
		size := image.Pt(int(op.Width), int(op.Height))
		if c.img, c.ready = c.ready, nil; c.img == nil || c.img.Rect.Max != size {
			c.img = newImage(size)
		}
		c.touch(c.img.Rect)
		return nil
	}
	if c.img == nil {
		return errBlank
	}
	switch op.Kind {
	case wire.OpMove:
		return c.move(op.Copies)
	case wire.OpStore:
		return c.store(op.Slots)
	case wire.OpCached:
		return c.paintCached(op.Slots)
	case wire.OpLossless, wire.OpResidual:
		return c.lossless(op)
	case wire.OpPhoto:
		return c.photo(op)
	case wire.OpTables:
		return c.keepTables(op)
	case wire.OpFill:
		return c.fill(op.Fills)
	case wire.OpCursorShape:
		return c.cursorShape(op)
	case wire.OpCursorPosition:
		c.cursor.Position = image.Pt(int(op.X), int(op.Y))
		return nil
	default:
		return ErrUnsupported
	}
}

// rect is r as a rectangle that lies on the canvas, with the photos on it.
func (c *Canvas) rect(r wire.Rect) (image.Rectangle, error) {
	q := image.Rect(int(r.X), int(r.Y), int(r.X)+int(r.W), int(r.Y)+int(r.H))
	if !q.In(c.img.Rect) {
		return q, fmt.Errorf("%w: %v is not on the canvas %v", wire.ErrMalformed, q, c.img.Rect.Max)
	}
	if c.photos.on(q) {
		return q, c.develop()
	}
	return q, nil
}

func (c *Canvas) touch(r image.Rectangle) { c.damage = append(c.damage, r) }

// paint is rect for a rectangle that is about to be painted. It counts them, so
// that no message is worth more than a bounded time.
func (c *Canvas) paint(r wire.Rect) (image.Rectangle, error) {
	q, err := c.rect(r)
	if err != nil {
		return q, err
	}
	if c.painted += q.Dx() * q.Dy(); c.painted > wire.MaxPaints*c.img.Rect.Dx()*c.img.Rect.Dy() {
		return q, fmt.Errorf("%w: update paints the canvas more than %d times", wire.ErrMalformed, wire.MaxPaints)
	}
	c.touch(q)
	return q, nil
}

// row is a piece of a row of the picture.
func (c *Canvas) row(y, x0, x1 int) []byte {
	return c.img.Pix[y*c.img.Stride+4*x0 : y*c.img.Stride+4*x1]
}

// expect makes the picture of the first epoch ready if its size is known before:
// the first answer tells the agent how far the viewer is, and is not to contain
// the time that megabytes of fresh memory take.
func (c *Canvas) expect(size image.Point) {
	if c.img == nil && c.ready == nil && 0 < size.X && size.X <= wire.MaxCanvas && 0 < size.Y && size.Y <= wire.MaxCanvasPixels/size.X {
		c.ready = newImage(size)
	}
}

func newImage(size image.Point) *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: size})
	black := bytes.Repeat([]byte{0, 0, 0, 255}, size.X)
	for y := range size.Y {
		copy(m.Pix[y*m.Stride:], black)
	}
	return m
}

// inflate decompresses data, which must make exactly n bytes. The result is
// valid until the next call.
func (c *Canvas) inflate(data []byte, n int) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(data); err != nil || h.Skippable {
		return nil, fmt.Errorf("%w: no zstd frame", wire.ErrMalformed)
	}
	if !h.HasFCS || h.FrameContentSize != uint64(n) {
		return nil, fmt.Errorf("%w: zstd frame of %d bytes, want %d", wire.ErrMalformed, h.FrameContentSize, n)
	}
	if cap(c.raw) < n {
		c.raw = make([]byte, n)
	}
	b, err := c.zstd.DecodeAll(data, c.raw[:0:n])
	if err != nil {
		return nil, errors.Join(wire.ErrMalformed, err)
	}
	if len(b) != n {
		return nil, fmt.Errorf("%w: zstd data of %d bytes, want %d", wire.ErrMalformed, len(b), n)
	}
	return b, nil
}
