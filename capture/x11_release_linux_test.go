package capture_test

import (
	"bytes"
	"image"
	"testing"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// TestReleasedMemoryIsGivenBack: after a frame of the whole desktop the pages are the
// system's again, and a later frame is right within the bounds of its damage.
func TestReleasedMemoryIsGivenBack(t *testing.T) {
	server := x11test.Start(t, "800x600x24")
	p := capturetest.NewPainter(t, server)
	src := open(t, capture.Options{Display: server.Display, Backend: "x11"})
	r := &capturetest.Receiver{Source: src}
	p.Put(t, capturetest.Text(image.Rect(0, 0, 800, 600), 1))
	r.UntilTrue(t, p)
	zeros := func(pix []byte) int { return bytes.Count(pix, []byte{0, 0, 0, 0}) }
	painted := zeros(r.Frame.Pix)

	capture.ReleaseAlways(src)
	src.(capture.Releaser).Release()
	at := image.Rect(40, 560, 60, 580)
	p.Put(t, capturetest.Text(at, 2))
	r.UntilTrue(t, p)
	if now := zeros(r.Frame.Pix); now < 800*500 || now <= painted {
		t.Errorf("%d pixels are 0, %d before: nothing was given back", now, painted)
	}
	// Two changes that are far apart, so that bounds are more than they are.
	src.(capture.Releaser).Release()
	p.Put(t, capturetest.Text(image.Rect(0, 0, 30, 30), 3))
	p.Put(t, capturetest.Text(image.Rect(770, 570, 800, 600), 4))
	r.UntilTrue(t, p)
	var bounds image.Rectangle
	for _, d := range r.Frame.Damage {
		bounds = bounds.Union(d)
	}
	want := server.MustDump(t)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if got, is := r.Frame.Pix[y*r.Frame.Stride+4*x:][:3], want.Pix[want.PixOffset(x, y):]; got[2] != is[0] || got[1] != is[1] || got[0] != is[2] {
				t.Fatalf("pixel %d,%d within %v is %v", x, y, bounds, got)
			}
		}
	}
}
