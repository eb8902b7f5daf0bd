package encode_test

import (
	"encoding/binary"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// TestMoreTilesThanAnOperationTakes changes a little in every tile of a desktop
// of more tiles than wire.MaxRects: as fills, as text, and back from the cache.
func TestMoreTilesThanAnOperationTakes(t *testing.T) {
	const tile, across, down = 64, 256, 17
	if across*down <= wire.MaxRects {
		t.Fatal("too few tiles")
	}
	synctest.Test(t, func(t *testing.T) {
		c := newCanvas(t)
		if err := c.SetViewer(viewer.Operations(), 128<<20); err != nil {
			t.Fatal(err)
		}
		w := newWatcher(t, c)
		w.view = viewer.NewCanvas(128 << 20)
		defer w.view.Close()
		f := &capture.Frame{Rect: image.Rect(0, 0, tile*across, tile*down), Stride: 4 * tile * across}
		f.Pix, f.Damage = make([]byte, f.Stride*tile*down), []image.Rectangle{f.Rect}
		set := func(x, y int, c uint32) { binary.LittleEndian.PutUint32(f.Pix[y*f.Stride+4*x:], c) }
		look := func() {
			t.Helper()
			c.Update(f)
			w.settle()
			img := w.view.Image()
			for y := 0; y < tile*down; y += tile { // nothing else was drawn on
				for i := y * f.Stride; i < (y+1)*f.Stride; i += 4 {
					p, q := f.Pix[i:i+4:i+4], img.Pix[i:i+4:i+4]
					if p[0] != q[2] || p[1] != q[1] || p[2] != q[0] {
						t.Fatalf("pixel %d,%d is %v, not %v", i/4%(tile*across), y, q, p)
					}
				}
			}
			f.Damage = f.Damage[:0]
			time.Sleep(time.Second) // what stands is worth a slot
		}
		look()
		paint := func(each func(n, x, y int)) {
			t.Helper()
			for n := range across * down {
				x, y := n%across*tile, n/across*tile
				each(n, x, y)
				f.Damage = append(f.Damage, image.Rect(x, y, x+2, y+1))
			}
			look()
		}
		for range 2 { // the second time much of it comes from the cache
			paint(func(n, x, y int) { set(x, y, uint32(n)*2+3); set(x+1, y, uint32(n)*2+3) })
			paint(func(n, x, y int) { set(x, y, uint32(n)*7); set(x+1, y, ^uint32(n)) })
		}
	})
}
