package jpeg

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// scene is smooth shapes with some grain, like a photo; grain of 200 is noise.
func scene(w, h int, grain float64, seed uint64) *image.RGBA {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	at := func(v float64) uint8 { return uint8(min(max(v+grain*rng.NormFloat64(), 0), 255)) }
	for y := range h {
		for x := range w {
			fx, fy := float64(x), float64(y)
			m.SetRGBA(x, y, color.RGBA{
				at(130 + 120*math.Sin(fx/37)*math.Cos(fy/23)), at(120 + 90*math.Sin((fx+2*fy)/61)), at(130 + 80*math.Cos(fx/19)*math.Sin(fy/41)), 255,
			})
		}
	}
	return m
}

func encode(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, m, &stdjpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// decode is the whole picture; nil: it was declined.
func decode(d *Decoder, b []byte) *image.YCbCr {
	if !d.Begin(b) {
		return nil
	}
	m := image.NewYCbCr(image.Rectangle{Max: d.Size()}, image.YCbCrSubsampleRatio420)
	for y := 0; y < d.Size().Y; y += unit {
		s, ok := d.Next()
		if !ok {
			return nil
		}
		for i := range s.Rect.Dy() {
			copy(m.Y[(y+i)*m.YStride:][:m.YStride], s.Y[i*s.YStride:])
		}
		for i := range (s.Rect.Dy() + 1) / 2 {
			copy(m.Cb[(y/2+i)*m.CStride:][:m.CStride], s.Cb[i*s.CStride:])
			copy(m.Cr[(y/2+i)*m.CStride:][:m.CStride], s.Cr[i*s.CStride:])
		}
	}
	return m
}

// differ is by how much samples differ at most, and how many do of all.
func differ(t testing.TB, got, want *image.YCbCr) (most, some, all int) {
	t.Helper()
	if got.Rect != want.Rect {
		t.Fatalf("%v, want %v", got.Rect, want.Rect)
	}
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			p, q := got.YCbCrAt(x, y), want.YCbCrAt(x, y)
			for _, d := range [3]int{int(p.Y) - int(q.Y), int(p.Cb) - int(q.Cb), int(p.Cr) - int(q.Cr)} {
				if d != 0 {
					some++
				}
				most = max(most, d, -d)
				all++
			}
		}
	}
	return most, some, all
}

// TestPicturesAreAsTheLibrarys: sizes within and over a unit, smooth to noise, by one
// decoder. Where coarse quantisers make halves, the two round them each its way.

func TestPicturesAreAsTheLibrarys(t *testing.T) {
	var d Decoder
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 300 {
		w, h := 1+rng.IntN(70), 1+rng.IntN(50)
		grain, quality := []float64{0, 2, 8, 200}[i%4], []int{10, 50, 80, 95, 100}[i%5]
		b := encode(t, scene(w, h, grain, uint64(i)), quality)
		want, err := stdjpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%dx%d, grain %v, quality %d", w, h, grain, quality)
		got := decode(&d, b)
		if got == nil {
			t.Fatalf("%s: declined", name)
		}
		most, some, all := differ(t, got, want.(*image.YCbCr))
		if most > 1 || some*5 > all {
			t.Errorf("%s: %d of %d samples differ, by %d at most", name, some, all, most)
		}
		if s, ok := d.Next(); ok {
			t.Errorf("%s: a strip behind the last one: %v", name, s.Rect)
		}
	}
}

// TestWhatIsDeclined: what is not of its kind is left to others, and so is all that is
// cut, whole strips of which may have been decoded.
func TestWhatIsDeclined(t *testing.T) {
	var d Decoder
	good := encode(t, scene(40, 70, 8, 1), 80)
	if decode(&d, good) == nil {
		t.Fatal("a picture is declined")
	}
	for n := range good {
		if decode(&d, good[:n]) != nil {
			t.Errorf("cut at %d of %d it is taken", n, len(good))
		}
	}
	grey := image.NewGray(image.Rect(0, 0, 40, 30))
	edit := func(marker byte, at int, v byte) []byte {
		b := bytes.Clone(good)
		i := bytes.Index(b, []byte{0xff, marker})
		b[i+at] = v
		return b
	}
	restart := []byte{0xff, dri, 0, 4, 0, 1}
	for name, b := range map[string][]byte{
		"grey":                      encode(t, grey, 80),
		"progressive":               edit(sof0, 1, 0xc2),
		"12 bits":                   edit(sof0, 4, 12),
		"chroma not halved":         edit(sof0, 11, 0x11),
		"no quantiser":              edit(sof0, 12, 3),
		"quantiser of 16 bits":      edit(dqt, 4, 0x10),
		"two of a name":             edit(sof0, 13, 1),
		"a scan of another name":    edit(sos, 5, 7),
		"another order of scan":     edit(sos, 12, 1),
		"no such codes":             edit(sos, 6, 0x33),
		"restarts":                  bytes.Replace(good, []byte{0xff, sos}, append(restart, 0xff, sos), 1),
		"Adobe's":                   bytes.Replace(good, []byte{0xff, sos}, append([]byte{0xff, 0xee, 0, 2}, 0xff, sos), 1),
		"higher than its data":      edit(sof0, 6, 200),
		"more codes than there are": edit(dht, 5, 9),
	} {
		if decode(&d, b) != nil {
			t.Errorf("%s: taken", name)
		}
		if decode(&d, good) == nil {
			t.Fatalf("%s: a picture behind it is declined", name)
		}
	}
}

func TestADecoderAllocatesNothingForThePictureAfter(t *testing.T) {
	var d Decoder
	b := encode(t, scene(320, 200, 4, 1), 80)
	decode(&d, b)
	n := testing.AllocsPerRun(10, func() {
		if !d.Begin(b) {
			t.Fatal("declined")
		}
		for range (200 + unit - 1) / unit {
			if _, ok := d.Next(); !ok {
				t.Fatal("declined")
			}
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzDecoder: what is taken is a picture to the library as well.
func FuzzDecoder(f *testing.F) {
	for i := range 4 {
		f.Add(encode(f, scene(20+9*i, 17+i, float64(3*i), uint64(i)), 30+20*i))
	}
	b, _ := hex.DecodeString("ffd8ffd9")
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Decoder
		if !d.Begin(b) || d.Size().X*d.Size().Y > 1<<16 || decode(&d, b) == nil {
			return
		}
		if _, err := stdjpeg.Decode(bytes.NewReader(b)); err != nil {
			t.Errorf("taken, but: %v", err)
		}
	})
}

// BenchmarkDecode is a full screen, as fine as agents make photos.
func BenchmarkDecode(b *testing.B) {
	pic := encode(b, scene(1920, 1080, 2, 1), 60)
	b.Run("strips", func(b *testing.B) {
		var d Decoder
		b.SetBytes(1920 * 1080 * 4)
		for b.Loop() {
			d.Begin(pic)
			for range 68 {
				if _, ok := d.Next(); !ok {
					b.Fatal("declined")
				}
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		b.SetBytes(1920 * 1080 * 4)
		for b.Loop() {
			if _, err := stdjpeg.Decode(bytes.NewReader(pic)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
