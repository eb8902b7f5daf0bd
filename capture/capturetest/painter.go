package capturetest

import (
	"image"
	"image/color"
	"testing"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// Painter is an ordinary program on a real X server: a window over the whole
// desktop, a smaller one that can be moved over it, and the pointer.
type Painter struct {
	*x11.Conn
	peek   *x11test.Peek
	canvas xproto.Window
	window xproto.Window
	gc     xproto.Gcontext
	shown  bool
	font   xproto.Font
	shapes map[int]xproto.Cursor
	hidden xproto.Cursor
}

const (
	// canvasSize is larger than any desktop of a test, so that resizing never
	// uncovers the root window.
	canvasSize = 4096
	// putLimit is how much one PutImage request can carry with its head.
	putLimit = 65535*4 - 24

	windowW, windowH = 120, 90
)

// NewPainter starts the program and ends it with the test.
func NewPainter(t testing.TB, s *x11test.Server) *Painter {
	t.Helper()
	c, err := x11.Open(t.Context(), x11.Target{Display: s.Display})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	peek, err := x11test.OpenPeek(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(peek.Close)
	if _, err := c.Extension("XTEST"); err != nil {
		t.Fatal(err)
	}
	p := &Painter{Conn: c, peek: peek, shapes: make(map[int]xproto.Cursor)}
	p.canvas = p.newWindow(t, image.Rect(0, 0, canvasSize, canvasSize), 0x405060)
	p.window = p.newWindow(t, image.Rect(0, 0, windowW, windowH), 0xc0a020)
	if p.gc, err = xproto.NewGcontextId(c.Conn); err != nil {
		t.Fatal(err)
	}
	p.must(t, xproto.CreateGCChecked(c.Conn, p.gc, xproto.Drawable(p.canvas), xproto.GcGraphicsExposures, []uint32{0}).Check())
	p.must(t, xproto.MapWindowChecked(c.Conn, p.canvas).Check())
	return p
}

func (p *Painter) newWindow(t testing.TB, r image.Rectangle, pixel uint32) xproto.Window {
	t.Helper()
	w, err := xproto.NewWindowId(p.Conn.Conn)
	if err != nil {
		t.Fatal(err)
	}
	p.must(t, xproto.CreateWindowChecked(p.Conn.Conn, 0, w, p.Root, int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), 0, xproto.WindowClassInputOutput, 0,
		xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{pixel, 1}).Check())
	return w
}

func (p *Painter) must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("painter: %v", err)
	}
}

// Fill implements Stage.
func (p *Painter) Fill(t testing.TB, r image.Rectangle, c color.RGBA) {
	t.Helper()
	p.FillQuick(r, c)
	p.settle(t)
}

// FillQuick asks for a rectangle and does not wait for it.
func (p *Painter) FillQuick(r image.Rectangle, c color.RGBA) {
	pixel := uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B)
	xproto.ChangeGC(p.Conn.Conn, p.gc, xproto.GcForeground, []uint32{pixel})
	xproto.PolyFillRectangle(p.Conn.Conn, xproto.Drawable(p.canvas), p.gc, []xproto.Rectangle{{
		X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy()),
	}})
}

// Put implements Stage.
func (p *Painter) Put(t testing.TB, m *image.RGBA) {
	t.Helper()
	p.put(t, xproto.Drawable(p.canvas), m)
}

// PutWindow paints a picture into the window that can be moved, at its own bounds.
// It stays until the window is covered.
func (p *Painter) PutWindow(t testing.TB, m *image.RGBA) {
	t.Helper()
	p.put(t, xproto.Drawable(p.window), m)
}

func (p *Painter) put(t testing.TB, to xproto.Drawable, m *image.RGBA) {
	t.Helper()
	rows := putLimit / (m.Rect.Dx() * 4)
	for y := 0; y < m.Rect.Dy(); y += rows {
		n := min(rows, m.Rect.Dy()-y)
		row := m.Rect.Dx() * 4
		data := make([]byte, n*row)
		for i := range n {
			pixels.Swap(data[i*row:], m.Pix[(y+i)*m.Stride:][:row], 0)
		}
		xproto.PutImage(p.Conn.Conn, xproto.ImageFormatZPixmap, to, p.gc, uint16(m.Rect.Dx()), uint16(n),
			int16(m.Rect.Min.X), int16(m.Rect.Min.Y+y), 0, p.Screen.RootDepth, data)
	}
	p.settle(t)
}

// Scroll implements Stage by CopyArea.
func (p *Painter) Scroll(t testing.TB, r image.Rectangle, dy int) {
	t.Helper()
	to := r.Add(image.Pt(0, dy)).Intersect(r)
	from := to.Sub(image.Pt(0, dy))
	d := xproto.Drawable(p.canvas)
	xproto.CopyArea(p.Conn.Conn, d, d, p.gc, int16(from.Min.X), int16(from.Min.Y), int16(to.Min.X), int16(to.Min.Y),
		uint16(to.Dx()), uint16(to.Dy()))
	p.settle(t)
}

// MoveWindow implements Windowed.
func (p *Painter) MoveWindow(t testing.TB, to image.Point) {
	t.Helper()
	if !p.shown {
		p.shown = true
		xproto.MapWindow(p.Conn.Conn, p.window)
	}
	xproto.ConfigureWindow(p.Conn.Conn, p.window, xproto.ConfigWindowX|xproto.ConfigWindowY,
		[]uint32{uint32(to.X), uint32(to.Y)})
	p.settle(t)
}

// MovePointer implements Pointed.
func (p *Painter) MovePointer(t testing.TB, to image.Point) {
	t.Helper()
	p.must(t, xtest.FakeInputChecked(p.Conn.Conn, xproto.MotionNotify, 0, 0, p.Root, int16(to.X), int16(to.Y), 0).Check())
}

// WarpPointer moves the pointer as programs do, without a device.
func (p *Painter) WarpPointer(t testing.TB, to image.Point) {
	t.Helper()
	p.must(t, xproto.WarpPointerChecked(p.Conn.Conn, 0, p.Root, 0, 0, 0, 0, int16(to.X), int16(to.Y)).Check())
}

// Truth implements Stage.
func (p *Painter) Truth(t testing.TB) *image.RGBA {
	t.Helper()
	m, err := p.peek.Dump()
	p.must(t, err)
	return m
}

// settle waits until the server has done all that was asked.
func (p *Painter) settle(t testing.TB) {
	t.Helper()
	_, err := xproto.GetInputFocus(p.Conn.Conn).Reply()
	p.must(t, err)
}

// ShapeCursor implements Pointed with the shapes of the server's cursor font.
func (p *Painter) ShapeCursor(t testing.TB, n int) {
	t.Helper()
	const glyphs = 77 // in pairs of shape and mask
	n = (n%glyphs + glyphs) % glyphs
	cursor, ok := p.shapes[n]
	if !ok {
		p.openFont(t)
		cursor = p.newCursor(t)
		glyph := uint16(2 * n)
		p.must(t, xproto.CreateGlyphCursorChecked(p.Conn.Conn, cursor, p.font, p.font, glyph, glyph+1,
			0xffff, 0, 0, 0, 0, 0xffff).Check())
		p.shapes[n] = cursor
	}
	p.setCursor(t, cursor)
}

// HideCursor implements Pointed.
func (p *Painter) HideCursor(t testing.TB) {
	t.Helper()
	if p.hidden == 0 {
		bits, err := xproto.NewPixmapId(p.Conn.Conn)
		p.must(t, err)
		p.must(t, xproto.CreatePixmapChecked(p.Conn.Conn, 1, bits, xproto.Drawable(p.Root), 1, 1).Check())
		gc, err := xproto.NewGcontextId(p.Conn.Conn)
		p.must(t, err)
		p.must(t, xproto.CreateGCChecked(p.Conn.Conn, gc, xproto.Drawable(bits), xproto.GcForeground, []uint32{0}).Check())
		xproto.PolyFillRectangle(p.Conn.Conn, xproto.Drawable(bits), gc, []xproto.Rectangle{{Width: 1, Height: 1}})
		p.hidden = p.newCursor(t)
		p.must(t, xproto.CreateCursorChecked(p.Conn.Conn, p.hidden, bits, bits, 0, 0, 0, 0, 0, 0, 0, 0).Check())
	}
	p.setCursor(t, p.hidden)
}

func (p *Painter) openFont(t testing.TB) {
	t.Helper()
	if p.font != 0 {
		return
	}
	font, err := xproto.NewFontId(p.Conn.Conn)
	p.must(t, err)
	p.must(t, xproto.OpenFontChecked(p.Conn.Conn, font, uint16(len("cursor")), "cursor").Check())
	p.font = font
}

func (p *Painter) newCursor(t testing.TB) xproto.Cursor {
	t.Helper()
	c, err := xproto.NewCursorId(p.Conn.Conn)
	p.must(t, err)
	return c
}

func (p *Painter) setCursor(t testing.TB, c xproto.Cursor) {
	t.Helper()
	p.must(t, xproto.ChangeWindowAttributesChecked(p.Conn.Conn, p.canvas, xproto.CwCursor, []uint32{uint32(c)}).Check())
	p.must(t, xproto.ChangeWindowAttributesChecked(p.Conn.Conn, p.window, xproto.CwCursor, []uint32{uint32(c)}).Check())
}

// VNCPainter is a painter on a server that can also change its size.
type VNCPainter struct {
	*Painter
	Server *x11test.Server
}

// Resize implements Resizer.
func (p VNCPainter) Resize(t testing.TB, size image.Point) {
	t.Helper()
	p.Server.Resize(t, size)
}

var (
	_ Stage    = (*Painter)(nil)
	_ Windowed = (*Painter)(nil)
	_ Pointed  = (*Painter)(nil)
	_ Resizer  = VNCPainter{}
)
