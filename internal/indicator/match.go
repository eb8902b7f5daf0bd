package indicator

import (
	"image"
	"math"
)

// Picture is what a desktop shows. A row is blue, green, red and something. Of what is
// outside of the desktop nothing is asked.
type Picture interface {
	Rect() image.Rectangle
	Row(y, x0, x1 int) []byte
}

const (
	// unlike is how much of a banner may be unlike what was drawn: a pointer in the
	// picture is less than that, a name more.
	unlike = 1.0 / 128
	// same is how far a part of a colour may be off.
	same = 2
	// A monitor shows the banner larger or smaller where the compositor scales what X
	// programs draw: no further than this, or nobody reads it.
	leastScale, mostScale = 0.5, 4
	// skew is how far the scales of both directions may be apart. Sides of monitors are
	// whole numbers to X.
	skew = 1.0 / 64
	// Scaled pixels lie between drawn ones. Where the compositor rounds, they lie up to a
	// pixel elsewhere, and not everywhere as far: each block of columns may find its own.
	blockWidth = 64
	// loose is which part of the contrast beside a pixel it may be off, in eighths: the
	// compositor's way of scaling need not be ours. Halfway between ink and ground is
	// neither: a banner that is painted over in the mean of both is not seen.
	loose = 3
)

// On reports whether the picture shows the banner on a monitor, at one of its places: a
// monitor of the same shape shows it at the same place, whichever it is.
func (b *Banner) On(p Picture, monitor image.Rectangle) bool {
	if !monitor.In(p.Rect()) {
		return false
	}
	for _, s := range b.spots {
		if v, ok := b.at(s, monitor); ok && v.seen(p) {
			return true
		}
	}
	return false
}

// Touches reports whether a change of the picture may be one of the banner on a monitor.
func (b *Banner) Touches(change, monitor image.Rectangle) bool {
	for _, s := range b.spots {
		if v, ok := b.at(s, monitor); ok && change.Overlaps(v.area) {
			return true
		}
	}
	return false
}

// view is the banner as a monitor has to show it.
type view struct {
	*Banner
	scale struct{ x, y float64 }
	min   struct{ x, y float64 } // the corner
	area  image.Rectangle        // of the pixels of which no part is beside the banner
}

func (b *Banner) at(s spot, monitor image.Rectangle) (view, bool) {
	v := view{Banner: b}
	v.scale.x, v.scale.y = float64(monitor.Dx())/float64(s.monitor.X), float64(monitor.Dy())/float64(s.monitor.Y)
	if v.scale.x < leastScale || v.scale.x > mostScale || math.Abs(v.scale.x/v.scale.y-1) > skew {
		return v, false
	}
	v.min.x = float64(monitor.Min.X) + float64(s.at.X)*v.scale.x
	v.min.y = float64(monitor.Min.Y) + float64(s.at.Y)*v.scale.y
	v.area = image.Rect(
		int(math.Ceil(v.min.x)), int(math.Ceil(v.min.y)),
		int(math.Floor(v.min.x+float64(b.size.X)*v.scale.x)), int(math.Floor(v.min.y+float64(b.size.Y)*v.scale.y)),
	).Intersect(monitor)
	return v, !v.area.Empty()
}

func (v view) seen(p Picture) bool {
	most := int(unlike * float64(v.area.Dx()*v.area.Dy()))
	if v.scale.x == 1 && v.scale.y == 1 {
		return v.exact(p, most) <= most
	}
	n := 0
	for x := v.area.Min.X; x < v.area.Max.X && n <= most; x += blockWidth {
		block := image.Rect(x, v.area.Min.Y, min(x+blockWidth, v.area.Max.X), v.area.Max.Y)
		n += v.block(p, block, most-n)
	}
	return n <= most
}

// exact counts the pixels that are not as they were drawn, and stops above most.
func (v view) exact(p Picture, most int) (n int) {
	for y := v.area.Min.Y; y < v.area.Max.Y && n <= most; y++ {
		shown, drawn := p.Row(y, v.area.Min.X, v.area.Max.X), v.pix[(y-v.area.Min.Y)*v.size.X*3:]
		for i, j := 0, 0; i < len(shown); i, j = i+4, j+3 {
			if off(shown[i+2], drawn[j]) > same || off(shown[i+1], drawn[j+1]) > same || off(shown[i], drawn[j+2]) > same {
				n++
			}
		}
	}
	return n
}

func off(a, b byte) int {
	if a > b {
		return int(a - b)
	}
	return int(b - a)
}

// block counts the pixels of some columns that are not as they were drawn, where the
// fewest are; more than most is as good as all.
func (v view) block(p Picture, r image.Rectangle, most int) int {
	fewest := most + 1
	for _, dy := range [...]float64{0, -0.5, 0.5, -1, 1} {
		for _, dx := range [...]float64{0, -0.5, 0.5, -1, 1} {
			if fewest = min(fewest, v.shifted(p, r, dx, dy, fewest)); fewest == 0 {
				return 0
			}
		}
	}
	return fewest
}

// shifted counts, for a banner that stands elsewhere by a part of a pixel, and stops at
// enough.
func (v view) shifted(p Picture, r image.Rectangle, dx, dy float64, enough int) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.Row(y, r.Min.X, r.Max.X)
		fy := (float64(y)+0.5-v.min.y-dy)/v.scale.y - 0.5
		for x := r.Min.X; x < r.Max.X; x++ {
			fx := (float64(x)+0.5-v.min.x-dx)/v.scale.x - 0.5
			if i := 4 * (x - r.Min.X); !v.alike(fx, fy, row[i:i+3:i+3]) {
				if n++; n >= enough {
					return n
				}
			}
		}
	}
	return n
}

// alike compares a pixel with the nearest that is drawn, and with what is between four by
// bilinear interpolation: compositors do the one or the other.
func (v view) alike(fx, fy float64, shown []byte) bool {
	x0, x1, ax := between(fx, v.size.X)
	y0, y1, ay := between(fy, v.size.Y)
	near := x0
	if ax >= one/2 {
		near = x1
	}
	line := y0
	if ay >= one/2 {
		line = y1
	}
	if d := v.pix[3*(line*v.size.X+near):]; off(shown[2], d[0]) <= same && off(shown[1], d[1]) <= same && off(shown[0], d[2]) <= same {
		return true
	}
	slack := same + int(v.contrast[line*v.size.X+near])*loose/8
	a, b := v.pix[3*(y0*v.size.X+x0):], v.pix[3*(y0*v.size.X+x1):]
	c, d := v.pix[3*(y1*v.size.X+x0):], v.pix[3*(y1*v.size.X+x1):]
	for i := range 3 {
		up := int(a[i])*(one-ax) + int(b[i])*ax
		down := int(c[i])*(one-ax) + int(d[i])*ax
		want := (up*(one-ay) + down*ay + one*one/2) / (one * one)
		if diff := want - int(shown[2-i]); diff > slack || -diff > slack {
			return false
		}
	}
	return true
}

// one is the whole in fractions of pixels.
const one = 256

// between is the two pixels beside a place, and how far it is from the first.
func between(f float64, size int) (first, second, part int) {
	n := int(math.Floor(f * one))
	n = max(0, min(n, (size-1)*one))
	return n / one, min(n/one+1, size-1), n % one
}

// contrasts is, for each pixel, how far the parts of colours of it and its neighbours are
// apart.
func contrasts(pix []byte, size image.Point) []byte {
	out := make([]byte, size.X*size.Y)
	for y := range size.Y {
		for x := range size.X {
			low, high := [3]byte{255, 255, 255}, [3]byte{}
			for ny := max(0, y-1); ny <= min(y+1, size.Y-1); ny++ {
				for nx := max(0, x-1); nx <= min(x+1, size.X-1); nx++ {
					for i, c := range pix[3*(ny*size.X+nx):][:3] {
						low[i], high[i] = min(low[i], c), max(high[i], c)
					}
				}
			}
			out[y*size.X+x] = max(high[0]-low[0], high[1]-low[1], high[2]-low[2])
		}
	}
	return out
}
