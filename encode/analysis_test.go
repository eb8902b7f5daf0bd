package encode

import (
	"encoding/binary"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/alongside-remote/alongside/capture"
)

// still is a canvas whose pixels are what colour says, and rubbish beside it.
func still(w, h int, colour func(x, y int) uint32) *Canvas {
	rng := rand.New(rand.NewPCG(1, 1))
	c := &Canvas{viewer: everyViewer(), desk: image.Rect(0, 0, w, h), shadow: new(capture.Shadow)}
	c.view = c.desk
	var pix []byte
	for y := range h {
		for x := range w {
			pix = binary.LittleEndian.AppendUint32(pix, colour(x, y)&colourMask|rng.Uint32()&^colourMask)
		}
	}
	c.shadow.Apply(&capture.Frame{Rect: c.desk, Stride: 4 * w, Pix: pix}, nil)
	return c
}

func TestSolidIsOneColourWhateverTheFourthByte(t *testing.T) {
	for _, w := range []int{1, 2, 7, 8, 64} {
		at := image.Pt(-1, -1)
		paint := func(x, y int) uint32 {
			if image.Pt(x, y) == at {
				return 0x123457
			}
			return 0x123456
		}
		r := image.Rect(0, 0, w, 5)
		if k, colour := still(w, 5, paint).classify(r); k != solid || colour != 0x123456 {
			t.Errorf("%d wide: class %d, colour %#x", w, k, colour)
		}
		for _, at = range []image.Point{{0, 0}, {w - 1, 0}, {w / 2, 2}, {w - 1, 4}} {
			if k, _ := still(w, 5, paint).classify(r); k == solid && w > 1 {
				t.Errorf("%d wide: solid with another colour at %v", w, at)
			}
		}
	}
}

func TestClassesOfPictures(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	grey := func(v float64) uint32 { return uint32(min(max(v, 0), 255)) * 0x010101 }
	letters := make([]float64, 64*64)
	for i := range letters {
		letters[i] = 250
		if rng.IntN(4) == 0 {
			letters[i] = float64(rng.IntN(250)) // antialiased
		}
	}
	for name, c := range map[string]struct {
		want   class
		colour func(x, y int) uint32
	}{
		"sky":              {photo, func(x, y int) uint32 { return grey(90+float64(x)*0.9+float64(y)*0.7) + uint32(y/2) }},
		"photo with grain": {photo, func(x, y int) uint32 { return grey(120 + 50*math.Sin(float64(x+y)/9) + 3*rng.NormFloat64()) }},
		"letters":          {text, func(x, y int) uint32 { return grey(letters[64*y+x]) }},
		"a gradient down":  {text, func(_, y int) uint32 { return grey(60 + 2*float64(y)) }},
		"a few colours":    {text, func(x, y int) uint32 { return uint32(x/4+y/4) % 24 * 0x0a0a0a }},
	} {
		canvas := still(64, 64, c.colour)
		for _, r := range []image.Rectangle{image.Rect(0, 0, 64, 64), image.Rect(3, 0, 3+18, 64), image.Rect(0, 5, 64, 5+12), image.Rect(8, 8, 24, 24)} {
			if k, _ := canvas.classify(r); k != c.want && (c.want == text || r.Dx()*r.Dy() > 16*16) {
				t.Errorf("%s, %v: class %d, want %d", name, r, k, c.want)
			}
		}
		if k, _ := canvas.classify(image.Rect(0, 0, 15, 17)); k == photo {
			t.Errorf("%s: a photo of 15x17", name)
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	c := still(64, 64, func(x, y int) uint32 {
		return uint32(100+x+y+rng.IntN(6)) | uint32(90+x+rng.IntN(6))<<8 | uint32(80+y+rng.IntN(6))<<16
	})
	for b.Loop() {
		c.classify(c.view)
	}
}
