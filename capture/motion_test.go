package capture_test

import (
	"errors"
	"image"
	"testing"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
)

// watched is a desk, the refined source of it, and what a receiver makes of that.
type watched struct {
	*capturetest.Desk
	refined capture.Source
	replica capturetest.Replica
	frame   capture.Frame
}

func watch(t testing.TB, d *capturetest.Desk) *watched {
	t.Helper()
	w := &watched{Desk: d, refined: capture.Refine(d)}
	w.step(t)
	return w
}

// step takes a frame if there is one; the receiver's picture must be the desk.
func (w *watched) step(t testing.TB) {
	t.Helper()
	w.frame.Moves, w.frame.Damage = w.frame.Moves[:0], w.frame.Damage[:0]
	err := w.refined.Next(t.Context(), &w.frame)
	if err != nil && !errors.Is(err, capturetest.ErrStill) {
		t.Fatal(err)
	}
	if err != nil {
		w.frame.Rect, w.frame.Moves, w.frame.Damage = w.Rect, nil, nil
	}
	if err := w.replica.Apply(&w.frame, w.Desk); err != nil {
		t.Fatal(err)
	}
	if len(w.frame.Moves) > 8 {
		t.Fatalf("%d moves", len(w.frame.Moves))
	}
}

// explained checks that the last frame has one to three moves, all by that way,
// and at most so much damage.
func (w *watched) explained(t *testing.T, by image.Point, damage int) {
	t.Helper()
	if n := len(w.frame.Moves); n == 0 || n > 3 {
		t.Errorf("%d moves by %v: %v", n, by, w.frame.Moves)
	}
	for _, m := range w.frame.Moves {
		if m.To.Sub(m.Src.Min) != by {
			t.Errorf("move %v, want %v", m, by)
		}
	}
	if w.replica.Damaged > damage {
		t.Errorf("%d pixels are damaged after a move by %v, want at most %d: %v and %v", w.replica.Damaged, by, damage, w.frame.Moves, w.frame.Damage)
	}
}

// unmoved checks that the last frame has damage alone.
func (w *watched) unmoved(t *testing.T) {
	t.Helper()
	if len(w.frame.Moves) > 0 || len(w.frame.Damage) == 0 {
		t.Errorf("moves %v, damage %v", w.frame.Moves, w.frame.Damage)
	}
}

// lines is how much damage may be left beside what was uncovered: a line of text
// at an edge, between two samples.
const lines = 9000

func size(r image.Rectangle) int { return r.Dx() * r.Dy() }

// uncovered is how many pixels of r a move of it by a way does not fill.
func uncovered(r image.Rectangle, by image.Point) int {
	return size(r) - size(r.Intersect(r.Add(by)))
}

var scrollSteps = []image.Point{
	{0, -24},
	{0, 24},
	{0, -1},
	{0, 1},
	{0, 2},
	{0, -3},
	{0, 40},
	{0, -60},
	{0, 300},
	{0, -410},
	{24, 0},
	{-24, 0},
	{1, 0},
	{-2, 0},
	{3, 0},
	{-90, 0},
	{350, 0},
}

// A window of text between a bar and a scroll bar, both still, with an overlay
// that changes. The window claims all of itself, as programs that draw into a
// buffer do.
func TestRefineFindsScrolls(t *testing.T) {
	desk := image.Rect(-40, -30, 1000, 800)
	window := image.Rect(50, 40, 830, 760)
	area := image.Rect(190, 100, 810, 760)
	overlay := image.Rect(190, 100, 350, 116)
	d := capturetest.NewDesk(desk)
	d.Photo(desk, 1)
	d.Page(window, 2)
	w := watch(t, d)
	doc := capturetest.NewDesk(image.Rect(-2000, -2000, 2000, 2000))
	doc.Page(doc.Rect, 3)
	at := image.Point{}
	show := func() {
		d.Put(doc.Cut(image.Rectangle{at, at.Add(area.Size())}), area.Min)
		d.Noise(overlay, uint64(at.X+at.Y)&0xffff)
		d.Claim(window)
		w.step(t)
	}
	show()
	for _, by := range scrollSteps {
		for range 3 {
			at = at.Sub(by)
			show()
			w.explained(t, by, uncovered(area, by)+2*size(overlay)+lines)
		}
	}
}

// A toolbar that stays in the middle of what is scrolled splits it.
func TestRefineLeavesOutBarsThatStand(t *testing.T) {
	d := capturetest.NewDesk(image.Rect(0, 0, 900, 700))
	w := watch(t, d)
	left, right := image.Rect(20, 20, 430, 680), image.Rect(500, 20, 880, 680)
	d.Page(left, 5)
	d.Page(right, 6)
	d.Photo(image.Rect(430, 20, 500, 680), 1)
	w.step(t)
	by := image.Pt(0, -33)
	d.Scroll(left, by)
	d.Scroll(right, by)
	d.Claim(image.Rect(20, 20, 880, 680))
	w.step(t)
	w.explained(t, by, uncovered(left, by)+uncovered(right, by)+lines)
	for _, damage := range w.frame.Damage {
		if hit := damage.Intersect(image.Rect(432, 20, 498, 640)); !hit.Empty() {
			t.Errorf("damage %v, though nothing changed there", damage)
		}
	}
}

// Two things that change places are a ring of moves, of which one must be damage.
func TestRefineBreaksRings(t *testing.T) {
	d := capturetest.NewDesk(image.Rect(0, 0, 900, 500))
	left, right := image.Rect(20, 20, 420, 460), image.Rect(470, 20, 870, 460)
	d.Page(left, 1)
	d.Page(right, 2)
	w := watch(t, d)
	for range 3 {
		a, b := d.Cut(left), d.Cut(right)
		d.Put(a, right.Min)
		d.Put(b, left.Min)
		w.step(t)
		if len(w.frame.Moves) == 0 || w.replica.Damaged > size(left)+lines {
			t.Errorf("moves %v, damage %v", w.frame.Moves, w.frame.Damage)
		}
	}
}

// Two areas that scroll at once, each its own way.
func TestRefineFindsSeveralWays(t *testing.T) {
	for name, right := range map[string]image.Rectangle{"apart": image.Rect(500, 20, 880, 580), "near": image.Rect(425, 20, 880, 580)} {
		t.Run(name, func(t *testing.T) {
			d := capturetest.NewDesk(image.Rect(0, 0, 900, 600))
			left := image.Rect(20, 20, 420, 580)
			d.Page(left, 1)
			d.Page(right, 2)
			w := watch(t, d)
			d.Scroll(left, image.Pt(0, -31))
			d.Scroll(right, image.Pt(0, 50))
			w.step(t)
			ways := make(map[image.Point]bool)
			for _, m := range w.frame.Moves {
				ways[m.To.Sub(m.Src.Min)] = true
			}
			if !ways[image.Pt(0, -31)] || !ways[image.Pt(0, 50)] || w.replica.Damaged > 3*lines {
				t.Errorf("moves %v, damage %v", w.frame.Moves, w.frame.Damage)
			}
		})
	}
}

func TestRefineFindsDraggedWindows(t *testing.T) {
	for name, paint := range map[string]func(d *capturetest.Desk, r image.Rectangle){
		"photo": func(d *capturetest.Desk, r image.Rectangle) { d.Photo(r, 1) },
		"text":  func(d *capturetest.Desk, r image.Rectangle) { d.Page(r, 1) },
		"plain": func(d *capturetest.Desk, r image.Rectangle) { d.Fill(r, 0x336699) },
	} {
		t.Run(name, func(t *testing.T) {
			rect := image.Rect(0, 0, 1600, 1000)
			back, window := capturetest.NewDesk(rect), capturetest.NewDesk(image.Rect(0, 0, 650, 400))
			paint(back, rect)
			window.Fill(window.Rect, 0x202020)
			window.Page(window.Rect.Inset(3), 9)
			d := capturetest.NewDesk(rect)
			d.Put(back.Cut(rect), image.Point{})
			at := image.Pt(300, 200)
			d.Put(window.Cut(window.Rect), at)
			w := watch(t, d)
			for _, by := range []image.Point{{1, 0}, {0, -1}, {7, 3}, {-13, 40}, {100, 37}, {-120, -77}, {300, 150}, {-200, 90}, {655, 0}, {-655, 10}} {
				was := window.Rect.Add(at)
				is := was.Add(by)
				d.Put(back.Cut(was), was.Min)
				d.Put(window.Cut(window.Rect), is.Min)
				d.Damage = append(d.Damage[:0], is, was)
				at = is.Min
				w.step(t)
				w.explained(t, by, uncovered(was, by)+lines)
			}
		})
	}
}

func TestRefineChecksHints(t *testing.T) {
	rect := image.Rect(-100, -50, 900, 700)
	d := capturetest.NewDesk(rect)
	d.Page(rect, 1)
	w := watch(t, d)
	area := image.Rect(0, 0, 640, 480)
	for i, by := range []image.Point{{0, -20}, {-3, 7}, {200, -100}} {
		d.Scroll(area, by)
		src := area.Intersect(area.Sub(by))
		d.Damage = d.Damage[:0]
		d.Moves = append(d.Moves, capture.Move{Src: src, To: src.Min.Add(by)})
		w.step(t)
		w.explained(t, by, 0)
		// The same again, but it is not so: nothing at all changed.
		d.Moves = append(d.Moves, capture.Move{Src: src, To: src.Min.Add(by)})
		w.step(t)
		if len(w.frame.Moves)+len(w.frame.Damage) > 0 {
			t.Errorf("%v and %v of a hint without truth", w.frame.Moves, w.frame.Damage)
		}
		// A hint over what was drawn, partly outside of the desktop.
		d.Photo(area, uint64(i))
		d.Damage = d.Damage[:0]
		d.Moves = append(d.Moves, capture.Move{Src: area, To: image.Pt(500, 300)}, capture.Move{Src: area.Add(image.Pt(40, 40)), To: area.Min})
		w.step(t)
		w.unmoved(t)
		d.Page(area, uint64(i))
		w.step(t)
	}
}

func TestRefineMakesNoMovesThatDoNotPay(t *testing.T) {
	rect := image.Rect(0, 0, 800, 600)
	for name, draw := range map[string]func(d *capturetest.Desk, w *watched){
		"one colour": func(d *capturetest.Desk, _ *watched) {
			d.Fill(image.Rect(100, 100, 400, 400), 0x808080)
			d.Fill(image.Rect(130, 170, 430, 470), 0x4466aa)
			d.Claim(rect)
		},
		"small": func(d *capturetest.Desk, _ *watched) {
			d.Scroll(image.Rect(500, 100, 530, 134), image.Pt(0, 3))
			d.Claim(rect)
		},
		"noise": func(d *capturetest.Desk, _ *watched) { d.Noise(rect, 5) },
		"video": func(d *capturetest.Desk, _ *watched) { d.Photo(image.Rect(80, 80, 720, 440), 5) },
		"flip":  func(d *capturetest.Desk, _ *watched) { d.Invert(rect) },
		"page":  func(d *capturetest.Desk, _ *watched) { d.Page(rect, 99) },
	} {
		t.Run(name, func(t *testing.T) {
			d := capturetest.NewDesk(rect)
			d.Page(rect, 4)
			d.Fill(image.Rect(100, 100, 400, 400), 0x4466aa)
			d.Noise(image.Rect(500, 100, 530, 134), 1)
			w := watch(t, d)
			draw(d, w)
			w.step(t)
			w.unmoved(t)
		})
	}
}

// A scroll in a place where a video was is found soon.
func TestRefineDoesNotGiveUp(t *testing.T) {
	rect := image.Rect(0, 0, 800, 600)
	d := capturetest.NewDesk(rect)
	w := watch(t, d)
	for i := range 100 {
		d.Photo(rect, uint64(i))
		w.step(t)
		w.unmoved(t)
	}
	d.Page(rect, 1)
	w.step(t)
	for i := range 10 {
		d.Scroll(rect, image.Pt(0, -17))
		w.step(t)
		if len(w.frame.Moves) > 0 {
			return
		}
		if i == 9 {
			t.Error("ten steps of a scroll went unseen")
		}
	}
}
