// Package glyph draws short texts in Latin, Greek and Cyrillic into pictures.
//
// The letters come from an atlas that was rasterised from the Go fonts when the
// program was built (gen), so what parses at run time is one PNG of our own. A
// rune without a picture is drawn as a box: the reader sees that something is
// there.
package glyph

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"sync"
)

//go:generate go run ./gen

//go:embed atlas.png
var atlasPNG []byte

//go:embed atlas.bin
var atlasMetrics []byte

//go:embed double.png
var doublePNG []byte

//go:embed double.bin
var doubleMetrics []byte

// Style is a face at a size.
type Style int

// The styles there are.
const (
	Small Style = iota
	Body
	Strong
	Title
	styles
)

type glyph struct {
	Rune      int32
	X, Y      uint16
	W, H      uint16
	Left, Top int16
	Advance   int16
}

type face struct {
	ascent, descent int
	glyphs          map[rune]glyph
}

type atlas struct {
	sheet *image.Gray
	faces []face
}

// load decodes the embedded atlas once, when the first window is drawn.
var load = sync.OnceValue(func() *atlas {
	return own(decode(atlasPNG, atlasMetrics, int(styles)))
})

// loadDouble is load for pictures with twice as many pixels, which not every monitor
// has.
var loadDouble = sync.OnceValue(func() *atlas { return own(decode(doublePNG, doubleMetrics, int(Title))) })

func own(a *atlas, err error) *atlas {
	if err != nil {
		panic(err) // our own file
	}
	return a
}

func decode(sheet, metrics []byte, faces int) (*atlas, error) {
	img, err := png.Decode(bytes.NewReader(sheet))
	if err != nil {
		return nil, fmt.Errorf("glyph atlas: %w", err)
	}
	gray, ok := img.(*image.Gray)
	if !ok {
		return nil, fmt.Errorf("glyph atlas: %T", img)
	}
	a := &atlas{sheet: gray, faces: make([]face, faces)}
	r := bytes.NewReader(metrics)
	for i := range a.faces {
		var head [3]int16
		if err := binary.Read(r, binary.BigEndian, &head); err != nil {
			return nil, fmt.Errorf("glyph metrics: %w", err)
		}
		list := make([]glyph, head[2])
		if err := binary.Read(r, binary.BigEndian, list); err != nil {
			return nil, fmt.Errorf("glyph metrics: %w", err)
		}
		f := face{ascent: int(head[0]), descent: int(head[1]), glyphs: make(map[rune]glyph, len(list))}
		for _, g := range list {
			f.glyphs[g.Rune] = g
		}
		a.faces[i] = f
	}
	return a, nil
}

// Height is the distance of two lines.
func (s Style) Height() int {
	f := load().faces[s]
	return f.ascent + f.descent + 2
}

// Has reports whether a rune has a picture of its own.
func (s Style) Has(r rune) bool {
	_, ok := load().faces[s].glyphs[r]
	return ok
}

// Width measures a line in pixels.
func (s Style) Width(text string) int {
	f := load().faces[s]
	w := 0
	for _, r := range text {
		w += f.advance(r)
	}
	return (w + 63) / 64
}

func (f face) advance(r rune) int {
	if g, ok := f.glyphs[r]; ok {
		return int(g.Advance)
	}
	return f.box().Dx()*64 + 2*64
}

// box is the stand-in for a rune without a picture, relative to the pen.
func (f face) box() image.Rectangle {
	h := f.ascent * 3 / 4
	return image.Rect(1, -h, 1+h*2/3, 0)
}

// Draw writes one line. The point is the upper left corner of the line.
func (s Style) Draw(dst draw.Image, at image.Point, text string, c color.Color) {
	load().draw(s, dst, at, text, c)
}

// DrawDouble is Draw, twice as large, for pictures that have twice as many pixels. There
// is no Title of that size.
func (s Style) DrawDouble(dst draw.Image, at image.Point, text string, c color.Color) {
	loadDouble().draw(s, dst, at, text, c)
}

func (a *atlas) draw(s Style, dst draw.Image, at image.Point, text string, c color.Color) {
	f := a.faces[s]
	ink := image.NewUniform(c)
	pen := at.X * 64
	base := at.Y + f.ascent
	for _, r := range text {
		x := (pen + 32) / 64
		if g, ok := f.glyphs[r]; ok {
			to := image.Rect(0, 0, int(g.W), int(g.H)).Add(image.Pt(x+int(g.Left), base+int(g.Top)))
			mask := alphaOf(a.sheet)
			draw.DrawMask(dst, to, ink, image.Point{}, mask, image.Pt(int(g.X), int(g.Y)), draw.Over)
		} else {
			frame(dst, f.box().Add(image.Pt(x, base)), ink)
		}
		pen += f.advance(r)
	}
}

// alphaOf reads the gray sheet as coverage, without a copy.
func alphaOf(g *image.Gray) *image.Alpha {
	return &image.Alpha{Pix: g.Pix, Stride: g.Stride, Rect: g.Rect}
}

func frame(dst draw.Image, r image.Rectangle, ink *image.Uniform) {
	for _, edge := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+1)},
		{image.Pt(r.Min.X, r.Max.Y-1), r.Max},
		{r.Min, image.Pt(r.Min.X+1, r.Max.Y)},
		{image.Pt(r.Max.X-1, r.Min.Y), r.Max},
	} {
		draw.Draw(dst, edge, ink, image.Point{}, draw.Over)
	}
}

// Wrap breaks a text into at most limit lines of the given width, at spaces
// where it can. A text that does not fit ends in an ellipsis.
func (s Style) Wrap(text string, width, limit int) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			joined := word
			if line != "" {
				joined = line + " " + word
			}
			if s.Width(joined) <= width {
				line = joined
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			for s.Width(word) > width {
				n := s.fit(word, width)
				lines = append(lines, word[:n])
				word = word[n:]
			}
			line = word
		}
		lines = append(lines, line)
	}
	if len(lines) > limit {
		lines = lines[:limit]
		lines[limit-1] = s.Ellipsis(lines[limit-1]+" …", width)
	}
	return lines
}

// Ellipsis shortens a line to the width.
func (s Style) Ellipsis(line string, width int) string {
	if s.Width(line) <= width {
		return line
	}
	n := s.fit(line, width-s.Width("…"))
	return strings.TrimRight(line[:n], " …") + "…"
}

// fit is how many bytes of a text fit into the width: at least one rune.
func (s Style) fit(text string, width int) int {
	f := load().faces[s]
	used, end := 0, 0
	for i, r := range text {
		used += f.advance(r)
		if used > width*64 && i > 0 {
			break
		}
		end = i + len(string(r))
	}
	return end
}
