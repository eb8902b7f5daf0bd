// Package pixels is what tests do with every pixel of a picture. It is built without the
// race detector, which would take most of their time: nothing here waits for anybody.
package pixels

import "image"

// Swap copies pixels of four bytes, as screens have them with blue first, exchanges the
// first and the third, and sets the fourth. to is as long as from, or longer; they may be
// the same.
//
//go:noinline // within its callers it would be looked at
func Swap(to, from []byte, fourth byte) {
	to = to[:len(from)]
	for i := 0; i+3 < len(from); i += 4 {
		to[i], to[i+1], to[i+2], to[i+3] = from[i+2], from[i+1], from[i], fourth
	}
}

// Difference is the bounds of what differs between two pictures, all of it when their
// sizes do.
//
//go:noinline
func Difference(a, b *image.RGBA) image.Rectangle {
	if a == nil || a.Rect != b.Rect {
		return b.Rect
	}
	var d image.Rectangle
	for y := range a.Rect.Dy() {
		p, q := a.Pix[y*a.Stride:][:a.Rect.Dx()*4], b.Pix[y*b.Stride:][:a.Rect.Dx()*4]
		if string(p) == string(q) {
			continue
		}
		for x := 0; x < len(p); x += 4 {
			if string(p[x:x+4]) != string(q[x:x+4]) {
				at := a.Rect.Min.Add(image.Pt(x/4, y))
				d = d.Union(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
			}
		}
	}
	return d
}

// Opaque is a copy of a picture with an alpha of 255.
//
//go:noinline
func Opaque(of *image.RGBA) *image.RGBA {
	m := image.NewRGBA(of.Rect)
	for y := range of.Rect.Dy() {
		to := m.Pix[y*m.Stride:][:of.Rect.Dx()*4]
		copy(to, of.Pix[y*of.Stride:])
		for x := 3; x < len(to); x += 4 {
			to[x] = 255
		}
	}
	return m
}
