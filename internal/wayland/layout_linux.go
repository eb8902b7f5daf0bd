package wayland

import (
	"image"
	"math"
)

// Transform is how a monitor is turned, as wl_output numbers it: quarter turns,
// and from 4 on mirrored.
type Transform int32

// Transforms.
const (
	TransformNormal Transform = iota
	Transform90
	Transform180
	Transform270
	TransformFlipped
	TransformFlipped90
	TransformFlipped180
	TransformFlipped270
)

// Size is that of a picture as the user sees it.
func (t Transform) Size(mode image.Point) image.Point {
	if t&1 != 0 {
		return image.Pt(mode.Y, mode.X)
	}
	return mode
}

// back is the transform that undoes it.
func (t Transform) back() Transform {
	switch t {
	case Transform90:
		return Transform270
	case Transform270:
		return Transform90
	default: // half turns and mirrors
		return t
	}
}

// Point says where a pixel of the monitor's picture is seen; size is that of the
// picture.
func (t Transform) Point(p, size image.Point) image.Point {
	w, h := size.X-1, size.Y-1
	switch t {
	case Transform90:
		return image.Pt(h-p.Y, p.X)
	case Transform180:
		return image.Pt(w-p.X, h-p.Y)
	case Transform270:
		return image.Pt(p.Y, w-p.X)
	case TransformFlipped:
		return image.Pt(w-p.X, p.Y)
	case TransformFlipped90:
		return image.Pt(p.Y, p.X)
	case TransformFlipped180:
		return image.Pt(p.X, h-p.Y)
	case TransformFlipped270:
		return image.Pt(h-p.Y, w-p.X)
	default:
		return p
	}
}

// Rect is Point for a rectangle that is not empty.
func (t Transform) Rect(r image.Rectangle, size image.Point) image.Rectangle {
	one := image.Pt(1, 1)
	a, b := t.Point(r.Min, size), t.Point(r.Max.Sub(one), size)
	out := image.Rectangle{Min: a, Max: b}.Canon()
	out.Max = image.Pt(max(a.X, b.X), max(a.Y, b.Y)).Add(one)
	return out
}

// Screen is a monitor and where its pixels are on the desktop.
type Screen struct {
	Output
	Rect image.Rectangle
}

// Layout is the desktop in pixels. Compositors place monitors in coordinates that
// are scaled, each by its own factor; here all are placed by the largest of these
// factors, so that they never overlap. Between monitors of different factors there
// are gaps.
type Layout struct {
	Rect    image.Rectangle // all monitors
	Screens []Screen
	places  image.Rectangle // the same in the compositor's coordinates
}

func layoutOf(all []Output) Layout {
	factor := 0.0
	for i := range all {
		if w := all[i].Place.Dx(); w > 0 {
			factor = max(factor, float64(all[i].Transform.Size(all[i].Mode).X)/float64(w))
		}
	}
	if factor == 0 {
		factor = 1
	}
	var l Layout
	scaled := func(v int) int { return int(math.Round(float64(v) * factor)) }
	for i := range all {
		o := all[i]
		at := image.Pt(scaled(o.Place.Min.X), scaled(o.Place.Min.Y))
		s := Screen{Output: o, Rect: image.Rectangle{Min: at, Max: at.Add(o.Transform.Size(o.Mode))}}
		l.Screens = append(l.Screens, s)
		l.Rect, l.places = l.Rect.Union(s.Rect), l.places.Union(o.Place)
	}
	return l
}

// Equal reports whether two layouts show the same.
func (l Layout) Equal(o Layout) bool {
	if l.Rect != o.Rect || len(l.Screens) != len(o.Screens) {
		return false
	}
	for i := range l.Screens {
		if l.Screens[i] != o.Screens[i] {
			return false
		}
	}
	return true
}

// Place says where a point of the desktop is as a part of the whole layout: from 0
// to extent, as virtual pointers take it. A point beside all monitors is moved to
// the nearest.
func (l Layout) Place(p image.Point) (x, y uint32, extent image.Point) {
	const fine = 256 // steps of a coordinate, as fine as the protocol tells programs
	extent = l.places.Size().Mul(fine)
	best, far := -1, math.MaxInt
	for i := range l.Screens {
		q := clampTo(p, l.Screens[i].Rect).Sub(p)
		if d := q.X*q.X + q.Y*q.Y; d < far {
			best, far = i, d
		}
	}
	if best < 0 {
		return 0, 0, image.Pt(1, 1)
	}
	s := &l.Screens[best]
	q := clampTo(p, s.Rect).Sub(s.Rect.Min)
	part := func(q, pixels, place, offset int) uint32 {
		return uint32(offset*fine + q*place*fine/pixels)
	}
	at := s.Place.Min.Sub(l.places.Min)
	return part(q.X, s.Rect.Dx(), s.Place.Dx(), at.X), part(q.Y, s.Rect.Dy(), s.Place.Dy(), at.Y), extent
}

func clampTo(p image.Point, r image.Rectangle) image.Point {
	return image.Pt(min(max(p.X, r.Min.X), r.Max.X-1), min(max(p.Y, r.Min.Y), r.Max.Y-1))
}
