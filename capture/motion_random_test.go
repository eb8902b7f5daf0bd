package capture_test

import (
	"image"
	"math/rand/v2"
	"testing"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
)

// randomDesk does one random thing.
func randomDesk(d *capturetest.Desk, rnd *rand.Rand) {
	rect := func(least int) image.Rectangle {
		w, h := least+rnd.IntN(d.Rect.Dx()-least+1), least+rnd.IntN(d.Rect.Dy()-least+1)
		at := d.Rect.Min.Add(image.Pt(rnd.IntN(d.Rect.Dx()-w+1), rnd.IntN(d.Rect.Dy()-h+1)))
		return image.Rectangle{at, at.Add(image.Pt(w, h))}
	}
	way := func(most int) image.Point {
		return image.Pt(rnd.IntN(2*most+1)-most, rnd.IntN(2*most+1)-most)
	}
	switch rnd.IntN(12) {
	case 0:
		d.Fill(rect(1), rnd.Uint32())
	case 1:
		d.Page(rect(20), rnd.Uint64())
	case 2:
		d.Photo(rect(1), rnd.Uint64())
	case 3:
		r := rect(1)
		d.Noise(image.Rectangle{r.Min, r.Min.Add(image.Pt(min(r.Dx(), 200), min(r.Dy(), 100)))}, rnd.Uint64())
	case 4:
		d.Invert(rect(1))
	case 5, 6:
		d.Scroll(rect(50), image.Pt(0, rnd.IntN(401)-200))
	case 7:
		d.Scroll(rect(50), way(3))
	case 8:
		d.Scroll(rect(50), image.Pt(rnd.IntN(401)-200, 0))
	case 9, 10: // a window, its old place filled with whatever
		r := rect(50)
		window := d.Cut(r)
		if rnd.IntN(2) == 0 {
			d.Fill(r, rnd.Uint32())
		} else {
			d.Photo(r, 1)
		}
		d.Put(window, r.Min.Add(way(150)))
	case 11: // a hint, true or not
		r := rect(20)
		by := way(100)
		to := r.Min.Add(by)
		if rnd.IntN(2) == 0 && r.Add(by).In(d.Rect) {
			d.Put(d.Cut(r), to)
			d.Damage = d.Damage[:len(d.Damage)-1]
		}
		d.Moves = append(d.Moves, capture.Move{Src: r, To: to})
	}
	if rnd.IntN(4) == 0 {
		d.Claim(rect(1))
	}
}

func TestRefineIsExactWhateverHappens(t *testing.T) {
	for range 3 {
		seed := rand.Uint64()
		rnd := rand.New(rand.NewPCG(seed, 0))
		at := image.Pt(rnd.IntN(200)-100, rnd.IntN(200)-100)
		d := capturetest.NewDesk(image.Rectangle{at, at.Add(image.Pt(100+rnd.IntN(700), 100+rnd.IntN(500)))})
		d.Page(d.Rect, seed)
		w := watch(t, d)
		moves := 0
		for step := range 150 {
			for range 1 + rnd.IntN(3) {
				randomDesk(d, rnd)
			}
			w.step(t)
			moves += len(w.frame.Moves)
			if t.Failed() {
				t.Fatalf("seed %d, step %d, desk %v", seed, step, d.Rect)
			}
		}
		if t.Failed() || moves == 0 {
			t.Fatalf("seed %d, desk %v: %d moves", seed, d.Rect, moves)
		}
	}
}

// Scrolls and drags of random areas over random things leave little damage. It
// need not be none each time, for pages may be nearly empty.
func TestRefineFindsRandomMoves(t *testing.T) {
	const times = 40
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	rect := image.Rect(0, 0, 1280, 800)
	d := capturetest.NewDesk(rect)
	w := watch(t, d)
	found, damaged := 0, 0
	for range times {
		d.Photo(rect, rnd.Uint64())
		extent := image.Pt(250+rnd.IntN(600), 200+rnd.IntN(400))
		at := image.Pt(rnd.IntN(rect.Dx()-extent.X), rnd.IntN(rect.Dy()-extent.Y))
		area := image.Rectangle{at, at.Add(extent)}
		d.Page(area, rnd.Uint64())
		w.step(t)
		by := image.Pt(1+rnd.IntN(extent.X/3), 1+rnd.IntN(extent.Y/3)).Mul(1 - 2*rnd.IntN(2))
		switch rnd.IntN(4) {
		case 0:
			by.X = 0
		case 1:
			by.Y = 0
		case 2:
			by.X = -by.X
		}
		d.Scroll(area, by)
		switch rnd.IntN(3) {
		case 0:
			d.Claim(area.Inset(-40))
		case 1:
			d.Claim(rect)
		}
		w.step(t)
		if m := w.frame.Moves; len(m) > 0 && m[0].To.Sub(m[0].Src.Min) == by {
			found++
		}
		damaged += w.replica.Damaged // what is uncovered stayed as it was
	}
	if found < times-3 || damaged > times*lines {
		t.Errorf("%d of %d moves found, %d pixels damaged, seed %d", found, times, damaged, seed)
	}
}

func FuzzRefineIsExact(f *testing.F) {
	f.Add(uint64(1), uint16(300), uint16(200), uint8(20))
	f.Add(uint64(2), uint16(64), uint16(900), uint8(20))
	f.Add(uint64(3), uint16(1000), uint16(51), uint8(20))
	f.Fuzz(func(t *testing.T, seed uint64, width, height uint16, steps uint8) {
		size := image.Pt(50+int(width%1000), 50+int(height%1000))
		rnd := rand.New(rand.NewPCG(seed, 7))
		d := capturetest.NewDesk(image.Rectangle{Max: size})
		d.Page(d.Rect, seed)
		w := watch(t, d)
		for range steps {
			randomDesk(d, rnd)
			w.step(t)
		}
	})
}
