package viewer

import (
	"image"
	"image/draw"
)

// drawPhoto draws all of m, of the same size as r, into r. Pixels are those of
// image/draw, which repeats chroma, whatever the processor.
func drawPhoto(dst *image.RGBA, r image.Rectangle, m image.Image) {
	p, ok := m.(*image.YCbCr)
	if ok && wide() && p.SubsampleRatio == image.YCbCrSubsampleRatio420 && p.Rect.Min == (image.Point{}) {
		n := r.Dx() / lane * lane
		drawLanes(dst, r.Min, p, image.Pt(n, r.Dy()))
		r.Min.X += n
		draw.Draw(dst, r, m, image.Pt(n, 0), draw.Src)
		return
	}
	draw.Draw(dst, r, m, m.Bounds().Min, draw.Src)
}

// lane is how many pixels drawAVX2 takes at a time.
const lane = 8

// drawLanes draws the left columns of p, whose chroma is halved both ways.
func drawLanes(dst *image.RGBA, at image.Point, p *image.YCbCr, size image.Point) {
	if size.X == 0 {
		return
	}
	for y := range size.Y {
		c := y / 2 * p.CStride
		row := dst.Pix[dst.PixOffset(at.X, at.Y+y):][:4*size.X]
		drawAVX2(row, p.Y[y*p.YStride:][:size.X], p.Cb[c:][:size.X/2], p.Cr[c:][:size.X/2])
	}
}
