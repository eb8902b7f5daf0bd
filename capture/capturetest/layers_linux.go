package capturetest

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"testing"

	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
)

// LayerPainter is an ordinary program on a real Wayland compositor: a surface over
// the whole of an output, and a smaller one that can be moved over it. No program
// sees another's pictures there, so what the output shows is known from what was
// painted.
type LayerPainter struct {
	Server  *waylandtest.Server
	output  string
	client  *waylandtest.Client
	surface *waylandtest.Surface
	window  *waylandtest.Sub
	at      image.Point
	canvas  *image.RGBA
}

var windowColor, canvasColor = color.RGBA{0xc0, 0xa0, 0x20, 255}, color.RGBA{0x40, 0x50, 0x60, 255}

// NewLayerPainter starts the program on an output and ends it with the test.
func NewLayerPainter(t testing.TB, s *waylandtest.Server, output string) *LayerPainter {
	t.Helper()
	p := &LayerPainter{Server: s, client: waylandtest.NewClient(t, s), output: output}
	p.surface = p.client.NewLayer(output)
	p.clear()
	return p
}

func filled(size image.Point, c color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

// clear paints everything anew in the size that the compositor wants.
func (p *LayerPainter) clear() {
	p.canvas = filled(p.surface.Size, canvasColor)
	p.surface.Show(p.canvas, p.canvas.Rect)
}

// Fill implements Stage.
func (p *LayerPainter) Fill(_ testing.TB, r image.Rectangle, c color.RGBA) {
	c.A = 255
	draw.Draw(p.canvas, r, image.NewUniform(c), image.Point{}, draw.Src)
	p.surface.Show(p.canvas, r.Intersect(p.canvas.Rect))
}

// Put implements Stage.
func (p *LayerPainter) Put(_ testing.TB, m *image.RGBA) {
	draw.Draw(p.canvas, m.Rect, m, m.Rect.Min, draw.Src)
	p.surface.Show(p.canvas, m.Rect.Intersect(p.canvas.Rect))
}

// Scroll implements Stage.
func (p *LayerPainter) Scroll(_ testing.TB, r image.Rectangle, dy int) {
	scrolled(p.canvas, r, dy)
	p.surface.Show(p.canvas, r.Intersect(p.canvas.Rect))
}

// MoveWindow implements Windowed.
func (p *LayerPainter) MoveWindow(_ testing.TB, to image.Point) {
	if p.window == nil {
		size := image.Pt(windowW, windowH)
		p.window = p.client.NewSub(p.surface, size)
		m := filled(size, windowColor)
		p.window.Show(m, m.Rect)
	}
	p.at = to
	p.window.Place(to)
}

// Resize implements Resizer.
func (p *LayerPainter) Resize(t testing.TB, size image.Point) {
	t.Helper()
	p.Become(t, fmt.Sprintf("mode --custom %dx%d", size.X, size.Y), size)
}

// Become has the output changed by a command of sway, and paints it anew when it is
// of that size.
func (p *LayerPainter) Become(t testing.TB, command string, size image.Point) {
	t.Helper()
	p.Server.Command(t, "output "+p.output+" "+command)
	p.client.Until(func() bool { return p.surface.Size == size })
	p.clear()
}

// Truth implements Stage.
func (p *LayerPainter) Truth(testing.TB) *image.RGBA {
	m := pixels.Opaque(p.canvas)
	if p.window != nil {
		draw.Draw(m, windowAt(p.at), image.NewUniform(windowColor), image.Point{}, draw.Src)
	}
	return m
}

var (
	_ Stage    = (*LayerPainter)(nil)
	_ Windowed = (*LayerPainter)(nil)
	_ Resizer  = (*LayerPainter)(nil)
)
