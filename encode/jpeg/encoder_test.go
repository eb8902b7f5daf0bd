package jpeg_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/encode/jpeg"
)

var qualities = map[string]jpeg.Quality{"fine": jpeg.Fine, "coarse": jpeg.Coarse}

// picture is rows of B, G, R and rubbish, gap bytes apart.
type picture struct {
	pix          []byte
	stride, w, h int
}

// scene is smooth shapes with some grain, like a photo.
func scene(w, h, gap int, grain float64, seed uint64) picture {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := picture{stride: 4*w + gap, w: w, h: h}
	p.pix = make([]byte, p.stride*h)
	for i := range p.pix {
		p.pix[i] = uint8(rng.Uint32())
	}
	for y := range h {
		for x := range w {
			fx, fy := float64(x), float64(y)
			for c, v := range [3]float64{
				110 + 60*math.Sin(fx/37)*math.Cos(fy/23),
				120 + 70*math.Sin((fx+2*fy)/61),
				130 + 50*math.Cos(fx/19)*math.Sin(fy/41) + 30*math.Sin(fx/5+fy/7),
			} {
				p.pix[y*p.stride+4*x+c] = uint8(min(max(v+grain*rng.NormFloat64(), 0), 255))
			}
		}
	}
	return p
}

func (p picture) append(e *jpeg.Encoder, dst []byte) []byte {
	return e.Append(dst, p.pix, p.stride, p.w, p.h)
}

// decode is what a decoder of somebody else makes of b.
func decode(t testing.TB, b []byte) *image.YCbCr {
	t.Helper()
	m, err := stdjpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	y, ok := m.(*image.YCbCr)
	if !ok {
		t.Fatalf("decodes to %T", m)
	}
	return y
}

// psnr of R, G and B together.
func (p picture) psnr(t testing.TB, m *image.YCbCr) float64 {
	t.Helper()
	if m.Rect != image.Rect(0, 0, p.w, p.h) {
		t.Fatalf("%v for %dx%d", m.Rect, p.w, p.h)
	}
	sum := 0.0
	for y := range p.h {
		for x := range p.w {
			c := m.YCbCrAt(x, y)
			r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			for i, v := range [3]uint8{b, g, r} {
				d := float64(v) - float64(p.pix[y*p.stride+4*x+i])
				sum += d * d
			}
		}
	}
	return 10 * math.Log10(255*255*3*float64(p.w*p.h)/sum)
}

// splice is what a viewer does with tables and a picture without any.
func splice(tables, b []byte) []byte { return append(bytes.Clone(tables[:len(tables)-2]), b[2:]...) }

func TestEverySizeDecodes(t *testing.T) {
	for name, q := range qualities {
		e := jpeg.New(q)
		tables := e.AppendTables(nil)
		for _, size := range [][2]int{{1, 1}, {1, 40}, {40, 1}, {7, 9}, {8, 8}, {15, 16}, {16, 16}, {17, 33}, {64, 12}, {640, 18}, {203, 117}} {
			p := scene(size[0], size[1], 12, 1, 7)
			complete := e.AppendComplete(nil, p.pix, p.stride, p.w, p.h)
			whole := decode(t, complete)
			if got := p.psnr(t, whole); got < 34 {
				t.Errorf("%s, %v: %.1f dB", name, size, got)
			}
			abbreviated := p.append(e, []byte("before"))
			if !bytes.HasPrefix(abbreviated, []byte("before")) {
				t.Fatalf("%s, %v: what stood before was written over", name, size)
			}
			if d := cmp.Diff(whole, decode(t, splice(tables, abbreviated[6:]))); d != "" {
				t.Errorf("%s, %v: with tables sent before it decodes to something else: %s", name, size, d)
			}
		}
	}
}

// TestFineIsCloseAndCoarseSmall pins the trade, on a photo and on video with
// film grain.
func TestFineIsCloseAndCoarseSmall(t *testing.T) {
	fine, coarse := jpeg.New(jpeg.Fine), jpeg.New(jpeg.Coarse)
	for _, c := range []struct {
		grain, fine, coarse float64 // dB at least
	}{{0, 40, 37}, {3, 36, 34.5}} {
		p := scene(640, 360, 0, c.grain, 8)
		f, r := p.append(fine, nil), p.append(coarse, nil)
		df := p.psnr(t, decode(t, splice(fine.AppendTables(nil), f)))
		dr := p.psnr(t, decode(t, splice(coarse.AppendTables(nil), r)))
		if df < c.fine || dr < c.coarse || 3*len(r) > 2*len(f) {
			t.Errorf("grain %v: fine %d bytes %.2f dB, coarse %d bytes %.2f dB", c.grain, len(f), df, len(r), dr)
		}
	}
}

// TestRubbishBesideThePictureDoesNotCount: neither the fourth byte of a pixel nor
// what lies between rows.
func TestRubbishBesideThePictureDoesNotCount(t *testing.T) {
	e := jpeg.New(jpeg.Fine)
	a, b := scene(37, 21, 20, 2, 3), scene(37, 21, 20, 2, 3)
	for y := range b.h {
		row := b.pix[y*b.stride:][:b.stride]
		for i := range row {
			if i%4 == 3 || i >= 4*b.w {
				row[i] ^= 0x5a
			}
		}
	}
	if !bytes.Equal(a.append(e, nil), b.append(e, nil)) {
		t.Error("it does")
	}
}

func TestExtremesDecode(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for name, q := range qualities {
		e := jpeg.New(q)
		tables := e.AppendTables(nil)
		for kind, f := range map[string]func(x, y int) uint8{
			"noise":      func(int, int) uint8 { return uint8(rng.Uint32()) },
			"black dots": func(int, int) uint8 { return -uint8(rng.Uint32() & 1) },
			"checks":     func(x, y int) uint8 { return -uint8((x ^ y) & 1) },
			"blocks":     func(x, y int) uint8 { return -uint8((x ^ y) >> 3 & 1) },
			"white":      func(int, int) uint8 { return 255 },
			"black":      func(int, int) uint8 { return 0 },
		} {
			p := picture{pix: make([]byte, 4*65*47), stride: 4 * 65, w: 65, h: 47}
			for i := range p.w * p.h {
				v := f(i%p.w, i/p.w)
				copy(p.pix[4*i:], []byte{v, v, v, 0})
			}
			if d := p.psnr(t, decode(t, splice(tables, p.append(e, nil)))); d < 27 {
				t.Errorf("%s, %s: %.1f dB", name, kind, d)
			}
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	e := jpeg.New(jpeg.Fine)
	p := scene(200, 100, 0, 3, 9)
	b := make([]byte, 0, 1<<20)
	if n := testing.AllocsPerRun(10, func() { b = p.append(e, b[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzAppend(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 255, 0, 255, 0}, uint8(3), uint8(5))
	f.Add(bytes.Repeat([]byte{255, 0, 9}, 99), uint8(33), uint8(16))
	f.Fuzz(func(t *testing.T, seed []byte, w, h uint8) {
		if w == 0 || h == 0 || len(seed) == 0 {
			return
		}
		p := picture{pix: make([]byte, 4*int(w)*int(h)), stride: 4 * int(w), w: int(w), h: int(h)}
		for n := 0; n < len(p.pix); n += len(seed) {
			copy(p.pix[n:], seed)
		}
		e := jpeg.New(jpeg.Quality(seed[0] % uint8(jpeg.Qualities)))
		if m := decode(t, splice(e.AppendTables(nil), p.append(e, nil))); m.Rect != image.Rect(0, 0, p.w, p.h) {
			t.Errorf("%v for %dx%d", m.Rect, p.w, p.h)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range [][2]int{{64, 16}, {640, 360}, {1920, 1080}} {
		p := scene(size[0], size[1], 0, 3, 1)
		for name, q := range qualities {
			b.Run(fmt.Sprintf("%s/%dx%d", name, p.w, p.h), func(b *testing.B) {
				e := jpeg.New(q)
				b.ReportAllocs()
				b.SetBytes(int64(len(p.pix)))
				var out []byte
				for b.Loop() {
					out = p.append(e, out[:0])
				}
				b.ReportMetric(float64(len(out)), "bytes/picture")
			})
		}
	}
}

// BenchmarkImageJPEG is what the standard library takes for the same.
func BenchmarkImageJPEG(b *testing.B) {
	for _, size := range [][2]int{{64, 16}, {640, 360}, {1920, 1080}} {
		p := scene(size[0], size[1], 0, 3, 1)
		b.Run(fmt.Sprintf("%dx%d", p.w, p.h), func(b *testing.B) {
			m := image.NewRGBA(image.Rect(0, 0, p.w, p.h))
			for i := 0; i < len(m.Pix); i += 4 {
				m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = p.pix[i+2], p.pix[i+1], p.pix[i], 255
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(p.pix)))
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				if err := stdjpeg.Encode(&out, m, &stdjpeg.Options{Quality: 80}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.Len()), "bytes/picture")
		})
	}
}
