package encode_test

import (
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/encode"
	"github.com/alongside-remote/alongside/viewer"
)

var fullHD = image.Rect(0, 0, 1920, 1080)

// page is a screen of text: glyphs of a font that repeat, on lines.
func page(d *desktop, r image.Rectangle) {
	const w, h = 9, 18
	font := newDesktop(rand.New(rand.NewPCG(5, 6)), image.Rect(0, 0, 64*w, h))
	font.text(font.rect)
	for y := r.Min.Y; y+h <= r.Max.Y; y += h {
		for x := r.Min.X; x+w <= r.Max.X; x += w {
			glyph := d.rng.IntN(64)
			if glyph > 48 {
				glyph = 0
			}
			for row := range h {
				for col := range w {
					copy(d.at(x+col, y+row), font.at(glyph*w+col, row))
				}
			}
		}
	}
	d.damaged(r)
}

func benchDesktop(paint func(d *desktop, r image.Rectangle)) *desktop {
	d := newDesktop(rand.New(rand.NewPCG(1, 2)), fullHD)
	paint(d, d.rect)
	return d
}

// benchScreen encodes a full screen that changed everywhere.
func benchScreen(b *testing.B, paint func(d *desktop, r image.Rectangle)) {
	d := benchDesktop(paint)
	w := newWatcher(b, newCanvas(b))
	f := d.take()
	w.canvas.Update(f)
	f.Damage, f.Layout = []image.Rectangle{fullHD}, false
	b.ReportAllocs()
	bytes := 0
	for b.Loop() {
		w.canvas.Update(f)
		bytes = encodeAll(w)
	}
	b.ReportMetric(float64(bytes), "bytes/screen")
}

// encodeAll appends until nothing is pending, without showing it to anyone.
func encodeAll(w *watcher) (bytes int) {
	for more := true; more; {
		w.buf, more = w.canvas.Append(w.buf[:0], encode.MaxLimit)
		bytes += len(w.buf)
	}
	return bytes
}

func BenchmarkTextScreen(b *testing.B) { benchScreen(b, page) }

func BenchmarkPhotoScreen(b *testing.B) { benchScreen(b, (*desktop).photo) }

// BenchmarkTyping is one letter: update, encode, apply.
func BenchmarkTyping(b *testing.B) {
	d := benchDesktop(page)
	w := newWatcher(b, newCanvas(b))
	w.canvas.Update(d.take())
	w.drain()
	f := d.take()
	letter := image.Rect(900, 540, 909, 558)
	f.Damage = []image.Rectangle{letter}
	b.ReportAllocs()
	for b.Loop() {
		for y := letter.Min.Y; y < letter.Max.Y; y++ {
			d.at(900+y%9, y)[1] ^= 0x55
		}
		w.canvas.Update(f)
		w.once()
	}
	b.ReportMetric(float64(len(w.buf)), "bytes/letter")
}

// BenchmarkScroll is a move of most of the screen and a strip of text.
func BenchmarkScroll(b *testing.B) {
	d := benchDesktop(page)
	w := newWatcher(b, newCanvas(b))
	w.canvas.Update(d.take())
	w.drain()
	f := d.take()
	f.Moves = []capture.Move{{Src: image.Rect(0, 18, 1920, 1080)}}
	b.ReportAllocs()
	bytes := 0
	for b.Loop() {
		first := append([]byte(nil), d.pix[:4*1920*18]...)
		copy(d.pix, d.pix[4*1920*18:])
		copy(d.pix[4*1920*(1080-18):], first)
		f.Damage = []image.Rectangle{image.Rect(0, 1080-18, 1920, 1080)}
		w.canvas.Update(f)
		bytes = encodeAll(w)
	}
	b.ReportMetric(float64(bytes), "bytes/step")
}

// BenchmarkRefine makes a lossy 640x360 region exact, after its quiet time.
func BenchmarkRefine(b *testing.B) {
	d := benchDesktop(page)
	w := newWatcher(b, newCanvas(b))
	region := image.Rect(320, 180, 960, 540)
	d.photo(region)
	w.canvas.Update(d.take())
	w.drain()
	f := d.take()
	f.Damage = []image.Rectangle{region}
	b.ReportAllocs()
	bytes := 0
	for b.Loop() {
		b.StopTimer()
		w.canvas.Update(f)
		encodeAll(w)
		for ready := false; !ready; {
			select {
			case <-w.canvas.Changed():
			case <-time.After(time.Second):
				b.Fatal("refinement never rang")
			}
			b.StartTimer()
			bytes = encodeAll(w)
			b.StopTimer()
			ready = bytes > 0
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(bytes), "bytes/region")
}

// BenchmarkApply shows full screens in the reference viewer.
func BenchmarkApply(b *testing.B) {
	for name, paint := range map[string]func(*desktop, image.Rectangle){"text": page, "photo": (*desktop).photo} {
		b.Run(name, func(b *testing.B) {
			d := benchDesktop(paint)
			c := newCanvas(b)
			c.Update(d.take())
			var payloads [][]byte
			for more := true; more; {
				var p []byte
				p, more = c.Append(nil, encode.MaxLimit)
				payloads = append(payloads, p)
			}
			v := viewer.NewCanvas(0)
			defer v.Close()
			epoch := uint32(0)
			b.ReportAllocs()
			for b.Loop() {
				epoch++
				for _, p := range payloads {
					if err := v.Apply(epoch, p); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
