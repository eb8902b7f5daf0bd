package encode

import (
	"image"
	"image/jpeg"

	"github.com/alongside-remote/alongside/wire"
)

// jpegQuality is where photos of a desktop pass 40 dB. What it leaves is sent
// exactly as soon as it is still.
const jpegQuality = 80

// jpegSink is what image/jpeg writes to without a buffer of its own.
type jpegSink struct {
	b       []byte
	options jpeg.Options
	img     image.RGBA
}

func (w *jpegSink) Write(p []byte) (int, error) { w.b = append(w.b, p...); return len(p), nil }
func (w *jpegSink) WriteByte(b byte) error      { w.b = append(w.b, b); return nil }
func (w *jpegSink) Flush() error                { return nil }

func (s *sender) appendPhotos(dst []byte) []byte {
	rgba := s.rgba
	for _, g := range s.photos {
		w, h := g.r.Dx(), g.r.Dy()
		at := len(dst)
		s.rects = append(s.rects[:0], wireRect(g.r))
		s.op = wire.Op{Kind: wire.OpPhoto, Codec: wire.CodecJPEG, Rects: s.rects}
		s.jpeg.b = wire.AppendOp(dst, &s.op)
		s.jpeg.img = image.RGBA{Pix: rgba[:4*w*h], Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
		s.jpeg.options.Quality = jpegQuality
		// The sink never fails and the size is in range.
		_ = jpeg.Encode(&s.jpeg, &s.jpeg.img, &s.jpeg.options)
		dst = s.jpeg.b
		wire.CloseOp(dst, at)
		rgba = rgba[4*w*h:]
	}
	return dst
}

// appendRGBA appends the pixels of r as R, G, B, 255.
func (c *Canvas) appendRGBA(dst []byte, r image.Rectangle) []byte {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.line(y, r.Min.X, r.Max.X)
		at := len(dst)
		dst = extend(dst, len(row))
		for out := dst[at:]; len(row) >= 4 && len(out) >= 4; row, out = row[4:], out[4:] {
			out[0], out[1], out[2], out[3] = row[2], row[1], row[0], 255
		}
	}
	return dst
}

func (v *viewer) allows(k class) bool {
	switch k {
	case solid:
		return v.ops[wire.OpFill]
	case photo:
		return v.ops[wire.OpPhoto]
	default:
		return true
	}
}
