package tray

import (
	"image"
	"math"
)

// fraction is how many pixels a step of the compositor's coordinates has.
type fraction struct{ pixels, steps int }

// finest are the steps of scales that compositors take: parts of 120.
const finest = 120

// scaleOf finds the simplest scale by which a monitor of so many pixels is so many steps
// large, which compositors round.
func scaleOf(pixels, steps image.Point) fraction {
	if steps.X <= 0 || steps.Y <= 0 {
		return fraction{1, 1}
	}
	ratio := float64(pixels.X) / float64(steps.X)
	for d := 1; d < finest; d++ {
		if finest%d != 0 {
			continue
		}
		f := fraction{int(math.Round(ratio * float64(d))), d}
		if f.pixels > 0 && f.fits(pixels.X, steps.X) && f.fits(pixels.Y, steps.Y) {
			return f
		}
	}
	return fraction{int(math.Round(ratio * finest)), finest}
}

// fits reports whether so many pixels are so many steps, but for a part of one.
func (f fraction) fits(pixels, steps int) bool {
	off := pixels*f.steps - steps*f.pixels
	return off < f.pixels && -off < f.pixels
}

// up and down are the next steps that are whole pixels.
func (f fraction) up(steps int) int   { return (steps + f.steps - 1) / f.steps * f.steps }
func (f fraction) down(steps int) int { return steps / f.steps * f.steps }

// of is how many pixels so many steps are.
func (f fraction) of(steps int) int { return steps * f.pixels / f.steps }
