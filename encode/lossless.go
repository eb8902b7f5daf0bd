package encode

import (
	"image"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/lossless"
)

// exact is what one lossless codec takes of a group, all rectangles together:
// they are pieces of the same text and know each other's letters.
type exact struct {
	rects []wire.Rect
	pix   []uint32 // 0xRRGGBB, rectangle after rectangle
}

// pixels is the lossless part of a group.
type pixels struct {
	drawn, natural exact
	codec          *lossless.Encoder // from the first use on: it is 2 MiB
	epoch          uint32            // that codec belongs to
}

// collectExact copies the regions out of the canvas and chooses their codecs.
func (c *Canvas) collectExact(regions []region) {
	p := &c.out.exact
	p.drawn.reset()
	p.natural.reset()
	for _, g := range regions {
		from := len(p.drawn.pix)
		p.drawn.pix = c.appendPixels(p.drawn.pix, g.r)
		if of := p.drawn.pix[from:]; len(of) >= minNatural && natural(of, g.r.Dx()) {
			p.natural.pix = append(p.natural.pix, of...)
			p.natural.rects = append(p.natural.rects, wireRect(g.r))
			p.drawn.pix = p.drawn.pix[:from]
		} else {
			p.drawn.rects = append(p.drawn.rects, wireRect(g.r))
		}
	}
}

func (e *exact) reset() { e.rects, e.pix = e.rects[:0], e.pix[:0] }

// appendLossless appends what was collected.
func (s *sender) appendLossless(dst []byte) []byte {
	p := &s.exact
	if p.codec == nil {
		p.codec = lossless.NewEncoder()
	} else if p.epoch != s.epoch {
		p.codec.Reset()
	}
	p.epoch = s.epoch
	dst = s.appendExact(dst, wire.CodecCopies, &p.drawn, p.codec.AppendCopies)
	return s.appendExact(dst, wire.CodecPlanes, &p.natural, p.codec.AppendPlanes)
}

func (s *sender) appendExact(dst []byte, codec uint8, e *exact, encode func([]byte, []wire.Rect, []uint32) []byte) []byte {
	pix := e.pix
	for from := 0; from < len(e.rects); from += wire.MaxRects {
		rects := e.rects[from:min(from+wire.MaxRects, len(e.rects))]
		n := 0
		for _, r := range rects {
			n += int(r.W) * int(r.H)
		}
		at := len(dst)
		s.op = wire.Op{Kind: wire.OpLossless, Codec: codec, Rects: rects}
		dst = encode(wire.AppendOp(dst, &s.op), rects, pix[:n])
		wire.CloseOp(dst, at)
		pix = pix[n:]
	}
	return dst
}

// appendPixels appends the pixels of r.
func (c *Canvas) appendPixels(dst []uint32, r image.Rectangle) []uint32 {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for row := c.line(y, r.Min.X, r.Max.X); len(row) >= 4; row = row[4:] {
			dst = append(dst, pixel(row))
		}
	}
	return dst
}

// How pixels are told to be of a photograph: in every sampleRows-th row, more
// than one in naturalPart is neither one of its neighbours, nor nearly what they
// promise (as in gradients, dithered ones too), nor of a colour that was there
// lately.
const (
	sampleRows  = 8
	naturalPart = 8
	// minNatural is how many pixels can be a photograph: fewer are letters, which
	// have to be known when they are typed again.
	minNatural = 32 * 32
	latelyBits = 8
)

func natural(pix []uint32, w int) bool {
	if len(pix) < minPhotoPixels {
		return false
	}
	rough, seen := 0, 0
	var lately [1 << latelyBits]uint32
	for at := sampleRows / 2 * w; at+w <= len(pix); at += sampleRows * w {
		up := pix[at-w : at]
		l, c := up[0], up[0]
		for x, p := range pix[at : at+w] {
			a := up[x]
			if p != l && p != a && !lossless.Near(p, l, a, c) {
				if slot := &lately[p*0x9e3779b1>>(32-latelyBits)]; *slot != p {
					*slot = p
					rough++
				}
			}
			l, c = p, a
		}
		seen += w
	}
	return rough > seen/naturalPart
}
