// Package paint has the colours and shapes that the program's own windows and icons
// are made of.
package paint

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// The visual language.
var (
	Ink       = color.RGBA{0x16, 0x1b, 0x22, 0xff}
	Muted     = color.RGBA{0x55, 0x60, 0x6e, 0xff}
	Line      = color.RGBA{0xd3, 0xd8, 0xdf, 0xff}
	Surface   = color.RGBA{0xff, 0xff, 0xff, 0xff}
	Ground    = color.RGBA{0xf6, 0xf7, 0xf9, 0xff}
	Accent    = color.RGBA{0x0b, 0x6b, 0x6b, 0xff}
	AccentHot = color.RGBA{0x08, 0x57, 0x57, 0xff}
	Soft      = color.RGBA{0xe2, 0xf2, 0xf1, 0xff}
	Bad       = color.RGBA{0xb3, 0x26, 0x1e, 0xff}
	BadSoft   = color.RGBA{0xfd, 0xec, 0xea, 0xff}
	Dark      = color.RGBA{0x10, 0x2a, 0x2c, 0xff}
	DarkLine  = color.RGBA{0x2d, 0x55, 0x57, 0xff}
	OnDark    = color.RGBA{0xff, 0xff, 0xff, 0xff}
	OnDark2   = color.RGBA{0xb9, 0xd4, 0xd3, 0xff}
	Live      = color.RGBA{0xff, 0xb0, 0x20, 0xff}
)

// Fill paints a rectangle.
func Fill(dst draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(dst, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// Round paints a rectangle with round corners.
func Round(dst draw.Image, r image.Rectangle, radius float64, c color.Color) {
	mask := &roundMask{r: r, radius: radius}
	draw.DrawMask(dst, r, image.NewUniform(c), image.Point{}, mask, r.Min, draw.Over)
}

// Outline paints the edge of such a rectangle, inside of it.
func Outline(dst draw.Image, r image.Rectangle, radius, width float64, c color.Color) {
	mask := &roundMask{r: r, radius: radius, width: width}
	draw.DrawMask(dst, r, image.NewUniform(c), image.Point{}, mask, r.Min, draw.Over)
}

// Dot paints a disc.
func Dot(dst draw.Image, centre image.Point, radius int, c color.Color) {
	r := image.Rectangle{centre, centre}.Inset(-radius)
	Round(dst, r, float64(radius), c)
}

// Resize makes a picture of another size, whose pixels are the means of what they cover.
func Resize(img *image.RGBA, to image.Point) *image.RGBA {
	if to == img.Rect.Size() {
		return img
	}
	out := image.NewRGBA(image.Rectangle{Max: to})
	across, down := covers(img.Rect.Dx(), to.X), covers(img.Rect.Dy(), to.Y)
	all := img.Rect.Dx() * img.Rect.Dy()
	for y := range to.Y {
		for x := range to.X {
			sum := [4]int{all / 2, all / 2, all / 2, all / 2}
			for _, v := range down[y] {
				for _, u := range across[x] {
					for i, c := range img.Pix[img.PixOffset(u.at, v.at):][:4] {
						sum[i] += int(c) * u.part * v.part
					}
				}
			}
			for i := range sum {
				out.Pix[out.PixOffset(x, y)+i] = uint8(sum[i] / all) //nolint:gosec // a mean of bytes
			}
		}
	}
	return out
}

// cover is a part of a pixel.
type cover struct{ at, part int }

// covers says of which pixels each of the new ones is made, in parts that are from
// together.
func covers(from, to int) [][]cover {
	all := make([][]cover, to)
	for x := range to {
		for at := x * from / to; at*to < (x+1)*from; at++ {
			part := min((at+1)*to, (x+1)*from) - max(at*to, x*from)
			all[x] = append(all[x], cover{at, part})
		}
	}
	return all
}

// roundMask is the coverage of a rounded rectangle by its distance function.
type roundMask struct {
	r      image.Rectangle
	radius float64
	width  float64 // 0: filled
}

func (m *roundMask) ColorModel() color.Model { return color.AlphaModel }
func (m *roundMask) Bounds() image.Rectangle { return m.r }

func (m *roundMask) At(x, y int) color.Color {
	w, h := float64(m.r.Dx())/2, float64(m.r.Dy())/2
	px := math.Abs(float64(x-m.r.Min.X)+0.5-w) - (w - m.radius)
	py := math.Abs(float64(y-m.r.Min.Y)+0.5-h) - (h - m.radius)
	d := math.Hypot(math.Max(px, 0), math.Max(py, 0)) + math.Min(math.Max(px, py), 0) - m.radius
	cover := clamp(0.5 - d)
	if m.width > 0 {
		cover -= clamp(0.5 - d - m.width)
	}
	return color.Alpha{uint8(cover*255 + 0.5)}
}

func clamp(v float64) float64 { return math.Max(0, math.Min(1, v)) }
