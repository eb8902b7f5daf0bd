package encode_test

import (
	"image"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/encode"
	"github.com/alongside-remote/alongside/wire"
)

func TestAPreparedCanvasIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := image.Rect(0, 0, 700, 500)
		d := newDesktop(rand.New(rand.NewPCG(5, 6)), r)
		d.text(image.Rect(0, 0, 700, 200))
		d.photo(image.Rect(100, 200, 700, 500))
		w := newWatcher(t, newCanvas(t))
		w.canvas.Prepare(d.take())
		time.Sleep(time.Second)
		select {
		case <-w.canvas.Changed():
			t.Error("the bell rings before there is a picture")
		default:
		}
		if b, more := w.canvas.Append(nil, encode.MaxLimit); len(b) > 0 || more || w.canvas.Urgent() || !w.canvas.View().Empty() {
			t.Errorf("%d bytes before there is a picture, view %v", len(b), w.canvas.View())
		}
		d.text(image.Rect(0, 100, 300, 400))
		d.frame.Damage = append(d.frame.Damage[:0], r)
		w.canvas.Update(d.take())
		w.once()
		if ks := kinds(t, w.buf); ks[0] != wire.OpResize {
			t.Errorf("epoch begins with %v", ks)
		}
		w.settle()
		w.exact(d)
	})
}
