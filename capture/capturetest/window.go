package capturetest

import (
	"image"
	"math/rand/v2"
)

// kind is what a window shows.
type kind int

const (
	page     kind = iota // a text that scrolls beside a bar and below another
	terminal             // lines that are typed
	picture
	film
	form // squares of few colours
	kinds
)

// window is a rectangle of its own pixels on a desktop.
type window struct {
	layer
	at    image.Point // on the desktop
	kind  kind
	style style
	view  image.Rectangle // what scrolls, in the window
	caret image.Point
}

func newWindow(rng *rand.Rand, r image.Rectangle) *window {
	w := &window{at: r.Min, kind: kind(rng.IntN(int(kinds))), style: newStyle(rng)}
	w.resize(rng, r.Size())
	return w
}

func (w *window) place() image.Rectangle { return w.bounds().Add(w.at) }

// resize gives the window another size and paints it anew.
func (w *window) resize(rng *rand.Rand, size image.Point) {
	w.layer = newLayer(size)
	w.view = w.bounds()
	switch w.kind {
	case page:
		w.squares(rng, w.bounds())
		w.view.Min.X = min(rng.IntN(40), size.X-1)
		w.view.Min.Y = min(rng.IntN(30), size.Y-1)
		w.view.Max.X -= rng.IntN(min(14, w.view.Dx()))
		w.text(rng, w.view, w.style)
	case terminal:
		w.fill(w.bounds(), w.style.ground)
		w.caret = image.Pt(1, 1)
	default:
		w.change(rng, w.view)
	}
}

// change paints a part of the window anew.
func (w *window) change(rng *rand.Rand, r image.Rectangle) {
	switch w.kind {
	case picture:
		if rng.IntN(4) == 0 {
			w.noise(rng, r)
			return
		}
		w.photo(rng, r)
	case film:
		w.photo(rng, r)
	case form:
		w.squares(rng, r)
	default:
		w.text(rng, r, w.style)
	}
}

// write types one letter and returns what that changed. A terminal that is full
// scrolls by a line.
func (w *window) write(rng *rand.Rand) (changed image.Rectangle, by image.Point) {
	changed = image.Rectangle{w.caret, w.caret.Add(image.Pt(advance, w.style.leading))}.Intersect(w.bounds())
	w.letter(rng.IntN(letters), w.caret, w.style)
	w.caret.X += advance
	if w.caret.X+advance <= w.size.X && rng.IntN(30) > 0 {
		return changed, by
	}
	w.caret = image.Pt(1, w.caret.Y+w.style.leading)
	if w.caret.Y+w.style.leading <= w.size.Y {
		return changed, by
	}
	by = image.Pt(0, -w.style.leading)
	for _, r := range w.scroll(w.bounds(), by) {
		w.fill(r, w.style.ground)
	}
	w.caret.Y = max(w.caret.Y-w.style.leading, 0)
	return w.bounds(), by
}

// roll scrolls the window's view and paints what that uncovers.
func (w *window) roll(rng *rand.Rand, by image.Point) {
	for _, r := range w.scroll(w.view, by) {
		w.change(rng, r)
	}
}
