package lossless_test

import (
	"math/rand/v2"
	"testing"

	"github.com/alongside-remote/alongside/wire"
)

var strip = []wire.Rect{{W: 1920, H: 64}}

// text is lines of letters of a font with soft edges.
func text(rng *rand.Rand, pix []uint32, w int) {
	font := make([]uint32, 64*9*18)
	for i := range font {
		font[i] = 0xffffff
		if rng.IntN(3) == 0 && i%9 > 0 {
			font[i] = 0x0f0f0f * uint32(rng.IntN(16))
		}
	}
	for top := 0; (top+18)*w <= len(pix); top += 18 {
		for left := 0; left+9 <= w; left += 9 {
			glyph := max(rng.IntN(80)-16, 0)
			for y := range 18 {
				copy(pix[(top+y)*w+left:][:9], font[(glyph*18+y)*9:])
			}
		}
	}
}

// photo is a slope with grain.
func photo(rng *rand.Rand, pix []uint32, w int) {
	for i := range pix {
		v := uint32(i%w/16 + i/w/2)
		pix[i] = (v+uint32(rng.IntN(6)))<<16 | (v+uint32(rng.IntN(6)))<<8 | v + uint32(rng.IntN(6))
	}
}

func bench(b *testing.B, codec uint8, paint func(*rand.Rand, []uint32, int)) {
	pix := make([]uint32, size(strip))
	paint(rand.New(rand.NewPCG(1, 2)), pix, int(strip[0].W))
	p := newPair(b)
	encode := p.e.AppendCopies
	if codec == wire.CodecPlanes {
		encode = p.e.AppendPlanes
	}
	var data []byte
	b.Run("encode", func(b *testing.B) {
		b.SetBytes(int64(4 * len(pix)))
		b.ReportAllocs()
		for b.Loop() {
			p.e.Reset()
			data = encode(data[:0], strip, pix)
		}
		b.ReportMetric(float64(len(data)), "bytes/strip")
	})
	b.Run("decode", func(b *testing.B) {
		p.e.Reset()
		data = encode(data[:0], strip, pix)
		b.SetBytes(int64(4 * len(pix)))
		b.ReportAllocs()
		for b.Loop() {
			p.d.Reset()
			if _, err := p.d.Decode(codec, strip, data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCopies(b *testing.B) { bench(b, wire.CodecCopies, text) }

func BenchmarkPlanes(b *testing.B) { bench(b, wire.CodecPlanes, photo) }
