package capturetest

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"github.com/alongside-remote/alongside/internal/pipewire/pipewiretest"
	"github.com/alongside-remote/alongside/internal/pixels"
)

// NodePainter paints a video node of a real PipeWire, as a desktop does for its portal.
type NodePainter struct {
	Screen *pipewiretest.Screen
	canvas *image.RGBA
	window *image.Point
	cursor pipewiretest.Cursor
}

// NewNodePainter makes a node, which goes with the test.
func NewNodePainter(t testing.TB, size image.Point) *NodePainter {
	t.Helper()
	p := &NodePainter{Screen: pipewiretest.NewScreen(t, size), canvas: filled(size, canvasColor)}
	p.show(t, p.canvas.Rect)
	return p
}

func (p *NodePainter) show(t testing.TB, r image.Rectangle) {
	t.Helper()
	p.Screen.Show(p.Truth(t), r)
}

// Fill implements Stage.
func (p *NodePainter) Fill(t testing.TB, r image.Rectangle, c color.RGBA) {
	t.Helper()
	c.A = 255
	draw.Draw(p.canvas, r, image.NewUniform(c), image.Point{}, draw.Src)
	p.show(t, r)
}

// Put implements Stage.
func (p *NodePainter) Put(t testing.TB, m *image.RGBA) {
	t.Helper()
	draw.Draw(p.canvas, m.Rect, m, m.Rect.Min, draw.Src)
	p.show(t, m.Rect)
}

// Scroll implements Stage.
func (p *NodePainter) Scroll(t testing.TB, r image.Rectangle, dy int) {
	t.Helper()
	scrolled(p.canvas, r, dy)
	p.show(t, r)
}

// MoveWindow implements Windowed.
func (p *NodePainter) MoveWindow(t testing.TB, to image.Point) {
	t.Helper()
	was := windowAt(to)
	if p.window != nil {
		was = windowAt(*p.window)
	}
	p.window = &to
	p.show(t, was.Union(windowAt(to)))
}

// Resize implements Resizer.
func (p *NodePainter) Resize(t testing.TB, size image.Point) {
	t.Helper()
	p.canvas = filled(size, canvasColor)
	p.show(t, p.canvas.Rect)
}

// MovePointer implements Pointed.
func (p *NodePainter) MovePointer(_ testing.TB, to image.Point) {
	p.cursor.At = to
	p.point(false)
}

// ShapeCursor implements Pointed.
func (p *NodePainter) ShapeCursor(_ testing.TB, n int) {
	p.cursor.Shape = filled(image.Pt(8+n%16, 9+n%13), color.RGBA{uint8(n), uint8(n / 2), 7, 255})
	p.cursor.Hot = image.Pt(n%8, n%9)
	p.point(true)
}

// HideCursor implements Pointed.
func (p *NodePainter) HideCursor(testing.TB) {
	p.cursor.Shape = nil
	p.point(true)
}

func (p *NodePainter) point(fresh bool) {
	c := p.cursor
	c.Fresh = fresh
	p.Screen.Point(&c)
}

// Truth implements Stage.
func (p *NodePainter) Truth(testing.TB) *image.RGBA {
	m := pixels.Opaque(p.canvas)
	if p.window != nil {
		draw.Draw(m, windowAt(*p.window), image.NewUniform(windowColor), image.Point{}, draw.Src)
	}
	return m
}

func windowAt(at image.Point) image.Rectangle {
	return image.Rectangle{Max: image.Pt(windowW, windowH)}.Add(at)
}

// scrolled moves what is in a rectangle within it.
func scrolled(m *image.RGBA, r image.Rectangle, dy int) {
	from := image.NewRGBA(r)
	draw.Draw(from, r, m, r.Min, draw.Src)
	draw.Draw(m, r.Add(image.Pt(0, dy)).Intersect(r), from, r.Intersect(r.Add(image.Pt(0, -dy))).Min, draw.Src)
}

var (
	_ Stage    = (*NodePainter)(nil)
	_ Windowed = (*NodePainter)(nil)
	_ Resizer  = (*NodePainter)(nil)
	_ Pointed  = (*NodePainter)(nil)
)
