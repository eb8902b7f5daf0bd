package capture

import (
	"context"
	"image"
	"time"
)

// tileSize is the side of the squares in which Refine tells changes apart: small
// enough that a typed character costs little, large enough that rows compare at
// memory speed.
const tileSize = 64

// Refine wraps a source so that frames say exactly what happened. Where the new
// pixels of what the source claimed are old pixels from elsewhere (something was
// scrolled or dragged), the frame has moves; what they do not explain is damage,
// cut to the pixels that differ in each tile of 64×64. The source's own moves are
// hints: they are looked at first, and what is wrong about them becomes damage.
//
// Moves and damage together are exact: to apply the moves one after the other to
// the last frame and then to copy what is damaged gives this frame. There are at
// most eight moves. One that would save less than 32×32 pixels, or that moves one
// colour, is not made.
//
// A frame in which nothing changed is not delivered, unless its cursor or layout
// did. The copy of the last frame that Refine keeps is as large as the desktop.
func Refine(s Source) Refined { return &refined{Source: s} }

type refined struct {
	Source
	rect   image.Rectangle
	last   picture
	motion motion

	seen    time.Time // the last frame
	pointer *Cursor   // as far as it is known

	// Of one frame, relative to its corner.
	claims []image.Rectangle // what may have changed
	hints  []image.Point     // ways that the source says something was moved
	rest   []image.Rectangle // claims that no move explains
	boxes  []image.Rectangle // what changed in each tile of a band
	damage []image.Rectangle
}

// Next implements Source.
func (r *refined) Next(ctx context.Context, f *Frame) error {
	for {
		if err := r.Source.Next(ctx, f); err != nil {
			return err
		}
		r.refine(f)
		r.remember(f)
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
	r.listen(f)
	now := picture{f.Pix, f.Stride, f.Rect.Size()}
	moves := r.motion.find(r.last, now, r.claims, r.hints)
	f.Moves, r.damage = f.Moves[:0], r.damage[:0]
	r.rest = append(r.rest[:0], r.claims...)
	for _, m := range moves {
		// The target in the copy now becomes what it is in the new frame, which
		// is what the receiver has there only after damage. No later move reads
		// it: see ordered.
		r.take(now, m.to, m.by)
		f.Moves = append(f.Moves, Move{Src: m.src().Add(f.Rect.Min), To: m.to.Min.Add(f.Rect.Min)})
		r.rest = without(r.rest, m.to)
	}
	for _, c := range r.rest {
		r.take(now, c, image.Point{})
	}
	f.Damage = f.Damage[:0]
	for _, d := range r.damage {
		f.Damage = append(f.Damage, d.Add(f.Rect.Min))
	}
}

// listen takes what the source says about the frame. Where it says that something
// was moved to, something may have changed.
func (r *refined) listen(f *Frame) {
	r.claims, r.hints = r.claims[:0], r.hints[:0]
	for _, d := range f.Damage {
		if d = d.Intersect(f.Rect); !d.Empty() {
			r.claims = append(r.claims, d.Sub(f.Rect.Min))
		}
	}
	for _, m := range f.Moves {
		by := m.To.Sub(m.Src.Min)
		if to := m.Src.Add(by).Intersect(f.Rect); !to.Empty() && by != (image.Point{}) {
			r.claims = append(r.claims, to.Sub(f.Rect.Min))
			r.hints = append(r.hints, by)
		}
	}
}

// reset begins with a whole frame.
func (r *refined) reset(f *Frame) {
	r.rect = f.Rect
	size := f.Rect.Size()
	n := size.X * size.Y * 4
	if cap(r.last.pix) < n {
		r.last.pix = make([]byte, n)
	}
	r.last = picture{r.last.pix[:n], size.X * 4, size}
	now := picture{f.Pix, f.Stride, size}
	for y := range size.Y {
		copy(r.last.row(y, 0, size.X), now.row(y, 0, size.X))
	}
	r.motion.reset()
	f.Moves, f.Damage = f.Moves[:0], append(f.Damage[:0], f.Rect)
}

// picture is rows of B, G, R, X.
type picture struct {
	pix    []byte
	stride int
	size   image.Point
}

// row is a piece of a row.
func (p picture) row(y, x0, x1 int) []byte {
	at := y * p.stride
	return p.pix[at+4*x0 : at+4*x1]
}

func (p picture) bounds() image.Rectangle { return image.Rectangle{Max: p.size} }

// without cuts a rectangle out of others.
func without(rects []image.Rectangle, hole image.Rectangle) []image.Rectangle {
	for i := len(rects) - 1; i >= 0; i-- {
		r := rects[i]
		h := r.Intersect(hole)
		if h.Empty() {
			continue
		}
		rects[i] = rects[len(rects)-1]
		rects = rects[:len(rects)-1]
		for _, part := range [...]image.Rectangle{
			{r.Min, image.Pt(r.Max.X, h.Min.Y)},
			{image.Pt(r.Min.X, h.Max.Y), r.Max},
			{image.Pt(r.Min.X, h.Min.Y), image.Pt(h.Min.X, h.Max.Y)},
			{image.Pt(h.Max.X, h.Min.Y), image.Pt(r.Max.X, h.Max.Y)},
		} {
			if !part.Empty() {
				rects = append(rects, part)
			}
		}
	}
	return rects
}
