package capture_test

import (
	"context"
	"image"
	"testing"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
)

var (
	fullHD = image.Rect(0, 0, 1920, 1080)
	fourK  = image.Rect(0, 0, 3840, 2160)
)

// film shows prepared pictures again and again, so that drawing is not measured.
type film struct {
	capture.Source
	rect     image.Rectangle
	pictures [][]byte
	damage   [][]image.Rectangle
	n        int
}

func (f *film) Next(_ context.Context, to *capture.Frame) error {
	i := f.n % len(f.pictures)
	to.Rect, to.Stride, to.Pix = f.rect, f.rect.Dx()*4, f.pictures[i]
	to.Layout = f.n == 0
	to.Moves = to.Moves[:0]
	to.Damage = append(to.Damage[:0], f.damage[i]...)
	if to.Layout {
		to.Damage = append(to.Damage[:0], f.rect)
	}
	f.n++
	return nil
}

// shoot adds what a desk shows.
func (f *film) shoot(d *capturetest.Desk) {
	f.pictures = append(f.pictures, append([]byte(nil), d.Pix...))
	f.damage = append(f.damage, append([]image.Rectangle(nil), d.Damage...))
	d.Damage = d.Damage[:0]
}

func (f *film) run(b *testing.B) {
	b.Helper()
	r := capture.Refine(f)
	var frame capture.Frame
	if err := r.Next(b.Context(), &frame); err != nil {
		b.Fatal(err)
	}
	moved, damaged, moves := 0, 0, 0
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Next(b.Context(), &frame); err != nil {
			b.Fatal(err)
		}
		moves += len(frame.Moves)
		for _, m := range frame.Moves {
			moved += m.Src.Dx() * m.Src.Dy()
		}
		for _, d := range frame.Damage {
			damaged += d.Dx() * d.Dy()
		}
	}
	b.ReportMetric(float64(moves)/float64(b.N), "moves/op")
	b.ReportMetric(float64(moved)/float64(b.N)/1000, "kpx-moved/op")
	b.ReportMetric(float64(damaged)/float64(b.N)/1000, "kpx-damaged/op")
}

// there is 0, 1, … n-1, n-2, … 1.
func there(n int) (at []int) {
	for i := range n {
		at = append(at, i)
	}
	for i := n - 2; i > 0; i-- {
		at = append(at, i)
	}
	return at
}

func photoDesk(rect image.Rectangle) *capturetest.Desk {
	d := capturetest.NewDesk(rect)
	d.Photo(rect, 1)
	d.Damage = d.Damage[:0]
	return d
}

// scrolled is a page that goes up and down in a window, with an overlay that
// changes in its corner.
func scrolled(rect, window image.Rectangle, step image.Point) *film {
	d := photoDesk(rect)
	doc := capturetest.NewDesk(image.Rect(0, 0, window.Dx()+8*abs(step.X), window.Dy()+8*abs(step.Y)))
	doc.Page(doc.Rect, 7)
	f := &film{rect: rect}
	for _, i := range there(6) {
		at := step.Mul(i)
		d.Put(doc.Cut(image.Rectangle{at, at.Add(window.Size())}), window.Min)
		d.Noise(image.Rectangle{window.Min, window.Min.Add(image.Pt(160, 16))}, uint64(i))
		f.shoot(d)
	}
	return f
}

func abs(n int) int { return max(n, -n) }

// dragged is a window of text that is dragged over a photo.
func dragged(rect image.Rectangle, size, step image.Point) *film {
	photo := photoDesk(rect)
	window := capturetest.NewDesk(image.Rectangle{Max: size})
	window.Page(window.Rect, 8)
	d := capturetest.NewDesk(rect)
	f := &film{rect: rect}
	last := image.Rectangle{}
	for _, i := range there(6) {
		d.Put(photo.Cut(rect), rect.Min)
		at := image.Pt(300, 200).Add(step.Mul(i))
		d.Put(window.Cut(window.Rect), at)
		d.Damage = append(d.Damage[:0], last, image.Rectangle{at, at.Add(size)})
		last = image.Rectangle{at, at.Add(size)}
		f.shoot(d)
	}
	return f
}

func video(rect, at image.Rectangle) *film {
	d := photoDesk(rect)
	f := &film{rect: rect}
	for i := range 5 {
		d.Photo(at, uint64(i))
		f.shoot(d)
	}
	return f
}

func switched(rect image.Rectangle) *film {
	d := capturetest.NewDesk(rect)
	f := &film{rect: rect}
	for i := range 2 {
		d.Page(rect, uint64(i))
		f.shoot(d)
		d.Photo(rect, uint64(i))
		f.shoot(d)
	}
	return f
}

func typed(rect image.Rectangle, claim image.Point) *film {
	d := capturetest.NewDesk(rect)
	d.Page(rect, 3)
	d.Damage = d.Damage[:0]
	f := &film{rect: rect}
	for i := range 6 {
		at := image.Pt(300, 500)
		d.Noise(image.Rectangle{at, at.Add(image.Pt(9, 16))}, uint64(i))
		if claim != (image.Point{}) {
			d.Claim(image.Rectangle{at.Sub(claim.Div(2)), at.Add(claim.Div(2))})
		}
		f.shoot(d)
	}
	return f
}

func BenchmarkRefine(b *testing.B) {
	window := image.Rect(100, 90, 1300, 990)
	for _, bench := range []struct {
		name string
		film func() *film
	}{
		{"scroll", func() *film { return scrolled(fullHD, window, image.Pt(0, 24)) }},
		{"smooth", func() *film { return scrolled(fullHD, window, image.Pt(0, 2)) }},
		{"leap", func() *film { return scrolled(fullHD, window, image.Pt(0, 400)) }},
		{"sideways", func() *film { return scrolled(fullHD, window, image.Pt(24, 0)) }},
		{"drag", func() *film { return dragged(fullHD, image.Pt(650, 400), image.Pt(37, -11)) }},
		{"video", func() *film { return video(fullHD, image.Rect(320, 180, 960, 540)) }},
		{"typing", func() *film { return typed(fullHD, image.Point{}) }},
		{"typing-claims-window", func() *film { return typed(fullHD, image.Pt(650, 400)) }},
		{"switch", func() *film { return switched(fullHD) }},
		{"4k-scroll", func() *film { return scrolled(fourK, image.Rect(0, 90, 3840, 2100), image.Pt(0, 40)) }},
		{"4k-switch", func() *film { return switched(fourK) }},
	} {
		b.Run(bench.name, func(b *testing.B) { bench.film().run(b) })
	}
}
