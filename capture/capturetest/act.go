package capturetest

import (
	"fmt"
	"image"
	"math/rand/v2"

	"github.com/alongside-remote/alongside/capture"
)

const (
	windowsMost = 6
	pagesMost   = 3
)

// Act does one random thing, often the one that was done last, and says what.
func (d *Desktop) Act(rng *rand.Rand) string {
	acts := []struct {
		weight int
		do     func(*rand.Rand) string
	}{
		{3, d.open},
		{2, d.close},
		{8, d.drag},
		{2, d.resize},
		{2, d.raise},
		{10, d.write},
		{12, d.scroll},
		{6, d.play},
		{5, d.change},
		{4, d.fadeStep},
		{2, d.invert},
		{5, d.flip},
		{1, d.newPaper},
		{6, func(rng *rand.Rand) string { return d.point(rng, rng.IntN(3) == 0) }},
		{1, d.newLayout},
	}
	all := 0
	for _, a := range acts {
		all += a.weight
	}
	again, n := rng.IntN(3) == 0, rng.IntN(all)
	for i := range acts {
		if n -= acts[i].weight; n < 0 && !again {
			d.last = i
			break
		}
	}
	return acts[d.last].do(rng)
}

// pick is one of the windows, mostly the uppermost; nil without any.
func (d *Desktop) pick(rng *rand.Rand) *window {
	if len(d.windows) == 0 {
		return nil
	}
	if rng.IntN(3) > 0 {
		return d.windows[len(d.windows)-1]
	}
	return d.windows[rng.IntN(len(d.windows))]
}

// area is a rectangle that may hang over the edges of the desktop.
func (d *Desktop) area(rng *rand.Rand) image.Rectangle {
	size := image.Pt(20+rng.IntN(d.size.X), 15+rng.IntN(d.size.Y))
	at := image.Pt(rng.IntN(d.size.X+20)-20, rng.IntN(d.size.Y+20)-20)
	return image.Rectangle{at, at.Add(size)}
}

func (d *Desktop) open(rng *rand.Rand) string {
	if len(d.windows) == windowsMost {
		return d.close(rng)
	}
	w := newWindow(rng, d.area(rng))
	d.windows = append(d.windows, w)
	d.show(w.place())
	return fmt.Sprintf("open window %v of kind %d", w.place(), w.kind)
}

func (d *Desktop) close(rng *rand.Rand) string {
	if len(d.windows) == 0 {
		return d.open(rng)
	}
	i := rng.IntN(len(d.windows))
	r := d.windows[i].place()
	d.windows = append(d.windows[:i:i], d.windows[i+1:]...)
	d.show(r)
	return fmt.Sprintf("close window %v", r)
}

// drag moves a window by a little or by far.
func (d *Desktop) drag(rng *rand.Rand) string {
	w := d.pick(rng)
	if w == nil {
		return d.open(rng)
	}
	old := w.place()
	by := image.Pt(rng.IntN(41)-20, rng.IntN(41)-20)
	if rng.IntN(4) == 0 {
		by = d.area(rng).Min.Sub(w.at)
	}
	w.at = clamp(w.at.Add(by), image.Rect(-w.size.X+1, -w.size.Y+1, d.size.X, d.size.Y))
	d.show(old)
	d.show(w.place())
	d.hint(old, w.at)
	return fmt.Sprintf("drag window %v to %v", old, w.at)
}

func (d *Desktop) resize(rng *rand.Rand) string {
	w := d.pick(rng)
	if w == nil {
		return d.open(rng)
	}
	old := w.place()
	w.resize(rng, d.area(rng).Size())
	d.show(old)
	d.show(w.place())
	return fmt.Sprintf("resize window %v to %v", old, w.place())
}

func (d *Desktop) raise(rng *rand.Rand) string {
	if len(d.windows) == 0 {
		return d.open(rng)
	}
	i := rng.IntN(len(d.windows))
	w := d.windows[i]
	d.windows = append(append(d.windows[:i:i], d.windows[i+1:]...), w)
	d.show(w.place())
	return fmt.Sprintf("raise window %v", w.place())
}

func (d *Desktop) write(rng *rand.Rand) string {
	w := d.pick(rng)
	if w == nil {
		return d.open(rng)
	}
	n := 1 + rng.IntN(8)
	for range n {
		changed, by := w.write(rng)
		d.show(changed.Add(w.at))
		if by != (image.Point{}) {
			to := w.place().Add(by).Intersect(w.place())
			d.hint(to.Sub(by), to.Min)
		}
	}
	return fmt.Sprintf("type %d letters into window %v", n, w.place())
}

func (d *Desktop) scroll(rng *rand.Rand) string {
	w := d.pick(rng)
	if w == nil {
		return d.open(rng)
	}
	var by image.Point
	switch most := image.Pt(min(rng.IntN(60)+1, w.view.Dx()), min(rng.IntN(60)+1, w.view.Dy())); rng.IntN(8) {
	case 0:
		by.X = rng.IntN(2*most.X+1) - most.X
	case 1:
		by = image.Pt(rng.IntN(2*most.X+1)-most.X, rng.IntN(2*most.Y+1)-most.Y)
	case 2:
		by.Y = rng.IntN(2*w.view.Dy()+1) - w.view.Dy()
	default:
		by.Y = rng.IntN(2*most.Y+1) - most.Y
	}
	w.roll(rng, by)
	r := w.view.Add(w.at)
	d.show(r)
	to := r.Add(by).Intersect(r)
	d.hint(to.Sub(by), to.Min)
	return fmt.Sprintf("scroll %v by %v", r, by)
}

// play changes a part of a window as a film does: all its pixels, again and again.
func (d *Desktop) play(rng *rand.Rand) string {
	w := d.pick(rng)
	if w == nil {
		return d.open(rng)
	}
	r := image.Rect(w.size.X/8, w.size.Y/8, w.size.X-w.size.X/8, w.size.Y-w.size.Y/8)
	w.photo(rng, r)
	d.show(r.Add(w.at))
	return fmt.Sprintf("play film in %v", r.Add(w.at))
}

func (d *Desktop) change(rng *rand.Rand) string {
	w := d.pick(rng)
	if w == nil {
		return d.open(rng)
	}
	r := randomRect(w.size, rng)
	if rng.IntN(3) == 0 {
		w.fill(r, rng.Uint32())
	} else {
		w.change(rng, r)
	}
	d.show(r.Add(w.at))
	return fmt.Sprintf("change %v", r.Add(w.at))
}

// fadeStep lays a colour over the desktop or a part, more and more, and takes it away.
func (d *Desktop) fadeStep(rng *rand.Rand) string {
	switch {
	case d.fade.alpha == 0:
		d.fade = fade{r: d.bounds(), colour: rng.Uint32(), alpha: 1 + uint32(rng.IntN(256))}
		if rng.IntN(2) == 0 {
			d.fade.r = d.area(rng).Intersect(d.bounds())
		}
	case rng.IntN(3) == 0:
		d.fade.alpha = 0
	default:
		d.fade.alpha = uint32(rng.IntN(257))
	}
	d.show(d.fade.r)
	return fmt.Sprintf("fade %v to %d", d.fade.r, d.fade.alpha)
}

func (d *Desktop) invert(*rand.Rand) string {
	d.inverted = !d.inverted
	d.show(d.bounds())
	return "invert"
}

// flip shows another page over all, or none: pages come back as they were.
func (d *Desktop) flip(rng *rand.Rand) string {
	if len(d.pages) < pagesMost && rng.IntN(2) == 0 {
		p := newLayer(d.size)
		switch rng.IntN(4) {
		case 0:
			p.photo(rng, p.bounds())
		case 1:
			p.squares(rng, p.bounds())
		default:
			p.text(rng, p.bounds(), newStyle(rng))
		}
		d.pages = append(d.pages, p)
	}
	if to := rng.IntN(len(d.pages) + 1); rng.IntN(2) == 0 && d.page != d.before {
		d.page, d.before = d.before, d.page
	} else {
		d.page, d.before = to, d.page
	}
	d.show(d.bounds())
	return fmt.Sprintf("flip to page %d", d.page)
}

func (d *Desktop) newPaper(rng *rand.Rand) string {
	d.paper(rng)
	d.show(d.bounds())
	return "another wallpaper"
}

func (d *Desktop) newLayout(rng *rand.Rand) string {
	if rng.IntN(2) == 0 {
		d.split(rng)
		return fmt.Sprintf("monitors %v", d.monitors)
	}
	d.relayout(rng)
	return fmt.Sprintf("desktop %v, monitors %v", d.Rect(), d.monitors)
}

// point moves the pointer, or gives it another shape too.
func (d *Desktop) point(rng *rand.Rand, shape bool) string {
	c := &d.cursor
	c.Position = d.Rect().Min.Add(image.Pt(rng.IntN(d.size.X), rng.IntN(d.size.Y)))
	c.Visible = rng.IntN(6) > 0
	if shape {
		c.Size = image.Pt(1+rng.IntN(40), 1+rng.IntN(40))
		if rng.IntN(10) == 0 {
			c.Size = image.Pt(1+rng.IntN(256), 1+rng.IntN(256))
		}
		c.Hot = image.Pt(rng.IntN(c.Size.X), rng.IntN(c.Size.Y))
		c.Pix = make([]byte, 4*c.Size.X*c.Size.Y)
		for i := range c.Pix {
			c.Pix[i] = uint8(rng.Uint32())
		}
		d.shaped = true
	}
	d.pointed = true
	return fmt.Sprintf("pointer at %v, visible %v, new shape %v", c.Position, c.Visible, shape)
}

// hint remembers what a system that knows of moves would say.
func (d *Desktop) hint(src image.Rectangle, to image.Point) {
	by := to.Sub(src.Min)
	src = src.Intersect(d.bounds()).Intersect(d.bounds().Sub(by))
	to = src.Min.Add(by)
	if src.Empty() || by == (image.Point{}) {
		return
	}
	d.hints = append(d.hints, capture.Move{Src: src.Add(d.origin), To: to.Add(d.origin)})
}
