package encode_test

import (
	"image"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/wire"
)

// thinLimit is the limit of an update on a path of 320 kbit/s.
const thinLimit = 2 << 10

// mixed is a screen of letters and, in its lower half, a photo.
func mixed(r image.Rectangle) *desktop {
	d := newDesktop(rand.New(rand.NewPCG(3, 4)), r)
	d.text(r)
	d.photo(image.Rect(r.Min.X, r.Dy()/2, r.Max.X, r.Max.Y))
	return d
}

// TestThinPathShowsAllAtOnce: everything is seen roughly for a fraction of what
// the sharp picture takes; then letters become exact, then all.
func TestThinPathShowsAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := image.Rect(0, 0, 1280, 768)
		d := mixed(r)
		letters := image.Rect(0, 0, 1280, 320)
		w := newWatcher(t, newCanvas(t))
		w.limit = thinLimit
		w.canvas.SetFar(true)
		w.canvas.Update(d.take())
		for w.canvas.Urgent() {
			w.once()
		}
		roughly := w.bytes
		if worst, psnr := w.errors(d); worst == 0 || psnr < 10 {
			t.Errorf("the rough picture is off by %d, %.1f dB", worst, psnr)
		}
		sharp := 0
		for sharp == 0 {
			w.settleOnce()
			if same(d, w, letters) {
				sharp = w.bytes
			}
		}
		if same(d, w, r) {
			t.Error("letters were not the first to be exact")
		}
		w.settle()
		w.exact(d)
		t.Logf("all of it roughly %d bytes, letters exact %d, all %d", roughly, sharp, w.bytes)
		if roughly > w.bytes/30 {
			t.Errorf("the rough picture took %d of %d bytes", roughly, w.bytes)
		}
	})
}

// settleOnce takes an update, waiting for the bell if nothing is pending.
func (w *watcher) settleOnce() {
	w.t.Helper()
	before := w.updates
	for w.once(); w.updates == before; w.once() {
		<-w.canvas.Changed()
	}
}

// same tells whether the viewer shows this part exactly.
func same(d *desktop, w *watcher, r image.Rectangle) bool {
	img := w.view.Image()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p, q := d.at(x, y), img.Pix[img.PixOffset(x, y):]
			if p[0] != q[2] || p[1] != q[1] || p[2] != q[0] {
				return false
			}
		}
	}
	return true
}

// TestNearPathIsNeverRough: where the exact picture follows at once, a rough one
// would be a flicker.
func TestNearPathIsNeverRough(t *testing.T) {
	d := newDesktop(rand.New(rand.NewPCG(3, 4)), image.Rect(0, 0, 1280, 768))
	d.text(d.rect)
	w := newWatcher(t, newCanvas(t))
	w.limit = thinLimit
	w.canvas.Update(d.take())
	for more := true; more; {
		more = w.once()
		for _, k := range kinds(t, w.buf) {
			if k == wire.OpPhoto {
				t.Fatal("letters came as a photo")
			}
		}
	}
	w.exact(d)
}

// TestScrollThatWaitsIsOneMove: its steps are one move of all of them when it is
// sent at last, also when it goes back a little, and nothing of it is lost.
func TestScrollThatWaitsIsOneMove(t *testing.T) {
	r := image.Rect(0, 0, 640, 480)
	d, w := scene(t, r)
	step := func(by int) {
		const row = 4 * 640
		if by > 0 {
			copy(d.pix, d.pix[row*by:])
			d.frame.Moves = []capture.Move{{Src: image.Rect(0, by, 640, 480)}}
			d.text(image.Rect(0, 480-by, 640, 480))
		} else {
			copy(d.pix[row*-by:], d.pix)
			d.frame.Moves = []capture.Move{{Src: image.Rect(0, 0, 640, 480+by), To: image.Pt(0, -by)}}
			d.text(image.Rect(0, 0, 640, -by))
		}
		w.canvas.Update(d.take())
	}
	for range 9 {
		step(16)
	}
	w.once()
	op, err := wire.NewOpReader(w.buf).Next()
	if err != nil || op.Kind != wire.OpMove || len(op.Copies) != 1 || op.Copies[0].Src.Y != 9*16 {
		t.Errorf("first operation %+v, %v: want one move by %d", op, err, 9*16)
	}
	w.drain()
	w.exact(d)
	for range 3 {
		step(16)
		step(-16)
	}
	w.once()
	if op, err = wire.NewOpReader(w.buf).Next(); err != nil || op.Kind == wire.OpMove {
		t.Errorf("first operation %+v, %v: the scroll came back to where it was", op, err)
	}
	w.drain()
	w.exact(d)
}
