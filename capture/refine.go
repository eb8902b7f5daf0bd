package capture

import (
	"bytes"
	"context"
	"image"
)

// tileSize is the side of the squares that Refine compares: small enough that a
// typed character costs little, large enough that rows compare at memory speed.
const tileSize = 64

// Refine wraps a source so that damage is exact to tiles of 64×64 pixels under
// what the source claimed, by comparing with the last frame. A frame in which
// nothing changed is not delivered, unless its cursor or layout did. Moves pass
// as they are. The copy it keeps is as large as the desktop.
func Refine(s Source) Source { return &refined{Source: s} }

type refined struct {
	Source
	rect   image.Rectangle
	stride int
	last   []byte
	rects  []image.Rectangle
	cells  []bool
}

// Next implements Source.
func (r *refined) Next(ctx context.Context, f *Frame) error {
	for {
		if err := r.Source.Next(ctx, f); err != nil {
			return err
		}
		r.refine(f)
		if len(f.Damage) > 0 || len(f.Moves) > 0 || f.Cursor != nil || f.Layout {
			return nil
		}
	}
}

func (r *refined) refine(f *Frame) {
	if f.Rect != r.rect || f.Layout {
		r.reset(f)
		return
	}
	for _, m := range f.Moves {
		r.move(m)
	}
	w := (f.Rect.Dx() + tileSize - 1) / tileSize
	h := (f.Rect.Dy() + tileSize - 1) / tileSize
	r.rects = r.rects[:0]
	for _, d := range f.Damage {
		d = d.Intersect(f.Rect).Sub(f.Rect.Min)
		if d.Empty() {
			continue
		}
		r.cells = cleared(r.cells, w*h)
		for y := d.Min.Y / tileSize; y*tileSize < d.Max.Y; y++ {
			for x := d.Min.X / tileSize; x*tileSize < d.Max.X; x++ {
				tile := image.Rect(x*tileSize, y*tileSize, (x+1)*tileSize, (y+1)*tileSize)
				r.cells[y*w+x] = r.take(f, tile.Intersect(d))
			}
		}
		begin := len(r.rects)
		r.rects = runs(r.rects, r.cells, w, tileSize, f.Rect)
		for i := begin; i < len(r.rects); i++ {
			r.rects[i] = r.rects[i].Intersect(d.Add(f.Rect.Min))
		}
	}
	f.Damage = append(f.Damage[:0], r.rects...)
}

// reset copies the whole frame; its damage stays as claimed.
func (r *refined) reset(f *Frame) {
	r.rect, r.stride = f.Rect, f.Rect.Dx()*4
	n := r.stride * f.Rect.Dy()
	if cap(r.last) < n {
		r.last = make([]byte, n)
	}
	r.last = r.last[:n]
	for y := range f.Rect.Dy() {
		copy(r.last[y*r.stride:(y+1)*r.stride], f.Pix[y*f.Stride:])
	}
}

// take brings one rectangle of the copy up to date and reports whether it was not.
func (r *refined) take(f *Frame, t image.Rectangle) bool {
	n := t.Dx() * 4
	for y := t.Min.Y; y < t.Max.Y; y++ {
		a := f.Pix[y*f.Stride+t.Min.X*4:][:n]
		b := r.last[y*r.stride+t.Min.X*4:][:n]
		if bytes.Equal(a, b) {
			continue
		}
		for ; y < t.Max.Y; y++ {
			copy(r.last[y*r.stride+t.Min.X*4:][:n], f.Pix[y*f.Stride+t.Min.X*4:])
		}
		return true
	}
	return false
}

// move does to the copy what the receiver does to its picture.
func (r *refined) move(m Move) {
	bounds := r.rect
	src := m.Src.Intersect(bounds)
	delta := m.To.Sub(m.Src.Min)
	src = src.Add(delta).Intersect(bounds).Sub(delta)
	if src.Empty() {
		return
	}
	from := src.Sub(bounds.Min)
	to := from.Add(delta)
	n := from.Dx() * 4
	for i := range from.Dy() {
		if delta.Y > 0 { // downwards: the last row first, or it is overwritten
			i = from.Dy() - 1 - i
		}
		copy(r.last[(to.Min.Y+i)*r.stride+to.Min.X*4:][:n], r.last[(from.Min.Y+i)*r.stride+from.Min.X*4:][:n])
	}
}

func cleared(cells []bool, n int) []bool {
	if cap(cells) < n {
		return make([]bool, n)
	}
	cells = cells[:n]
	clear(cells)
	return cells
}
