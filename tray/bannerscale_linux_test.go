package tray

import (
	"image"
	"testing"
)

func TestBannerStandsOnWholePixels(t *testing.T) {
	for _, c := range []struct {
		pixels, steps image.Point
		want          fraction
	}{
		{image.Pt(1920, 1080), image.Pt(1920, 1080), fraction{1, 1}},
		{image.Pt(3840, 2160), image.Pt(1920, 1080), fraction{2, 1}},
		{image.Pt(1280, 800), image.Pt(853, 533), fraction{3, 2}}, // rounded down
		{image.Pt(1280, 800), image.Pt(854, 534), fraction{3, 2}}, // rounded up
		{image.Pt(2560, 1440), image.Pt(2048, 1152), fraction{5, 4}},
		{image.Pt(1280, 800), image.Pt(1163, 727), fraction{11, 10}},
		{image.Pt(1280, 800), image.Pt(2560, 1600), fraction{1, 2}},
		{image.Pt(1280, 800), image.Point{}, fraction{1, 1}},
	} {
		f := scaleOf(c.pixels, c.steps)
		if f != c.want {
			t.Errorf("%v pixels on %v steps: %v, want %v", c.pixels, c.steps, f, c.want)
		}
		for n := range 50 {
			up, down := f.up(n), f.down(n)
			if up < n || down > n || up*f.pixels%f.steps != 0 || down*f.pixels%f.steps != 0 {
				t.Errorf("%v: %d steps become %d and %d", f, n, up, down)
			}
		}
	}
}
