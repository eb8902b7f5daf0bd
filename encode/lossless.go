package encode

import (
	"image"

	"github.com/alongside-remote/alongside/wire"
)

// appendLossless compresses all rectangles of a group together: they are
// pieces of the same text and know each other's letters.
func (s *sender) appendLossless(dst []byte) []byte {
	for from, raw := 0, s.raw; from < len(s.text); from += wire.MaxRects {
		s.rects = s.rects[:0]
		n := 0
		for _, g := range s.text[from:min(from+wire.MaxRects, len(s.text))] {
			s.rects = append(s.rects, wireRect(g.r))
			n += 3 * g.r.Dx() * g.r.Dy()
		}
		at := len(dst)
		s.op = wire.Op{Kind: wire.OpLossless, Codec: wire.CodecZstdRGB, Rects: s.rects}
		dst = wire.AppendOp(dst, &s.op)
		dst = s.zstd.EncodeAll(raw[:n], dst)
		wire.CloseOp(dst, at)
		raw = raw[n:]
	}
	return dst
}

// appendRGB appends the pixels of r as R, G, B.
func (c *Canvas) appendRGB(dst []byte, r image.Rectangle) []byte {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.line(y, r.Min.X, r.Max.X)
		at := len(dst)
		dst = extend(dst, len(row)/4*3)
		for out := dst[at:]; len(row) >= 4 && len(out) >= 3; row, out = row[4:], out[3:] {
			out[0], out[1], out[2] = row[2], row[1], row[0]
		}
	}
	return dst
}

// extend makes dst n bytes longer.
func extend(dst []byte, n int) []byte {
	for cap(dst)-len(dst) < n {
		dst = append(dst[:cap(dst)], 0)[:len(dst)]
	}
	return dst[:len(dst)+n]
}
