package encode_test

import (
	"bytes"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/encode"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// keeping is scene for a viewer that keeps tiles of so many bytes.
func keeping(t *testing.T, r image.Rectangle, cacheBytes uint32) (*desktop, *watcher) {
	t.Helper()
	d, w := scene(t, r)
	w.view = viewer.NewCanvas(cacheBytes)
	t.Cleanup(w.view.Close)
	if err := w.canvas.SetViewer(viewer.Operations(), cacheBytes); err != nil {
		t.Fatal(err)
	}
	w.settle()
	return d, w
}

// show puts a picture on the whole desktop and waits until it is shown exactly.
func show(w *watcher, d *desktop, pix []byte) (cost int) {
	w.t.Helper()
	before := w.bytes
	copy(d.pix, pix)
	d.damaged(d.rect)
	w.canvas.Update(d.take())
	w.settle()
	w.exact(d)
	return w.bytes - before
}

// pictures are a page of text and a photo, as wide as the desktop.
func pictures(d *desktop) (page, photo []byte) {
	d.text(d.rect)
	page = bytes.Clone(d.pix)
	d.photo(d.rect)
	photo = bytes.Clone(d.pix)
	d.take()
	return page, photo
}

func TestAScreenSeenBeforeCostsReferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := keeping(t, image.Rect(0, 0, 1000, 500), 32<<20)
		page, photo := pictures(d)
		first := [2]int{show(w, d, page), show(w, d, photo)}
		for range 3 {
			for i, pix := range [][]byte{page, photo} {
				// The first return stores what is there, 10 bytes a tile.
				if cost := show(w, d, pix); cost > first[i]/10 {
					t.Errorf("picture %d: %d bytes at first, %d when it came back", i, first[i], cost)
				}
			}
		}
	})
}

// TestAFullCacheForgetsAndStaysExact: the viewer refuses a store beyond what it
// offered, so a wrong count ends this test.
func TestAFullCacheForgetsAndStaysExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, cacheBytes := range []uint32{0, 1000, 4 * 64 * 64, 40 * 4 * 64 * 64, 130 * 4 * 64 * 64} {
			d, w := keeping(t, image.Rect(0, 0, 1000, 500), cacheBytes)
			page, photo := pictures(d)
			for range 3 {
				show(w, d, page)
				show(w, d, photo)
			}
		}
	})
}

// TestWhatAWindowCoveredComesBackFromTheCache: a window is dragged across a
// photo and back. The photo under its first place is sent once, all else is
// known, and what a strip was sent roughly is made exact by reference.
func TestWhatAWindowCoveredComesBackFromTheCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := keeping(t, image.Rect(0, 0, 640, 480), 32<<20)
		_, photo := pictures(d)
		show(w, d, photo)
		window := image.Rect(0, 128, 200, 256)
		d.text(window)
		text := bytes.Clone(d.pix)
		w.canvas.Update(d.take())
		w.settle()
		drag := func(dx int) {
			to := window.Add(image.Pt(dx, 0))
			d.frame.Moves = []capture.Move{{Src: window, To: to.Min}}
			for y := window.Min.Y; y < window.Max.Y; y++ {
				copy(d.pix[4*640*y:4*640*(y+1)], photo[4*640*y:])
				copy(d.pix[4*(640*y+to.Min.X):4*(640*y+to.Max.X)], text[4*640*y:])
			}
			if dx > 0 {
				d.damaged(image.Rect(window.Min.X, window.Min.Y, to.Min.X, window.Max.Y))
			} else {
				d.damaged(image.Rect(to.Max.X, window.Min.Y, window.Max.X, window.Max.Y))
			}
			window = to
			w.canvas.Update(d.take())
			w.drain()
			time.Sleep(33 * time.Millisecond)
		}
		tour := func() int {
			before := w.bytes
			for _, dx := range []int{20, -20} {
				for range 21 {
					drag(dx)
				}
				w.settle()
				w.exact(d)
			}
			return w.bytes - before
		}
		tour()
		// Without the cache 420x128 pixels of grain are refined twice, at more than 2 bytes each.
		if cost := tour(); cost > 420*128*3/2 {
			t.Errorf("%d bytes when everything was seen before", cost)
		}
	})
}

// TestASmallChangeDoesNotWaitForALargeOne: it leaves in an update of its own
// before the large one is encoded.
func TestASmallChangeDoesNotWaitForALargeOne(t *testing.T) {
	d, w := scene(t, image.Rect(0, 0, 1280, 720))
	d.photo(image.Rect(0, 0, 640, 360))
	d.text(image.Rect(1000, 600, 1064, 664))
	w.canvas.Update(d.take())
	if !w.once() {
		t.Fatal("everything in one update")
	}
	if got, want := w.view.Image().RGBAAt(1030, 640), d.at(1030, 640); got.R != want[2] {
		t.Error("the small change was not first")
	}
	if ks := kinds(t, w.buf); len(ks) != 1 || ks[0] != wire.OpLossless {
		t.Errorf("operations %v in the first update", ks)
	}
	w.drain()
}

func TestOneUpdateIsABoundedPartOfALargeScreen(t *testing.T) {
	d, w := scene(t, image.Rect(0, 0, 1920, 1080))
	d.fill(d.rect)
	w.canvas.Update(d.take())
	updates := w.updates
	w.limit = encode.MaxLimit
	w.drain()
	if n := w.updates - updates; n < 3 {
		t.Errorf("2 Mpx in %d updates", n)
	}
	w.exact(d)
}
