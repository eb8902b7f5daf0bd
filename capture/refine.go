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
func Refine(s Source) Refined { return &refined{Source: s, shadow: new(Shadow), alone: true} }

// RefineInto is Refine with a shadow that others read, and that stays as it was
// when Next returns, until Apply or the next call of Next or Look. The shadow may
// have been another source's: the first frame replaces it.
func RefineInto(s Source, shadow *Shadow) Refined { return &refined{Source: s, shadow: shadow} }

type refined struct {
	Source
	shadow *Shadow
	alone  bool // nobody else has the shadow: it follows at once
	rect   image.Rectangle
	motion motion
	ahead  Frame // what the shadow lacks: pixels, moves and damage; empty: nothing

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
	r.Apply(nil)
	if s, ok := r.Source.(Releaser); ok {
		s.Release() // the shadow has it all
	}
	for {
		if err := r.Source.Next(ctx, f); err != nil {
			return err
		}
		r.refine(f)
		r.remember(f)
		r.expect(f)
		if len(f.Damage) > 0 || len(f.Moves) > 0 || f.Cursor != nil || f.Layout {
			return nil
		}
	}
}

// expect notes what the shadow has to become.
func (r *refined) expect(f *Frame) {
	a := &r.ahead
	a.Rect, a.Stride, a.Pix = f.Rect, f.Stride, f.Pix
	a.Moves, a.Damage = append(a.Moves[:0], f.Moves...), append(a.Damage[:0], f.Damage...)
	if r.alone {
		r.Apply(nil)
	}
}

// Apply implements Refined.
func (r *refined) Apply(tell func()) {
	a := &r.ahead
	if tell == nil && a.Rect.Empty() {
		return
	}
	r.shadow.Apply(a, tell)
	r.ahead = Frame{Moves: a.Moves[:0], Damage: a.Damage[:0]}
}

func (r *refined) refine(f *Frame) {
	if f.Rect != r.rect || f.Layout {
		r.reset(f)
		return
	}
	r.listen(f)
	now, last := picture{f.Pix, f.Stride, f.Rect.Size()}, r.shadow.pic
	moves := r.motion.find(last, now, r.claims, r.hints)
	f.Moves, r.damage = f.Moves[:0], r.damage[:0]
	r.rest = append(r.rest[:0], r.claims...)
	for _, m := range moves {
		// What the move leaves wrong in its target is damage. No later move reads
		// the target: see ordered.
		r.compare(last, now, m.to, m.by)
		f.Moves = append(f.Moves, Move{Src: m.src().Add(f.Rect.Min), To: m.to.Min.Add(f.Rect.Min)})
		r.rest = without(r.rest, m.to)
	}
	for i := 0; i < len(r.rest); i++ {
		c := r.rest[i]
		r.compare(last, now, c, image.Point{})
		// Claims may overlap; what differs is damage once.
		r.rest = append(r.rest[:i+1], without(r.rest[i+1:], c)...)
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
