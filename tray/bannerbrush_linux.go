package tray

import (
	"image"
	"image/color"

	"github.com/alongside-remote/alongside/tray/internal/glyph"
	"github.com/alongside-remote/alongside/tray/internal/paint"
)

// brush draws what is measured in single pixels into a picture that may have twice as
// many. Without a picture it draws nothing.
type brush struct {
	img    *image.RGBA
	double bool
}

func (b brush) n() int {
	if b.double {
		return 2
	}
	return 1
}

func (b brush) rect(r image.Rectangle) image.Rectangle {
	return image.Rectangle{Min: r.Min.Mul(b.n()), Max: r.Max.Mul(b.n())}
}

func (b brush) round(r image.Rectangle, radius float64, c color.Color) {
	if b.img != nil {
		paint.Round(b.img, b.rect(r), radius*float64(b.n()), c)
	}
}

func (b brush) outline(r image.Rectangle, radius, width float64, c color.Color) {
	if n := float64(b.n()); b.img != nil {
		paint.Outline(b.img, b.rect(r), radius*n, width*n, c)
	}
}

func (b brush) text(s glyph.Style, at image.Point, line string, c color.Color) {
	switch {
	case b.img == nil:
	case b.double:
		s.DrawDouble(b.img, at.Mul(2), line, c)
	default:
		s.Draw(b.img, at, line, c)
	}
}
