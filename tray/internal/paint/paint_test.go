package paint

import (
	"image"
	"image/color"
	"testing"
)

func TestResizeKeepsWhatIsThere(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 4, 2))
	Fill(img, img.Rect, Dark)
	Fill(img, image.Rect(1, 0, 2, 2), color.White)
	big := Resize(img, image.Pt(8, 4))
	for y := range 4 {
		for x := range 8 {
			if big.RGBAAt(x, y) != img.RGBAAt(x/2, y/2) {
				t.Fatalf("doubled: %v at %d,%d", big.RGBAAt(x, y), x, y)
			}
		}
	}
	// At one and a half, every other new pixel is half of one and half of the next.
	more := Resize(img, image.Pt(6, 3))
	if got, want := more.RGBAAt(1, 1), mix(Dark, color.RGBA{0xff, 0xff, 0xff, 0xff}); got != want {
		t.Errorf("between them %v, want %v", got, want)
	}
	if more.RGBAAt(0, 0) != Dark || more.RGBAAt(2, 2) != (color.RGBA{0xff, 0xff, 0xff, 0xff}) || more.RGBAAt(5, 1) != Dark {
		t.Errorf("beside them %v, %v, %v", more.RGBAAt(0, 0), more.RGBAAt(2, 2), more.RGBAAt(5, 1))
	}
}

func mix(a, b color.RGBA) color.RGBA {
	half := func(x, y uint8) uint8 { return uint8((int(x) + int(y) + 1) / 2) }
	return color.RGBA{half(a.R, b.R), half(a.G, b.G), half(a.B, b.B), 0xff}
}
