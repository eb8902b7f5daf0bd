package encode_test

import (
	"image"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/wire"
)

// codecs drains w and counts the pixels that each lossless codec brought.
func codecs(t *testing.T, w *watcher) map[uint8]int {
	t.Helper()
	n := map[uint8]int{}
	for more := true; more; {
		more = w.once()
		for r := wire.NewOpReader(w.buf); ; {
			op, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if op == nil {
				break
			}
			for _, q := range op.Rects {
				if op.Kind == wire.OpLossless {
					n[op.Codec] += int(q.W) * int(q.H)
				}
			}
		}
	}
	return n
}

// TestExactPixelsTakeTheirCodec: text is copied, what is left of photographs
// goes in planes.
func TestExactPixelsTakeTheirCodec(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesktop(rand.New(rand.NewPCG(1, 2)), image.Rect(0, 0, 512, 256))
		w := newWatcher(t, newCanvas(t))
		w.canvas.Update(d.take())
		w.drain()
		page(d, image.Rect(0, 0, 512, 128))
		w.canvas.Update(d.take())
		if n := codecs(t, w); n[wire.CodecPlanes] > 0 || n[wire.CodecCopies] == 0 {
			t.Errorf("text: pixels by codec %v", n)
		}
		d.photo(image.Rect(0, 128, 256, 256))
		w.canvas.Update(d.take())
		w.drain()
		<-w.canvas.Changed()
		<-w.canvas.Changed()
		if d := cmp.Diff(map[uint8]int{wire.CodecPlanes: 256 * 128}, codecs(t, w)); d != "" {
			t.Errorf("photo, refined: pixels by codec (-want +got):\n%s", d)
		}
		w.exact(d)
	})
}

// TestKnownLetterIsSmall is the typed letter: known to the viewer from elsewhere
// on the page.
func TestKnownLetterIsSmall(t *testing.T) {
	d := newDesktop(rand.New(rand.NewPCG(1, 2)), fullHD)
	page(d, d.rect)
	w := newWatcher(t, newCanvas(t))
	w.canvas.Update(d.take())
	w.drain()
	for _, x := range []int{90, 450, 1800} {
		for y := range 18 {
			for i := range 9 {
				copy(d.at(900+i, 540+y), d.at(x+i, 990+y))
			}
		}
		d.damaged(image.Rect(900, 540, 909, 558))
		w.canvas.Update(d.take())
		w.bytes = 0
		w.drain()
		if w.bytes > 54 {
			t.Errorf("a letter takes %d bytes", w.bytes)
		}
		w.exact(d)
	}
}
