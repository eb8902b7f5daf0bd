package capture

import (
	"bytes"
	"context"
	"image"
)

// tileSize is the side of the squares that Refine compares: small enough that a
// typed character costs little, large enough that rows compare at memory speed.
const tileSize = 64

// Refine wraps a source so that damage is exact: under what the source claimed,
// tiles of 64×64 pixels are compared with the last frame, neighbours that changed
// make one rectangle, and that is cut to the pixels that differ. A frame in which
// nothing changed is not delivered, unless its cursor or layout did. Moves pass
// as they are. The copy it keeps is as large as the desktop.
func Refine(s Source) Source { return &refined{Source: s} }

type refined struct {
	Source
	rect   image.Rectangle
	stride int
	last   []byte
	rects  []image.Rectangle
	cells  []bool            // tiles that changed under one claim
	exact  []image.Rectangle // where in them, valid for those
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
		if len(r.exact) < w*h {
			r.exact = make([]image.Rectangle, w*h)
		}
		for y := d.Min.Y / tileSize; y*tileSize < d.Max.Y; y++ {
			for x := d.Min.X / tileSize; x*tileSize < d.Max.X; x++ {
				tile := image.Rect(x*tileSize, y*tileSize, (x+1)*tileSize, (y+1)*tileSize)
				changed := r.take(f, tile.Intersect(d))
				r.cells[y*w+x], r.exact[y*w+x] = !changed.Empty(), changed
			}
		}
		begin := len(r.rects)
		r.rects = runs(r.rects, r.cells, w, tileSize, f.Rect)
		for i := begin; i < len(r.rects); i++ {
			r.rects[i] = r.cut(r.rects[i].Sub(f.Rect.Min), w).Add(f.Rect.Min)
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

// cut is what changed in a rectangle of tiles that all did.
func (r *refined) cut(tiles image.Rectangle, w int) image.Rectangle {
	var all image.Rectangle
	for y := tiles.Min.Y / tileSize; y*tileSize < tiles.Max.Y; y++ {
		for x := tiles.Min.X / tileSize; x*tileSize < tiles.Max.X; x++ {
			all = all.Union(r.exact[y*w+x])
		}
	}
	return all
}

// take brings one rectangle of the copy up to date and returns the bounds of what
// was not, exact to the pixel.
func (r *refined) take(f *Frame, t image.Rectangle) image.Rectangle {
	n := t.Dx() * 4
	f0, r0 := f.Pix[t.Min.X*4:], r.last[t.Min.X*4:]
	top, bottom := t.Min.Y, t.Max.Y
	for top < bottom && bytes.Equal(f0[top*f.Stride:][:n], r0[top*r.stride:][:n]) {
		top++
	}
	if top == bottom {
		return image.Rectangle{}
	}
	for bytes.Equal(f0[(bottom-1)*f.Stride:][:n], r0[(bottom-1)*r.stride:][:n]) {
		bottom--
	}
	left, right := n, 0
	for y := top; y < bottom; y++ {
		now, last := f0[y*f.Stride:][:n], r0[y*r.stride:][:n]
		if !bytes.Equal(now[:left], last[:left]) {
			left = firstDifference(now, last)
		}
		if !bytes.Equal(now[right:], last[right:]) {
			right = lastDifference(now, last)
		}
		copy(last, now)
	}
	return image.Rect(t.Min.X+left/4, top, t.Min.X+right/4, bottom)
}

// firstDifference is where the first pixel that differs begins; there is one.
func firstDifference(a, b []byte) int {
	i := 0
	for a[i] == b[i] && a[i+1] == b[i+1] && a[i+2] == b[i+2] && a[i+3] == b[i+3] {
		i += 4
	}
	return i
}

// lastDifference is where the last pixel that differs ends; there is one.
func lastDifference(a, b []byte) int {
	i := len(a)
	for a[i-1] == b[i-1] && a[i-2] == b[i-2] && a[i-3] == b[i-3] && a[i-4] == b[i-4] {
		i -= 4
	}
	return i
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
