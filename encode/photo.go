package encode

import (
	"github.com/alongside-remote/alongside/encode/jpeg"
	"github.com/alongside-remote/alongside/wire"
)

// coarseLimit is the limit of an update below which the path is too thin for fine
// photos: at 12 KiB in 50 ms (2 Mbit/s) a fine one of a full screen takes half a
// second. What a photo leaves is sent exactly once it is still, as on any path.
const coarseLimit = 12 << 10

// photographer encodes photos. The number of a table is its quality.
type photographer struct {
	quality  jpeg.Quality
	encoders [jpeg.Qualities]*jpeg.Encoder // made when first needed
	epochs   [jpeg.Qualities]uint32        // in which the tables were sent; 0: in none
	pix      []byte                        // B, G, R, X of the photos, one after the other
	tables   bool                          // the viewer takes them apart from photos
}

func qualityFor(limit int) jpeg.Quality {
	if limit < coarseLimit {
		return jpeg.Coarse
	}
	return jpeg.Fine
}

func (p *photographer) encoder() *jpeg.Encoder {
	e := &p.encoders[p.quality]
	if *e == nil {
		*e = jpeg.New(p.quality)
	}
	return *e
}

// collectPhotos copies the pixels of photos out of the canvas.
func (c *Canvas) collectPhotos(photos []region) {
	p := &c.out.jpeg
	p.pix, p.tables = p.pix[:0], c.viewer.ops[wire.OpTables]
	for _, g := range photos {
		for y := g.r.Min.Y; y < g.r.Max.Y; y++ {
			p.pix = append(p.pix, c.line(y, g.r.Min.X, g.r.Max.X)...)
		}
	}
}

func (s *sender) appendPhotos(dst []byte) []byte {
	p := &s.jpeg
	pix := p.pix
	if len(s.photos) > 0 {
		dst = s.appendTables(dst)
	}
	for _, g := range s.photos {
		w, h := g.r.Dx(), g.r.Dy()
		next := pix[4*w*h:]
		if s.shrunk {
			w, h = shrink(pix, w, h, s.scale)
		}
		at := len(dst)
		s.rects = append(s.rects[:0], wireRect(g.r))
		s.op = wire.Op{Kind: wire.OpPhoto, Codec: wire.CodecJPEG, Rects: s.rects}
		if p.tables {
			s.op.Codec, s.op.Region = wire.CodecJPEGTables, uint16(p.quality)
			dst = p.encoder().Append(wire.AppendOp(dst, &s.op), pix, 4*w, w, h)
		} else {
			dst = p.encoder().AppendComplete(wire.AppendOp(dst, &s.op), pix, 4*w, w, h)
		}
		wire.CloseOp(dst, at)
		pix = next
	}
	return dst
}

// appendTables appends the tables of the quality unless this epoch has them.
func (s *sender) appendTables(dst []byte) []byte {
	p := &s.jpeg
	if !p.tables || p.epochs[p.quality] == s.epoch {
		return dst
	}
	p.epochs[p.quality] = s.epoch
	at := len(dst)
	s.op = wire.Op{Kind: wire.OpTables, Codec: wire.TablesJPEG, Region: uint16(p.quality)}
	dst = p.encoder().AppendTables(wire.AppendOp(dst, &s.op))
	wire.CloseOp(dst, at)
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
