package encode_test

import (
	"image"
	"math/rand/v2"

	"github.com/alongside-remote/alongside/capture"
)

// desktop draws what desktops show and describes it as a capture source does.
type desktop struct {
	rng   *rand.Rand
	rect  image.Rectangle
	pix   []byte
	noisy bool          // draws pictures that no lossy codec is good at
	frame capture.Frame // what happened since it was taken
}

func newDesktop(rng *rand.Rand, r image.Rectangle) *desktop {
	d := &desktop{rng: rng}
	d.resize(r)
	return d
}

func (d *desktop) resize(r image.Rectangle) {
	d.rect, d.pix = r, make([]byte, 4*r.Dx()*r.Dy())
	d.frame = capture.Frame{Layout: true}
	d.fill(r)
}

func (d *desktop) at(x, y int) []byte {
	i := 4 * ((y-d.rect.Min.Y)*d.rect.Dx() + x - d.rect.Min.X)
	return d.pix[i : i+4 : i+4]
}

func (d *desktop) set(x, y int, r, g, b uint8) {
	p := d.at(x, y)
	p[0], p[1], p[2], p[3] = b, g, r, uint8(d.rng.Uint32()) // X is anything
}

func (d *desktop) damaged(r image.Rectangle) { d.frame.Damage = append(d.frame.Damage, r) }

// area is a random rectangle on the desktop.
func (d *desktop) area() image.Rectangle {
	w, h := 1+d.rng.IntN(d.rect.Dx()), 1+d.rng.IntN(d.rect.Dy())
	if d.rng.IntN(2) == 0 {
		w, h = min(w, 1+d.rng.IntN(30)), min(h, 1+d.rng.IntN(30))
	}
	at := d.rect.Min.Add(image.Pt(d.rng.IntN(d.rect.Dx()-w+1), d.rng.IntN(d.rect.Dy()-h+1)))
	return image.Rectangle{at, at.Add(image.Pt(w, h))}
}

func (d *desktop) fill(r image.Rectangle) {
	c := d.rng.Uint32()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			d.set(x, y, uint8(c), uint8(c>>8), uint8(c>>16))
		}
	}
	d.damaged(r)
}

// text is strokes of few colours on one ground.
func (d *desktop) text(r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		ink := uint8(0)
		for x := r.Min.X; x < r.Max.X; x++ {
			if d.rng.IntN(4) == 0 {
				ink = uint8(d.rng.IntN(3)) * 80
			}
			d.set(x, y, 250-ink, 250-ink, 240-ink)
		}
	}
	d.damaged(r)
}

// photo is a smooth gradient with grain.
func (d *desktop) photo(r image.Rectangle) {
	a, b := d.rng.IntN(150), d.rng.IntN(150)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			v := (x-r.Min.X)/8 + (y-r.Min.Y)/11 + d.rng.IntN(8)
			d.set(x, y, uint8(min(a+v, 255)), uint8(min(b+v/2, 255)), uint8(min(40+v+d.rng.IntN(8), 255)))
		}
	}
	d.damaged(r)
}

// noise is a picture at its worst.
func (d *desktop) noise(r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := d.rng.Uint32()
			d.set(x, y, uint8(c), uint8(c>>8), uint8(c>>16))
		}
	}
	d.damaged(r)
}

// scroll moves an area and paints what it uncovered, or forgets to tell of it.
func (d *desktop) scroll(src image.Rectangle) {
	to := d.rect.Min.Add(image.Pt(d.rng.IntN(d.rect.Dx()-src.Dx()+1), d.rng.IntN(d.rect.Dy()-src.Dy()+1)))
	if d.rng.IntN(2) == 0 { // a real scroll: few rows up or down
		to = image.Pt(src.Min.X, min(max(src.Min.Y+d.rng.IntN(49)-24, d.rect.Min.Y), d.rect.Max.Y-src.Dy()))
	}
	if to == src.Min {
		return
	}
	old := append([]byte(nil), d.pix...)
	for y := range src.Dy() {
		for x := range src.Dx() {
			i := 4 * ((src.Min.Y+y-d.rect.Min.Y)*d.rect.Dx() + src.Min.X + x - d.rect.Min.X)
			copy(d.at(to.X+x, to.Y+y), old[i:i+4])
		}
	}
	// A source with moves takes a frame whenever it moves: damage that comes
	// before a move cannot be told in one frame with it.
	if len(d.frame.Damage) > 0 {
		d.damaged(image.Rectangle{to, to.Add(src.Size())})
		return
	}
	d.frame.Moves = append(d.frame.Moves, capture.Move{Src: src, To: to})
}

func (d *desktop) pointer() {
	c := &capture.Cursor{Position: d.rect.Min.Add(image.Pt(d.rng.IntN(d.rect.Dx()), d.rng.IntN(d.rect.Dy()))), Visible: d.rng.IntN(5) > 0}
	if d.frame.Cursor == nil || !d.frame.Cursor.Shape {
		c.Shape, c.Size = true, image.Pt(1+d.rng.IntN(40), 1+d.rng.IntN(40))
		c.Hot = image.Pt(d.rng.IntN(c.Size.X), d.rng.IntN(c.Size.Y))
		c.Pix = make([]byte, 4*c.Size.X*c.Size.Y)
		for i := range c.Pix {
			c.Pix[i] = uint8(d.rng.IntN(256))
		}
		d.frame.Cursor = c
	}
}

// draw does one random thing.
func (d *desktop) draw() {
	switch r := d.area(); d.rng.IntN(12) {
	case 0, 1:
		d.fill(r)
	case 2, 3, 4:
		d.text(r)
	case 5, 6:
		d.photo(r)
	case 7:
		if d.noisy {
			d.noise(r)
		}
	case 8, 9, 10:
		d.scroll(r)
	case 11:
		d.pointer()
	}
}

// take is the frame of everything since the last one.
func (d *desktop) take() *capture.Frame {
	f := d.frame
	f.Rect, f.Stride, f.Pix = d.rect, 4*d.rect.Dx(), d.pix
	d.frame = capture.Frame{}
	return &f
}
