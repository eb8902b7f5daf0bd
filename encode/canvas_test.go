package encode_test

import (
	"image"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/encode"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

func newCanvas(t testing.TB) *encode.Canvas {
	t.Helper()
	c := encode.New(encode.Options{Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(c.Close)
	return c
}

// watcher applies what a canvas sends.
type watcher struct {
	t       testing.TB
	canvas  *encode.Canvas
	view    *viewer.Canvas
	limit   int
	buf     []byte
	bytes   int
	updates int
}

func newWatcher(t testing.TB, c *encode.Canvas) *watcher {
	t.Helper()
	v := viewer.NewCanvas(0)
	t.Cleanup(v.Close)
	return &watcher{t: t, canvas: c, view: v, limit: encode.MaxLimit}
}

// once takes one update and tells whether more could be had.
func (w *watcher) once() bool {
	w.t.Helper()
	var more bool
	w.buf, more = w.canvas.Append(w.buf[:0], w.limit)
	if len(w.buf) > wire.MaxMediaPayload {
		w.t.Fatalf("update of %d bytes", len(w.buf))
	}
	if len(w.buf) == 0 {
		if more {
			w.t.Fatal("nothing appended, but more is promised")
		}
		return false
	}
	w.updates++
	w.bytes += len(w.buf)
	if err := w.view.Apply(w.canvas.Epoch(), w.buf); err != nil {
		w.t.Fatalf("apply: %v", err)
	}
	return more
}

// drain takes all that is pending now.
func (w *watcher) drain() {
	w.t.Helper()
	for w.once() {
	}
}

// settle drains until nothing has rung for longer than any refinement waits.
func (w *watcher) settle() {
	w.t.Helper()
	for {
		w.drain()
		select {
		case <-w.canvas.Changed():
		case <-time.After(time.Minute):
			return
		}
	}
}

// errors compares what is shown with the desktop: the largest difference of a
// channel and the PSNR.
func (w *watcher) errors(d *desktop) (worst int, psnr float64) {
	w.t.Helper()
	view := w.canvas.View()
	if w.view.Size() != view.Size() {
		w.t.Fatalf("viewer shows %v of %v", w.view.Size(), view)
	}
	sum := 0
	img := w.view.Image()
	for y := range view.Dy() {
		for x := range view.Dx() {
			want, got := d.at(x+view.Min.X, y+view.Min.Y), img.Pix[img.PixOffset(x, y):]
			for k := range 3 {
				e := int(got[k]) - int(want[2-k])
				sum += e * e
				worst = max(worst, e, -e)
			}
		}
	}
	mse := float64(sum) / float64(3*view.Dx()*view.Dy())
	return worst, 10 * math.Log10(255*255/mse)
}

func (w *watcher) exact(d *desktop) {
	w.t.Helper()
	if worst, _ := w.errors(d); worst != 0 {
		w.t.Fatalf("pixels differ by up to %d", worst)
	}
}

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, seed))
}

// TestWhatIsShownBecomesExact draws at random, with stalls of credit, refreshes,
// resizes and changes of monitor, and looks whether the viewer ends up with
// exactly the pixels of the desktop.
func TestWhatIsShownBecomesExact(t *testing.T) {
	rng := seeded(t)
	for round := range 12 {
		synctest.Test(t, func(t *testing.T) {
			c := newCanvas(t)
			w := newWatcher(t, c)
			d := newDesktop(rng, image.Rect(-130, -20, 190+rng.IntN(200), 200+rng.IntN(150)))
			for range 60 {
				d.noisy = round%2 == 0
				for range 1 + rng.IntN(4) {
					d.draw()
				}
				c.Update(d.take())
				switch rng.IntN(40) {
				case 0:
					c.Refresh()
				case 1:
					d.resize(image.Rect(0, 0, 1+rng.IntN(300), 1+rng.IntN(300)))
				case 2:
					c.SetView(d.area())
				case 3:
					c.SetView(image.Rectangle{})
				case 4:
					time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
				}
				w.limit = rng.IntN(100_000)
				for range rng.IntN(4) { // credit, or none
					w.once()
				}
			}
			c.Update(d.take())
			w.drain()
			if _, psnr := w.errors(d); psnr < 18 && !d.noisy {
				t.Errorf("before refinement: %.1f dB", psnr)
			}
			w.settle()
			w.exact(d)
			checkCursor(t, c, w, d)
		})
	}
}

func checkCursor(t *testing.T, c *encode.Canvas, w *watcher, d *desktop) {
	t.Helper()
	d.pointer()
	f := d.take()
	f.Cursor.Visible = true
	c.Update(f)
	w.drain()
	got, shown := w.view.Cursor(), f.Cursor.Position.In(c.View())
	if got.Visible != shown {
		t.Fatalf("cursor visible %v, want %v", got.Visible, shown)
	}
	if shown && (got.Position != f.Cursor.Position.Sub(c.View().Min) || got.Hot != f.Cursor.Hot || string(got.Pix) != string(f.Cursor.Pix)) {
		t.Error("another cursor than the endpoint's")
	}
}

// TestUpdateAndAppendAtOnce is for the race detector, and for updates that
// arrive in the middle of an Append.
func TestUpdateAndAppendAtOnce(t *testing.T) {
	rng := seeded(t)
	c := newCanvas(t)
	w := newWatcher(t, c)
	d := newDesktop(rng, image.Rect(0, 0, 700, 500))
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		for i := range 120 {
			d.draw()
			if i == 60 {
				d.resize(image.Rect(0, 0, 500, 600))
			}
			c.Update(d.take())
		}
	})
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-c.Changed():
			w.drain()
		}
	}
	wg.Wait()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		w.drain()
		if worst, _ := w.errors(d); worst == 0 {
			return
		}
		select {
		case <-c.Changed():
		case <-time.After(time.Second):
		}
	}
	w.exact(d)
}

// TestStillScreenIsSilent: once exact, no timer runs and nothing is sent.
func TestStillScreenIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCanvas(t)
		w := newWatcher(t, c)
		d := newDesktop(rand.New(rand.NewPCG(1, 2)), image.Rect(0, 0, 640, 400))
		d.photo(image.Rect(0, 0, 300, 300))
		c.Update(d.take())
		w.settle()
		w.exact(d)
		updates := w.updates
		select {
		case <-c.Changed():
			t.Error("the bell rang on a still screen")
		case <-time.After(24 * time.Hour):
		}
		c.Update(&capture.Frame{Rect: d.rect, Stride: 4 * d.rect.Dx(), Pix: d.pix})
		select {
		case <-c.Changed():
			t.Error("the bell rang for a frame without damage")
		default:
		}
		w.drain()
		if w.updates != updates {
			t.Errorf("%d updates of a still screen", w.updates-updates)
		}
	})
}
