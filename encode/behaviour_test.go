package encode_test

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/wire"
)

// scene is a canvas that has shown a desktop with text exactly.
func scene(t *testing.T, r image.Rectangle) (*desktop, *watcher) {
	t.Helper()
	d := newDesktop(rand.New(rand.NewPCG(3, 4)), r)
	d.text(r)
	w := newWatcher(t, newCanvas(t))
	w.canvas.Update(d.take())
	w.drain()
	w.exact(d)
	return d, w
}

// kinds lists the operations of one payload.
func kinds(t *testing.T, payload []byte) (ks []wire.OpKind) {
	t.Helper()
	r := wire.NewOpReader(payload)
	for {
		op, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if op == nil {
			return ks
		}
		ks = append(ks, op.Kind)
	}
}

func TestEpochBeginsWithResize(t *testing.T) {
	d, w := scene(t, image.Rect(0, 0, 200, 100))
	before := w.canvas.Epoch()
	w.canvas.Refresh()
	w.canvas.Refresh()
	w.once()
	if e := w.canvas.Epoch(); e <= before {
		t.Errorf("epoch %d after %d", e, before)
	}
	if ks := kinds(t, w.buf); ks[0] != wire.OpResize {
		t.Errorf("epoch begins with %v", ks)
	}
	w.drain()
	w.exact(d)
	before = w.canvas.Epoch()
	d.resize(image.Rect(0, 0, 90, 300))
	w.canvas.Update(d.take())
	w.once()
	if w.canvas.Epoch() == before {
		t.Error("a resize within an epoch")
	}
	w.drain()
	w.exact(d)
}

func TestScrollCostsAMoveAndAStrip(t *testing.T) {
	d, w := scene(t, image.Rect(0, 0, 640, 480))
	d.scroll(image.Rect(0, 0, 1, 1)) // nothing to move
	d.take()
	copy(d.pix, d.pix[4*640*16:])
	d.frame.Moves = []capture.Move{{Src: image.Rect(0, 16, 640, 480)}}
	d.text(image.Rect(0, 464, 640, 480))
	full := w.bytes
	w.canvas.Update(d.take())
	w.once()
	w.exact(d)
	if ks := kinds(t, w.buf); len(ks) != 2 || ks[0] != wire.OpMove {
		t.Errorf("operations %v, want a move and a strip", ks)
	}
	if len(w.buf) > full/15 {
		t.Errorf("%d bytes for a strip of 1/30 of a screen of %d bytes", len(w.buf), full)
	}
}

func TestViewerGetsOnlyWhatItUnderstands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := scene(t, image.Rect(0, 0, 640, 480))
		if err := w.canvas.SetViewer([]uint32{uint32(wire.OpResize)}, 0); err == nil {
			t.Error("a viewer without lossless was taken")
		}
		if err := w.canvas.SetViewer([]uint32{uint32(wire.OpResize), uint32(wire.OpLossless), 1 << 30}, 0); err != nil {
			t.Fatal(err)
		}
		d.noisy = true
		for range 40 {
			d.draw()
			w.canvas.Update(d.take())
			for again := true; again; {
				again = w.once()
				for _, k := range kinds(t, w.buf) {
					if k != wire.OpResize && k != wire.OpLossless {
						t.Fatalf("operation %d was not asked for", k)
					}
				}
			}
			w.exact(d) // nothing lossy: no refinement to wait for
		}
	})
}

func TestSmallChangesGoFirst(t *testing.T) {
	d, w := scene(t, image.Rect(0, 0, 700, 720))
	d.noise(image.Rect(0, 0, 700, 400))
	letter := image.Rect(600, 650, 610, 670)
	d.text(letter)
	w.canvas.Update(d.take())
	w.limit = 1
	w.once()
	for y := letter.Min.Y; y < letter.Max.Y; y++ {
		for x := letter.Min.X; x < letter.Max.X; x++ {
			if got, want := w.view.Image().RGBAAt(x, y), d.at(x, y); got.R != want[2] || got.B != want[0] {
				t.Fatal("the letter was not in the first update")
			}
		}
	}
}

func TestLimitIsKeptToAGroup(t *testing.T) {
	d, w := scene(t, image.Rect(0, 0, 1000, 500))
	if err := w.canvas.SetViewer([]uint32{1, 5}, 0); err != nil { // noise and no photos: the worst there is
		t.Fatal(err)
	}
	for _, limit := range []int{0, 1, 20_000, 100_000, 1 << 30} {
		d.noise(d.rect)
		w.canvas.Update(d.take())
		w.limit = limit
		for again := true; again; {
			again = w.once()
			if top := min(limit, 256<<10) + 3*max(min(limit, 128<<10), 16<<10) + 3*4096 + 8192; len(w.buf) > top {
				t.Fatalf("update of %d bytes with limit %d", len(w.buf), limit)
			}
		}
		w.exact(d)
	}
}

// TestLimitStarvesNothing: under constant change of everything, with room for a
// part only, every part is sent in turn.
func TestLimitStarvesNothing(t *testing.T) {
	d, w := scene(t, image.Rect(0, 0, 640, 360))
	w.limit = 1
	last := image.Pt(639, 359)
	before := w.view.Image().RGBAAt(last.X, last.Y)
	for range 100 {
		d.text(d.rect)
		d.fill(image.Rectangle{last, last.Add(image.Pt(1, 1))})
		w.canvas.Update(d.take())
		w.once()
		if w.view.Image().RGBAAt(last.X, last.Y) != before {
			return
		}
	}
	t.Error("the last corner was never sent")
}

func TestRefinementWaitsForQuietAndGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := scene(t, image.Rect(0, 0, 640, 480))
		d.photo(image.Rect(0, 0, 384, 256))
		w.canvas.Update(d.take())
		w.drain()
		for range 20 { // a video: never quiet, never refined
			time.Sleep(40 * time.Millisecond)
			d.photo(image.Rect(0, 0, 384, 256))
			w.canvas.Update(d.take())
			w.drain()
			for _, k := range kinds(t, w.buf) {
				if k == wire.OpLossless {
					t.Fatal("refined between two frames of a video")
				}
			}
		}
		if worst, _ := w.errors(d); worst == 0 {
			t.Fatal("nothing was lossy: the test tests nothing")
		}
		start := time.Now()
		<-w.canvas.Changed() // left over from the damage
		<-w.canvas.Changed()
		if quiet := time.Since(start); quiet != 60*time.Millisecond { // half as long again as between two frames
			t.Errorf("refinement after %v", quiet)
		}
		w.limit = 1
		if !w.once() {
			t.Fatal("all was refined at once")
		}
		d.text(image.Rect(300, 300, 310, 320)) // new damage goes before the rest
		w.canvas.Update(d.take())
		w.once()
		if got, want := w.view.Image().RGBAAt(305, 310), d.at(305, 310); got.G != want[1] {
			t.Error("refinement held up new damage")
		}
		w.settle()
		w.exact(d)
	})
}

// TestUnevenVideoIsNotRefined: frames come as a busy machine shows them. What is
// late now and then puts refinement off, and an even video has it soon again.
func TestUnevenVideoIsNotRefined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := scene(t, image.Rect(0, 0, 192, 128))
		play := func(gaps ...time.Duration) (quiet time.Duration) {
			for _, gap := range gaps {
				time.Sleep(gap * time.Millisecond)
				d.photo(image.Rect(0, 0, 192, 128))
				w.canvas.Update(d.take())
				w.drain()
				if slices.Contains(kinds(t, w.buf), wire.OpLossless) {
					t.Fatalf("refined within %d ms", gap)
				}
			}
			start := time.Now()
			<-w.canvas.Changed() // left over from the damage
			<-w.canvas.Changed()
			return time.Since(start)
		}
		for _, c := range []struct {
			what string
			gaps []time.Duration
			want time.Duration
		}{
			{"one picture", []time.Duration{1000}, 35},
			{"30 a second", []time.Duration{1000, 33, 34, 33, 33}, 50},
			{"an uneven 25", []time.Duration{1000, 40, 30, 50, 28, 52}, 78},
			{"60 a second", []time.Duration{1000, 16, 17, 17, 16}, 35},
			{"a late one", []time.Duration{1000, 34, 34, 48, 34}, 63},
			{"a late one ten frames ago", []time.Duration{1000, 34, 48, 34, 34, 34, 34, 34, 34, 34, 34, 34, 34}, 51},
			{"slow", []time.Duration{1000, 250, 250}, 300},
			{"slower than a video", []time.Duration{1000, 400, 400}, 35},
		} {
			if got := play(c.gaps...).Round(time.Millisecond); got != c.want*time.Millisecond {
				t.Errorf("%s: refined after %v, want %d ms", c.what, got, c.want)
			}
		}
	})
}

func TestClosedCanvasDoesNothing(t *testing.T) {
	d, w := scene(t, image.Rect(0, 0, 64, 64))
	w.canvas.Close()
	w.canvas.Refresh()
	w.canvas.SetView(image.Rect(0, 0, 10, 10))
	d.text(d.rect)
	w.canvas.Update(d.take())
	if b, more := w.canvas.Append(nil, 1000); len(b) > 0 || more {
		t.Error("a closed canvas has something to send")
	}
	w.canvas.Close()
}
