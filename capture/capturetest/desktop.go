package capturetest

import (
	"image"
	"math/rand/v2"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/internal/pixels"
)

// Desktop is a desktop in memory on which windows live: they open, move, resize,
// scroll and close, text is typed, films run, layers fade, colours are inverted.
// [Desktop.Act] does one random thing; a [Feed] shows it as a capture source
// does, not always promptly. The same seeds do the same things.
type Desktop struct {
	layer     // what it shows
	origin    image.Point
	monitors  []capture.Monitor
	wallpaper layer
	windows   []*window // the upper ones later
	pages     []layer   // each as large as the desktop, shown instead of windows
	page      int       // 0: none
	before    int       // the page before
	last      int       // the act before
	fade      fade
	inverted  bool
	cursor    capture.Cursor

	// What is to be announced.
	damage  []image.Rectangle
	hints   []capture.Move
	shaped  bool
	pointed bool
	layout  bool
}

// fade is a layer of one colour over a part of the desktop.
type fade struct {
	r      image.Rectangle
	colour uint32
	alpha  uint32 // of 256
}

// NewDesktop makes a desktop with a wallpaper and a window or two.
func NewDesktop(rng *rand.Rand) *Desktop {
	d := &Desktop{}
	d.relayout(rng)
	d.point(rng, true)
	for range rng.IntN(3) {
		d.open(rng)
	}
	return d
}

// Rect is the desktop, all monitors. It may begin at negative coordinates.
func (d *Desktop) Rect() image.Rectangle { return d.bounds().Add(d.origin) }

// Monitors are those of the desktop.
func (d *Desktop) Monitors() []capture.Monitor { return d.monitors }

// Cursor is the pointer as it is now.
func (d *Desktop) Cursor() capture.Cursor { return d.cursor }

// Truth is what the desktop shows, alpha 255.
func (d *Desktop) Truth() *image.RGBA {
	m := image.NewRGBA(d.Rect())
	pixels.Swap(m.Pix, d.pix, 255)
	return m
}

// show brings a rectangle up to date and has it announced.
func (d *Desktop) show(r image.Rectangle) {
	if r = r.Intersect(d.bounds()); r.Empty() {
		return
	}
	d.compose(r)
	d.damage = append(d.damage, r)
}

// compose paints what is to be seen in r, which is on the desktop. Places on the
// desktop are relative to its upper left corner here.
func (d *Desktop) compose(r image.Rectangle) {
	ground := &d.wallpaper
	if d.page > 0 {
		ground = &d.pages[d.page-1]
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(d.row(y, r.Min.X, r.Max.X), ground.row(y, r.Min.X, r.Max.X))
	}
	if d.page == 0 {
		for _, w := range d.windows {
			q := w.place().Intersect(r)
			for y := q.Min.Y; y < q.Max.Y; y++ {
				copy(d.row(y, q.Min.X, q.Max.X), w.row(y-w.at.Y, q.Min.X-w.at.X, q.Max.X-w.at.X))
			}
		}
	}
	if q := d.fade.r.Intersect(r); d.fade.alpha > 0 {
		for y := q.Min.Y; y < q.Max.Y; y++ {
			blend(d.row(y, q.Min.X, q.Max.X), d.fade)
		}
	}
	if d.inverted {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := d.row(y, r.Min.X, r.Max.X)
			for i := range row {
				row[i] ^= 0xff
			}
		}
	}
}

func blend(row []byte, f fade) {
	for i := range row {
		over := f.colour >> (8 * (i % 4)) & 0xff
		row[i] = byte((uint32(row[i])*(256-f.alpha) + over*f.alpha) >> 8)
	}
}

// relayout gives the desktop another size, place and monitors.
func (d *Desktop) relayout(rng *rand.Rand) {
	size := image.Pt(150+rng.IntN(350), 100+rng.IntN(300))
	switch rng.IntN(20) {
	case 0:
		size = image.Pt(1+rng.IntN(130), 1+rng.IntN(130))
	case 1:
		size = image.Pt(600+rng.IntN(500), 300+rng.IntN(300))
	case 2, 3: // whole tiles
		size = image.Pt(64*(1+rng.IntN(8)), 64*(1+rng.IntN(5)))
	}
	d.layer, d.wallpaper = newLayer(size), newLayer(size)
	d.origin = image.Pt(0, 0)
	if rng.IntN(2) == 0 {
		d.origin = image.Pt(-rng.IntN(2000), rng.IntN(400)-200)
	}
	d.pages, d.page, d.before = nil, 0, 0
	d.fade = fade{}
	d.paper(rng)
	d.compose(d.bounds())
	d.split(rng)
	d.damage, d.hints, d.layout = append(d.damage[:0], d.bounds()), d.hints[:0], true
	d.cursor.Position = clamp(d.cursor.Position, d.Rect())
	d.pointed = true
}

func clamp(p image.Point, r image.Rectangle) image.Point {
	return image.Pt(min(max(p.X, r.Min.X), r.Max.X-1), min(max(p.Y, r.Min.Y), r.Max.Y-1))
}

// split divides the desktop into monitors, sometimes with gaps or overlaps.
func (d *Desktop) split(rng *rand.Rand) {
	r := d.Rect()
	d.monitors = d.monitors[:0:0]
	for i := range 1 + rng.IntN(3) {
		m := r
		if i > 0 || rng.IntN(2) == 0 {
			m = randomRect(r.Size(), rng).Add(r.Min)
			m = image.Rectangle{m.Min, m.Min.Add(image.Pt(max(m.Dx(), r.Dx()/3), max(m.Dy(), r.Dy()/3)))}.Intersect(r)
		}
		d.monitors = append(d.monitors, capture.Monitor{ID: uint32(i + 1), Rect: m, Primary: i == 0})
	}
	d.layout = true
}

func (d *Desktop) paper(rng *rand.Rand) {
	switch rng.IntN(3) {
	case 0:
		d.wallpaper.fill(d.bounds(), rng.Uint32())
	case 1:
		d.wallpaper.photo(rng, d.bounds())
	case 2:
		d.wallpaper.squares(rng, d.bounds())
	}
}
