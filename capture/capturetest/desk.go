package capturetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"time"

	"github.com/alongside-remote/alongside/capture"
)

// ErrStill is what Next of a Desk returns when nothing was drawn.
var ErrStill = errors.New("nothing was drawn")

// Desk is a source on which a test draws pixels directly, for long random tests
// and for measuring: it waits for nothing. Everything is drawn in coordinates of
// the desktop, which begin at Rect.Min, and clipped to it. One goroutine uses it.
type Desk struct {
	Rect   image.Rectangle
	Pix    []byte // B, G, R, X
	Damage []image.Rectangle
	Moves  []capture.Move
	layout bool
}

// NewDesk makes a black desktop.
func NewDesk(rect image.Rectangle) *Desk {
	return &Desk{Rect: rect, Pix: make([]byte, rect.Dx()*rect.Dy()*4), Damage: []image.Rectangle{rect}, layout: true}
}

// Row is a piece of a row of pixels.
func (d *Desk) Row(y, x0, x1 int) []byte {
	at := ((y-d.Rect.Min.Y)*d.Rect.Dx() - d.Rect.Min.X) * 4
	return d.Pix[at+x0*4 : at+x1*4]
}

// Claim says that something may have changed.
func (d *Desk) Claim(r image.Rectangle) {
	if r = r.Intersect(d.Rect); !r.Empty() {
		d.Damage = append(d.Damage, r)
	}
}

// Paint sets each pixel of a rectangle to what f says, as 0xRRGGBB.
func (d *Desk) Paint(r image.Rectangle, f func(x, y int) uint32) {
	r = r.Intersect(d.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.Row(y, r.Min.X, r.Max.X)
		for x := r.Min.X; x < r.Max.X; x++ {
			c := f(x, y)
			p := row[(x-r.Min.X)*4:][:4]
			p[0], p[1], p[2] = byte(c), byte(c>>8), byte(c>>16)
		}
	}
	d.Claim(r)
}

// Fill paints one colour.
func (d *Desk) Fill(r image.Rectangle, colour uint32) {
	d.Paint(r, func(int, int) uint32 { return colour })
}

// Photo paints what a camera sees: smooth, with some grain.
func (d *Desk) Photo(r image.Rectangle, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 2))
	a, b := 1+rnd.IntN(5), 1+rnd.IntN(5)
	d.Paint(r, func(x, y int) uint32 {
		grain := rnd.Uint32()
		return uint32(x*a>>3+int(grain&3))&255<<16 | uint32(y*b>>3+int(grain>>2&3))&255<<8 | uint32((x+y)>>2+int(grain>>4&3))&255
	})
}

// Noise paints pixels that have nothing to do with one another.
func (d *Desk) Noise(r image.Rectangle, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 3))
	d.Paint(r, func(int, int) uint32 { return rnd.Uint32() })
}

// The size of a letter of Page, with the space between lines.
const glyphW, glyphH, lineH = 9, 13, 20

// Page paints a page: lines of words from a font of 40 letters, each line and
// its words of another length.
func (d *Desk) Page(r image.Rectangle, seed uint64) {
	font := rand.New(rand.NewPCG(40, 40))
	var letters [40][glyphH]uint16
	for i := range letters {
		for y := 2; y < glyphH-2; y++ {
			letters[i][y] = uint16(font.Uint32()) & 0x7e
		}
	}
	rnd := rand.New(rand.NewPCG(seed, 4))
	cols := r.Dx()/glyphW + 1
	text := make([]int, cols*(r.Dy()/lineH+1)) // numbers of letters from 1
	for i := 0; i < len(text); i += cols {
		left, n := 4+rnd.IntN(8), rnd.IntN(cols)
		for x := left; x < min(left+n, cols); x++ {
			if glyph := 1 + rnd.IntN(len(letters)+8); glyph <= len(letters) {
				text[i+x] = glyph
			}
		}
	}
	d.Paint(r, func(x, y int) uint32 {
		x, y = x-r.Min.X, y-r.Min.Y
		glyph := text[y/lineH*cols+x/glyphW]
		if glyph > 0 && y%lineH < glyphH && letters[glyph-1][y%lineH]>>(x%glyphW)&1 != 0 {
			return 0x202028
		}
		return 0xfcfcfa
	})
}

// Invert flips the colours of a rectangle.
func (d *Desk) Invert(r image.Rectangle) {
	r = r.Intersect(d.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := d.Row(y, r.Min.X, r.Max.X)
		for i := range row {
			if i&3 != 3 {
				row[i] = ^row[i]
			}
		}
	}
	d.Claim(r)
}

// Cut copies a rectangle, for Put.
func (d *Desk) Cut(r image.Rectangle) [][]byte {
	var rows [][]byte
	for y := r.Min.Y; y < r.Max.Y; y++ {
		rows = append(rows, bytes.Clone(d.Row(y, r.Min.X, r.Max.X)))
	}
	return rows
}

// Put paints what was cut, with its corner at a point; the part on the desktop.
func (d *Desk) Put(rows [][]byte, at image.Point) {
	if len(rows) == 0 {
		return
	}
	r := image.Rectangle{at, at.Add(image.Pt(len(rows[0])/4, len(rows)))}
	hit := r.Intersect(d.Rect)
	for y := hit.Min.Y; y < hit.Max.Y; y++ {
		copy(d.Row(y, hit.Min.X, hit.Max.X), rows[y-r.Min.Y][(hit.Min.X-r.Min.X)*4:])
	}
	d.Claim(hit)
}

// Scroll moves what is in a rectangle within it; what is uncovered stays.
func (d *Desk) Scroll(r image.Rectangle, by image.Point) {
	r = r.Intersect(d.Rect)
	src := r.Intersect(r.Sub(by))
	if !src.Empty() {
		d.Put(d.Cut(src), src.Min.Add(by))
	}
	d.Claim(r)
}

// Next implements capture.Source. Without damage or moves it is ErrStill.
func (d *Desk) Next(_ context.Context, f *capture.Frame) error {
	if len(d.Damage) == 0 && len(d.Moves) == 0 {
		return ErrStill
	}
	f.Time = time.Now()
	f.Rect, f.Stride, f.Pix = d.Rect, d.Rect.Dx()*4, d.Pix
	f.Damage = append(f.Damage[:0], d.Damage...)
	f.Moves = append(f.Moves[:0], d.Moves...)
	f.Layout = d.layout
	d.Damage, d.Moves, d.layout = d.Damage[:0], d.Moves[:0], false
	return nil
}

// Monitors implements capture.Source.
func (d *Desk) Monitors() ([]capture.Monitor, error) {
	return []capture.Monitor{{ID: 1, Rect: d.Rect, Primary: true, Name: "desk"}}, nil
}

// Close implements capture.Source.
func (d *Desk) Close() error { return nil }

// Replica is a picture that is kept up to date by frames alone, byte for byte.
type Replica struct {
	Desk    *Desk
	Moved   int // pixels of the moves of the last frame
	Damaged int // pixels of its damage
}

// Apply does what a frame says and compares with the truth.
func (r *Replica) Apply(f *capture.Frame, truth *Desk) error {
	if r.Desk == nil || r.Desk.Rect != f.Rect {
		r.Desk = NewDesk(f.Rect)
	}
	r.Moved, r.Damaged = 0, 0
	for _, m := range f.Moves {
		to := image.Rectangle{m.To, m.To.Add(m.Src.Size())}
		if m.Src.Empty() || !m.Src.In(f.Rect) || !to.In(f.Rect) {
			return fmt.Errorf("move %v is empty or outside of %v", m, f.Rect)
		}
		r.Desk.Put(r.Desk.Cut(m.Src), m.To)
		r.Moved += to.Dx() * to.Dy()
	}
	for _, d := range f.Damage {
		if d.Empty() || !d.In(f.Rect) {
			return fmt.Errorf("damage %v is empty or outside of %v", d, f.Rect)
		}
		for y := d.Min.Y; y < d.Max.Y; y++ {
			copy(r.Desk.Row(y, d.Min.X, d.Max.X), f.Pix[(y-f.Rect.Min.Y)*f.Stride+(d.Min.X-f.Rect.Min.X)*4:])
		}
		r.Damaged += d.Dx() * d.Dy()
	}
	r.Desk.Damage = r.Desk.Damage[:0]
	for y := f.Rect.Min.Y; y < f.Rect.Max.Y; y++ {
		if !bytes.Equal(r.Desk.Row(y, f.Rect.Min.X, f.Rect.Max.X), truth.Row(y, f.Rect.Min.X, f.Rect.Max.X)) {
			return fmt.Errorf("row %d is wrong after moves %v and damage %v", y, f.Moves, f.Damage)
		}
	}
	return nil
}

var _ capture.Source = (*Desk)(nil)
