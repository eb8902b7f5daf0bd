package pipewire

import (
	"encoding/binary"
	"fmt"
	"image"

	"github.com/alongside-remote/alongside/internal/pipewire/native"
)

const (
	buffersLimit = 64

	metaDamage = 3
	metaCursor = 5

	// damageLimit is how many rectangles are told one by one.
	damageLimit = 16
	regionSize  = 16
	cursorHead  = 28
	bitmapHead  = 20
	// cursorSide bounds a cursor's shape.
	cursorSide = 256

	chunkCorrupted = 1
)

func word(b []byte, at int) uint32 { return binary.NativeEndian.Uint32(b[at:]) }

func signed(b []byte, at int) int { return int(int32(word(b, at))) }

// rows are the pixels of the picture and the bytes from row to row; nil: there is
// none in the buffer, as when only the cursor moved.
func rows(b *native.Buffer, size image.Point) (pix []byte, stride int, err error) {
	offset, length := uint64(word(b.Chunk, 0)), word(b.Chunk, 4)
	stride = signed(b.Chunk, 8)
	if length == 0 || word(b.Chunk, 12)&chunkCorrupted != 0 {
		return nil, 0, nil
	}
	if stride == 0 {
		stride = size.X * 4
	}
	if stride < size.X*4 || offset+uint64(stride)*uint64(size.Y-1)+uint64(size.X)*4 > uint64(len(b.Data)) {
		return nil, 0, fmt.Errorf("%w: a picture of %v in %d bytes, %d a row", native.ErrProtocol, size, len(b.Data), stride)
	}
	return b.Data[offset:], stride, nil
}

// damage is what the producer says has changed; all of it when it says nothing.
func damage(b *native.Buffer, size image.Point) (out []image.Rectangle) {
	whole := image.Rectangle{Max: size}
	for _, m := range b.Metas {
		if m.Type != metaDamage {
			continue
		}
		for d := m.Data; len(d) >= regionSize; d = d[regionSize:] {
			w, h := word(d, 8), word(d, 12)
			if w == 0 || h == 0 {
				break
			}
			at := image.Pt(signed(d, 0), signed(d, 4))
			r := image.Rectangle{at, at.Add(image.Pt(int(min(w, sideLimit)), int(min(h, sideLimit))))}.Intersect(whole)
			if !r.Empty() {
				out = append(out, r)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, whole)
	}
	return out
}

// cursor is what the buffer says of the pointer; nil: nothing.
func cursor(b *native.Buffer) *Cursor {
	for _, m := range b.Metas {
		d := m.Data
		if m.Type != metaCursor || len(d) < cursorHead {
			continue
		}
		c := &Cursor{Position: image.Pt(signed(d, 8), signed(d, 12)), Visible: word(d, 0) != 0}
		if at := uint64(word(d, 24)); c.Visible && at != 0 && at+bitmapHead <= uint64(len(d)) {
			c.shape(d[at:], image.Pt(signed(d, 16), signed(d, 20)))
		}
		return c
	}
	return nil
}

// shape takes a new picture of the pointer. One of another format, or without
// pixels, is no pointer.
func (c *Cursor) shape(d []byte, hot image.Point) {
	format, w, h := word(d, 0), word(d, 4), word(d, 8)
	stride, from := uint64(word(d, 12)), uint64(word(d, 16))
	order, known := orders[format]
	c.Shape, c.Size, c.Hot, c.Pix = true, image.Point{}, image.Point{}, nil
	if !known || w == 0 || h == 0 || w > cursorSide || h > cursorSide || stride < uint64(w)*4 ||
		from+stride*uint64(h-1)+uint64(w)*4 > uint64(len(d)) {
		return
	}
	c.Size = image.Pt(int(w), int(h))
	c.Hot = image.Pt(min(max(hot.X, 0), c.Size.X-1), min(max(hot.Y, 0), c.Size.Y-1))
	c.Pix = make([]byte, 0, 4*w*h)
	for y := range uint64(h) {
		row := d[from+stride*y:][:w*4]
		for ; len(row) > 0; row = row[4:] {
			r, g, bl, a := row[order.r], row[order.g], row[order.b], byte(255)
			if order.alpha {
				a = row[order.a]
				r, g, bl = unmultiplied(r, a), unmultiplied(g, a), unmultiplied(bl, a)
			}
			c.Pix = append(c.Pix, r, g, bl, a)
		}
	}
}

// unmultiplied undoes the multiplication with alpha, in which compositors keep pixels.
func unmultiplied(v, alpha byte) byte {
	if alpha == 0 {
		return 0
	}
	return byte(min((int(v)*255+int(alpha)/2)/int(alpha), 255))
}
