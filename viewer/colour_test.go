package viewer

import (
	"image"
	"image/draw"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// noise is a picture with every value of luma and chroma.
func noise(rng *rand.Rand, size image.Point, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	m := image.NewYCbCr(image.Rectangle{Max: size}, ratio)
	for _, plane := range [][]byte{m.Y, m.Cb, m.Cr} {
		for i := range plane {
			plane[i] = uint8(rng.Uint32())
			if rng.IntN(4) == 0 {
				plane[i] = -(plane[i] & 1)
			}
		}
	}
	return m
}

// TestPhotosAreDrawnAsByTheLibrary: pixels of a photo do not depend on the processor.
func TestPhotosAreDrawnAsByTheLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio444} {
		for range 200 {
			size := image.Pt(1+rng.IntN(40), 1+rng.IntN(20))
			at := image.Pt(rng.IntN(5), rng.IntN(5))
			m := noise(rng, size, ratio)
			got, want := image.NewRGBA(image.Rect(0, 0, 48, 28)), image.NewRGBA(image.Rect(0, 0, 48, 28))
			r := image.Rectangle{at, at.Add(size)}
			drawPhoto(got, r, m)
			draw.Draw(want, r, m, image.Point{}, draw.Src)
			if d := cmp.Diff(want.Pix, got.Pix); d != "" {
				t.Fatalf("%v at %v: %s", size, at, d)
			}
		}
	}
}

func BenchmarkDrawPhoto(b *testing.B) {
	size := image.Pt(1920, 1080)
	m := image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio420)
	dst := image.NewRGBA(m.Rect)
	b.SetBytes(int64(len(dst.Pix)))
	for b.Loop() {
		drawPhoto(dst, m.Rect, m)
	}
}
