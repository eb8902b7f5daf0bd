package lossless

import (
	"encoding/binary"
	"fmt"

	"github.com/alongside-remote/alongside/wire"
)

// Inflate decompresses a zstd frame that holds exactly size bytes. The result
// is valid until the next call.
type Inflate func(frame []byte, size int) ([]byte, error)

// Decoder is the other side of an [Encoder].
type Decoder struct {
	inflate Inflate
	h       history
	stream  [streams][]byte
	follows int // pixels of the last token that are in the next rows
	out     []uint32
	plane   [3][]byte
}

// NewDecoder makes a decoder that knows nothing yet.
func NewDecoder(inflate Inflate) *Decoder {
	d := &Decoder{inflate: inflate}
	d.Reset()
	return d
}

// Reset forgets everything: an epoch begins.
func (d *Decoder) Reset() { d.h.reset() }

// Decode returns the pixels (0xRRGGBB) of the rectangles one after the other,
// valid until the next call. The caller has checked how many pixels they are.
// After an error the decoder is of no use until Reset.
func (d *Decoder) Decode(codec uint8, rects []wire.Rect, data []byte) ([]uint32, error) {
	n := 0
	for _, r := range rects {
		n += int(r.W) * int(r.H)
	}
	switch codec {
	case wire.CodecPlanes:
		return d.planes(rects, data, n)
	case wire.CodecCopies:
		return d.copies(rects, data, n)
	default:
		return nil, fmt.Errorf("%w: pixel codec %d", wire.ErrMalformed, codec)
	}
}

func (d *Decoder) copies(rects []wire.Rect, data []byte, n int) ([]uint32, error) {
	if err := d.sections(data, n); err != nil {
		return nil, err
	}
	d.grow(n)
	d.follows = 0
	var err error
	pieces(rects, func(at, stride, w, h int) {
		if err == nil {
			err = d.piece(d.out[at:], stride, w, h)
		}
	})
	if err != nil {
		return nil, err
	}
	for i, s := range d.stream {
		if len(s) > 0 {
			return nil, fmt.Errorf("%w: %d bytes too many in stream %d", wire.ErrMalformed, len(s), i)
		}
	}
	return d.out, nil
}

func (d *Decoder) grow(n int) {
	if cap(d.out) < n {
		d.out = make([]uint32, n)
	}
	d.out = d.out[:n]
}

// most is how many bytes of each stream one pixel needs at most.
var most = [streams]int{tokens: 1, literals: 1, vectors: 3, colours: 3}

func (d *Decoder) sections(data []byte, pixels int) (err error) {
	for i := range d.stream {
		if d.stream[i], data, err = d.section(d.stream[i], data, most[i]*pixels); err != nil {
			return fmt.Errorf("stream %d: %w", i, err)
		}
	}
	if len(data) > 0 {
		return fmt.Errorf("%w: %d bytes too many", wire.ErrMalformed, len(data))
	}
	return nil
}

// section reads one section of at most limit bytes into b and returns the data
// behind it.
func (d *Decoder) section(b, data []byte, limit int) (_, rest []byte, _ error) {
	head, n := binary.Uvarint(data)
	if n <= 0 || head>>1 > uint64(limit) {
		return nil, nil, fmt.Errorf("%w: length of a section", wire.ErrMalformed)
	}
	data = data[n:]
	size := head >> 1
	if head&1 != 0 {
		if size, n = binary.Uvarint(data); n <= 0 {
			return nil, nil, fmt.Errorf("%w: length of a frame", wire.ErrMalformed)
		}
		data = data[n:]
	}
	if size > uint64(len(data)) {
		return nil, nil, fmt.Errorf("%w: section cut", wire.ErrMalformed)
	}
	raw := data[:size]
	if head&1 != 0 {
		var err error
		if raw, err = d.inflate(raw, int(head>>1)); err != nil {
			return nil, nil, err
		}
	}
	return append(b[:0], raw...), data[size:], nil
}

var errShort = fmt.Errorf("%w: a stream ends too soon", wire.ErrMalformed)
