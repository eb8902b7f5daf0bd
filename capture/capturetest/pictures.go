package capturetest

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// Text makes a picture like a page of text: dark marks of the size of letters on
// a light ground, different for each seed.
func Text(r image.Rectangle, seed uint64) *image.RGBA {
	const letterW, letterH, leading = 7, 11, 16
	rnd := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(r)
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for y := r.Min.Y + 2; y+letterH < r.Max.Y; y += leading {
		for x := r.Min.X + 2; x+letterW < r.Max.X; x += letterW + 1 {
			if rnd.IntN(6) == 0 {
				continue // a space
			}
			bits := rnd.Uint64()
			for i := range 35 { // five by seven strokes
				if bits>>i&1 != 0 {
					m.SetRGBA(x+i%5, y+i/5, color.RGBA{20, 20, 30, 255})
				}
			}
		}
	}
	return m
}

// Gradient makes a picture in which nearly every pixel differs from its
// neighbours, as in a photo.
func Gradient(r image.Rectangle, seed uint64) *image.RGBA {
	m := image.NewRGBA(r)
	s := int(seed)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			m.SetRGBA(x, y, color.RGBA{uint8(x + s*7), uint8(y*2 + s*13), uint8((x*y)>>4 + s), 255})
		}
	}
	return m
}

// Step does one seeded random thing to a stage that changes what it shows.
func Step(t testing.TB, s Stage, size image.Point, rnd *rand.Rand) {
	r := randomRect(size, rnd)
	switch w, windowed := s.(Windowed); rnd.IntN(6) {
	case 0:
		s.Put(t, Text(r, rnd.Uint64()))
	case 1:
		s.Put(t, Gradient(r, rnd.Uint64()))
	case 2:
		s.Scroll(t, r, rnd.IntN(2*r.Dy())-r.Dy())
	case 3:
		if windowed {
			w.MoveWindow(t, r.Min)
			return
		}
		fallthrough
	default:
		s.Fill(t, r, color.RGBA{uint8(rnd.Uint32()), uint8(rnd.Uint32()), uint8(rnd.Uint32()), 255})
	}
}

// randomRect is mostly small, sometimes as large as the desktop.
func randomRect(size image.Point, rnd *rand.Rand) image.Rectangle {
	w, h := 1+rnd.IntN(size.X), 1+rnd.IntN(size.Y)
	if rnd.IntN(4) > 0 {
		w, h = 1+rnd.IntN(min(w, 80)), 1+rnd.IntN(min(h, 80))
	}
	at := image.Pt(rnd.IntN(size.X-w+1), rnd.IntN(size.Y-h+1))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}
