package capturetest

import (
	"fmt"
	"image"
	"math/rand/v2"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// Doodler is an ordinary program on a real X server that does one random thing
// after the other: windows open, are dragged, resized, raised and closed; in them
// and on the canvas below, text is written in the server's fonts, pictures are
// put, areas are filled, scrolled and copied. It waits for nothing but Rest.
type Doodler struct {
	*Painter
	size    image.Point // the part of the canvas that is drawn on
	windows []doodle
	letters xproto.Font
	gc      xproto.Gcontext
}

// doodle is a window of a doodler.
type doodle struct {
	id xproto.Window
	r  image.Rectangle
}

// NewDoodler starts the program and ends it with the test.
func NewDoodler(t testing.TB, s *x11test.Server, size image.Point) *Doodler {
	t.Helper()
	return doodler(t, NewPainter(t, s), size)
}

func doodler(t testing.TB, p *Painter, size image.Point) *Doodler {
	t.Helper()
	d := &Doodler{Painter: p, size: size}
	var err error
	d.letters, err = xproto.NewFontId(p.Conn.Conn)
	p.must(t, err)
	p.must(t, xproto.OpenFontChecked(p.Conn.Conn, d.letters, uint16(len("fixed")), "fixed").Check())
	d.gc, err = xproto.NewGcontextId(p.Conn.Conn)
	p.must(t, err)
	p.must(t, xproto.CreateGCChecked(p.Conn.Conn, d.gc, xproto.Drawable(p.canvas),
		xproto.GcFont|xproto.GcGraphicsExposures, []uint32{uint32(d.letters), 0}).Check())
	return d
}

// Fit tells the doodler that the desktop has another size.
func (d *Doodler) Fit(size image.Point) { d.size = size }

// Rest waits until the server has done all that was asked.
func (d *Doodler) Rest(t testing.TB) {
	t.Helper()
	d.settle(t)
}

// Act does one random thing and says what.
func (d *Doodler) Act(t testing.TB, rng *rand.Rand) string {
	t.Helper()
	on, size, name := d.surface(rng)
	r := randomRect(size, rng)
	switch rng.IntN(20) {
	case 0:
		return d.open(t, rng)
	case 1:
		return d.close(rng)
	case 2, 3, 4, 5:
		return d.drag(rng)
	case 6:
		return d.reshape(rng)
	case 7, 8, 9:
		d.scroll(rng, on, r)
		return fmt.Sprintf("scroll %v on %s", r, name)
	case 10, 11, 12, 13:
		d.write(rng, on, r)
		return fmt.Sprintf("write into %v on %s", r, name)
	case 14:
		d.put(on, Gradient(r, rng.Uint64()))
		return fmt.Sprintf("put a picture into %v on %s", r, name)
	case 15:
		l := newLayer(r.Size())
		l.noise(rng, l.bounds())
		d.putPixels(on, r, l.pix)
		return fmt.Sprintf("put noise into %v on %s", r, name)
	case 16:
		d.put(on, Text(r, rng.Uint64()))
		return fmt.Sprintf("put a text into %v on %s", r, name)
	case 17:
		d.MovePointer(t, image.Pt(rng.IntN(d.size.X), rng.IntN(d.size.Y)))
		if rng.IntN(3) == 0 {
			d.ShapeCursor(t, rng.IntN(20))
		}
		return "move the pointer"
	case 18:
		d.invert(on, r)
		return fmt.Sprintf("invert %v on %s", r, name)
	default:
		d.colour(rng.Uint32())
		xproto.PolyFillRectangle(d.Conn.Conn, on, d.gc, []xproto.Rectangle{xRect(r)})
		return fmt.Sprintf("fill %v on %s", r, name)
	}
}

func xRect(r image.Rectangle) xproto.Rectangle {
	return xproto.Rectangle{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())}
}

// surface is what is drawn on: a window, mostly, or the canvas below all.
func (d *Doodler) surface(rng *rand.Rand) (on xproto.Drawable, size image.Point, name string) {
	if i := rng.IntN(len(d.windows) + 1); i < len(d.windows) {
		w := d.windows[i]
		return xproto.Drawable(w.id), w.r.Size(), fmt.Sprintf("window %v", w.r)
	}
	return xproto.Drawable(d.canvas), d.size, "the canvas"
}

// place is a rectangle that may hang over the edges of the desktop.
func (d *Doodler) place(rng *rand.Rand) image.Rectangle {
	size := image.Pt(30+rng.IntN(d.size.X/2), 20+rng.IntN(d.size.Y/2))
	at := image.Pt(rng.IntN(d.size.X+20)-20, rng.IntN(d.size.Y+20)-20)
	return image.Rectangle{at, at.Add(size)}
}

func (d *Doodler) open(t testing.TB, rng *rand.Rand) string {
	t.Helper()
	if len(d.windows) == windowsMost {
		return d.close(rng)
	}
	r := d.place(rng)
	w := doodle{d.newWindow(t, r, rng.Uint32()&0xffffff), r}
	xproto.MapWindow(d.Conn.Conn, w.id)
	d.windows = append(d.windows, w)
	return fmt.Sprintf("open window %v", r)
}

func (d *Doodler) close(rng *rand.Rand) string {
	if len(d.windows) == 0 {
		return "nothing to close"
	}
	i := rng.IntN(len(d.windows))
	w := d.windows[i]
	xproto.DestroyWindow(d.Conn.Conn, w.id)
	d.windows = append(d.windows[:i:i], d.windows[i+1:]...)
	return fmt.Sprintf("close window %v", w.r)
}

// drag moves a window step by step.
func (d *Doodler) drag(rng *rand.Rand) string {
	if len(d.windows) == 0 {
		return "nothing to drag"
	}
	w := &d.windows[rng.IntN(len(d.windows))]
	by := image.Pt(rng.IntN(31)-15, rng.IntN(31)-15)
	for range 1 + rng.IntN(6) {
		w.r = w.r.Add(by)
		if !w.r.Overlaps(image.Rectangle{Max: d.size}) {
			w.r = d.place(rng)
		}
		xproto.ConfigureWindow(d.Conn.Conn, w.id, xproto.ConfigWindowX|xproto.ConfigWindowY,
			[]uint32{uint32(int32(w.r.Min.X)), uint32(int32(w.r.Min.Y))})
	}
	return fmt.Sprintf("drag a window to %v", w.r)
}

// reshape gives a window another size, or another place in the pile.
func (d *Doodler) reshape(rng *rand.Rand) string {
	if len(d.windows) == 0 {
		return "nothing to reshape"
	}
	w := &d.windows[rng.IntN(len(d.windows))]
	if rng.IntN(2) == 0 {
		xproto.ConfigureWindow(d.Conn.Conn, w.id, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeOpposite})
		return fmt.Sprintf("raise or lower window %v", w.r)
	}
	w.r.Max = w.r.Min.Add(d.place(rng).Size())
	xproto.ConfigureWindow(d.Conn.Conn, w.id, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
		[]uint32{uint32(w.r.Dx()), uint32(w.r.Dy())})
	return fmt.Sprintf("resize a window to %v", w.r)
}

// scroll copies within a surface, by any step, and fills what it uncovered or not.
func (d *Doodler) scroll(rng *rand.Rand, on xproto.Drawable, r image.Rectangle) {
	by := image.Pt(0, rng.IntN(49)-24)
	if rng.IntN(4) == 0 {
		by = image.Pt(rng.IntN(49)-24, rng.IntN(13)-6)
	}
	to := r.Add(by).Intersect(r)
	if to.Empty() {
		return
	}
	from := to.Sub(by)
	xproto.CopyArea(d.Conn.Conn, on, on, d.gc, int16(from.Min.X), int16(from.Min.Y), int16(to.Min.X), int16(to.Min.Y),
		uint16(to.Dx()), uint16(to.Dy()))
	if by.Y > 0 && rng.IntN(2) == 0 {
		d.write(rng, on, image.Rect(r.Min.X, r.Min.Y, r.Max.X, to.Min.Y))
	}
}

// write fills a rectangle with lines of the server's letters.
func (d *Doodler) write(rng *rand.Rand, on xproto.Drawable, r image.Rectangle) {
	const lineH, charW = 13, 6
	xproto.ChangeGC(d.Conn.Conn, d.gc, xproto.GcForeground|xproto.GcBackground, []uint32{rng.Uint32() & 0x3f3f3f, 0xf0f0e8})
	for y := r.Min.Y + 10; y < r.Max.Y; y += lineH {
		line := make([]byte, min(max(r.Dx()/charW, 1), 200))
		for i := range line {
			line[i] = byte(' ' + rng.IntN(90))
		}
		xproto.ImageText8(d.Conn.Conn, byte(len(line)), on, d.gc, int16(r.Min.X), int16(y), string(line))
	}
}

func (d *Doodler) colour(c uint32) {
	xproto.ChangeGC(d.Conn.Conn, d.gc, xproto.GcForeground, []uint32{c & 0xffffff})
}

// invert turns the colours of a rectangle over.
func (d *Doodler) invert(on xproto.Drawable, r image.Rectangle) {
	xproto.ChangeGC(d.Conn.Conn, d.gc, xproto.GcFunction, []uint32{xproto.GxInvert})
	xproto.PolyFillRectangle(d.Conn.Conn, on, d.gc, []xproto.Rectangle{xRect(r)})
	xproto.ChangeGC(d.Conn.Conn, d.gc, xproto.GcFunction, []uint32{xproto.GxCopy})
}

func (d *Doodler) put(on xproto.Drawable, m *image.RGBA) {
	pix := make([]byte, len(m.Pix))
	pixels.Swap(pix, m.Pix, 0)
	d.putPixels(on, m.Rect, pix)
}

// putPixels puts B, G, R, X rows without gaps.
func (d *Doodler) putPixels(on xproto.Drawable, r image.Rectangle, pix []byte) {
	rows := putLimit / (4 * r.Dx())
	for y := 0; y < r.Dy(); y += rows {
		n := min(rows, r.Dy()-y)
		xproto.PutImage(d.Conn.Conn, xproto.ImageFormatZPixmap, on, d.gc, uint16(r.Dx()), uint16(n),
			int16(r.Min.X), int16(r.Min.Y+y), 0, d.Screen.RootDepth, pix[4*r.Dx()*y:4*r.Dx()*(y+n)])
	}
}
