package viewer

import (
	"github.com/alongside-remote/alongside/wire"
	exact "github.com/alongside-remote/alongside/wire/lossless"
)

// encoder makes operations of the codecs of package lossless.
type encoder struct{ e *exact.Encoder }

func exactly() encoder { return encoder{exact.NewEncoder()} }

func (e encoder) copies(pix []uint32, rects ...wire.Rect) wire.Op {
	return wire.Op{Kind: wire.OpLossless, Codec: wire.CodecCopies, Rects: rects, Data: e.e.AppendCopies(nil, rects, pix)}
}

func (e encoder) planes(pix []uint32, rects ...wire.Rect) wire.Op {
	return wire.Op{Kind: wire.OpLossless, Codec: wire.CodecPlanes, Rects: rects, Data: e.e.AppendPlanes(nil, rects, pix)}
}

// exactCases are those of cases for the codecs of package lossless.
func exactCases() (rows []struct {
	name  string
	fails bool
	loss  int
	ups   [][]byte
},
) {
	add := func(name string, fails bool, ups ...[]byte) {
		rows = append(rows, struct {
			name  string
			fails bool
			loss  int
			ups   [][]byte
		}{name, fails, 0, ups})
	}
	good := func(name string, ups ...[]byte) { add(name, false, ups...) }
	bad := func(name string, op wire.Op) { add(name, true, packed(resize(8, 6)), packed(op)) }
	whole := wire.Rect{W: 8, H: 6}
	good("copies", packed(resize(48, 32), exactly().copies(letters(40, 24, 1), wire.Rect{X: 3, Y: 2, W: 40, H: 24})))
	good("copies of what an earlier operation brought", packed(resize(24, 20), exactly().copies(letters(24, 12, 1), wire.Rect{W: 24, H: 12})), packed(later()...))
	good("copies wider than the history", packed(resize(1030, 3), exactly().copies(letters(1030, 3, 2), wire.Rect{W: 1030, H: 3})))
	good("planes of two rectangles", packed(resize(20, 16), exactly().planes(words(ramp(20*9+5*5)), wire.Rect{W: 20, H: 9}, wire.Rect{X: 7, Y: 10, W: 5, H: 5})))
	bad("copies cut", cutData(exactly().copies(letters(8, 6, 1), whole)))
	bad("copies with a byte too many", longer(exactly().copies(letters(8, 6, 1), whole)))
	bad("copies of another size", resized(exactly().copies(letters(8, 6, 1), whole)))
	bad("copies from outside the history", raw(wire.CodecCopies, whole, []byte{2, 0x7f, 0, 0, 6, 0, 0, 0, 0}))
	bad("copies of an unknown kind", raw(wire.CodecCopies, whole, []byte{2, 0xe0, 0, 0, 0}))
	bad("copies from left of the edge", raw(wire.CodecCopies, whole, []byte{2, 0x40, 0, 0, 0}))
	bad("copies over the edge", raw(wire.CodecCopies, whole, []byte{2, 0x28, 0, 0, 0}))
	bad("copies without their literals", raw(wire.CodecCopies, whole, []byte{2, 0xc0, 0, 0, 0}))
	bad("copies without their colours", raw(wire.CodecCopies, whole, []byte{2, 0xc0, 2, 255, 0, 0}))
	bad("copies of more than the rectangle", raw(wire.CodecCopies, whole, append([]byte{98}, make([]byte, 52)...)))
	bad("planes cut", cutData(exactly().planes(words(ramp(48)), whole)))
	bad("planes of another size", resized(exactly().planes(words(ramp(48)), whole)))
	bad("residual of copies", wire.Op{Kind: wire.OpResidual, Codec: wire.CodecCopies, Rects: []wire.Rect{whole}})
	shelf := exactly().copies(letters(8, 2, 1), wire.Rect{W: 8, H: 2})
	add("copies over the end", true, packed(resize(8, 6), shelf), packed(raw(wire.CodecCopies, whole, []byte{4, 31, 17, 0, 0, 0})))
	add("copies to the end", false, packed(resize(8, 6), shelf), packed(raw(wire.CodecCopies, whole, []byte{4, 31, 16, 0, 0, 0})))
	return rows
}

// later are two operations that build on the first one of an encoder.
func later() []wire.Op {
	e := exactly()
	e.copies(letters(24, 12, 1), wire.Rect{W: 24, H: 12})
	return []wire.Op{
		e.copies(letters(10, 12, 1), wire.Rect{X: 14, Y: 8, W: 10, H: 12}),
		e.copies(append(letters(7, 3, 3), letters(2, 20, 4)...), wire.Rect{Y: 13, W: 7, H: 3}, wire.Rect{X: 10, W: 2, H: 20}),
	}
}

// letters are w by h pixels of strokes that repeat, a gradient below them.
func letters(w, h int, seed uint32) []uint32 {
	pix := make([]uint32, w*h)
	for y := range h {
		for x := range w {
			u, v := uint32(x%9), uint32(y%10)
			switch g := (uint32(x/9)%4 + seed) * (v + 3) * 0x9e3779b1 >> (u + 20) & 3; {
			case y > h*2/3:
				pix[y*w+x] = 0x203040 + uint32(x/3+y)*0x010201
			case g > 0 && u < 8:
				pix[y*w+x] = 0x404040 * g
			default:
				pix[y*w+x] = 0xfafafa
			}
		}
	}
	return pix
}

func words(rgb []byte) (pix []uint32) {
	for ; len(rgb) >= 3; rgb = rgb[3:] {
		pix = append(pix, uint32(rgb[0])<<16|uint32(rgb[1])<<8|uint32(rgb[2]))
	}
	return pix
}

func raw(codec uint8, r wire.Rect, data []byte) wire.Op {
	return wire.Op{Kind: wire.OpLossless, Codec: codec, Rects: []wire.Rect{r}, Data: data}
}

func longer(op wire.Op) wire.Op {
	op.Data = append(op.Data, 0)
	return op
}

// resized says that the data is of a smaller rectangle.
func resized(op wire.Op) wire.Op {
	op.Rects = []wire.Rect{{W: 8, H: 5}}
	return op
}
