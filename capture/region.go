package capture

import "image"

const (
	// damageLimit is how many rectangles a frame carries at most. Each costs a
	// request to the display server and an operation of the encoder.
	damageLimit = 32

	// joinSlack is how many pixels too many are worth one rectangle less: what
	// the server copies in the time of a request of its own, some 5 µs.
	joinSlack = 8192

	// coarse is the grid onto which damage of more pieces than the limit is
	// rounded: the tile of Refine.
	coarse = tileSize
)

// coalesce clips rectangles to bounds, joins those that are near to one another
// and keeps at most damageLimit. The result covers all of the input in bounds.
// It works in place.
func coalesce(rects []image.Rectangle, bounds image.Rectangle) []image.Rectangle {
	out := rects[:0]
	for _, r := range rects {
		if r = r.Intersect(bounds); !r.Empty() {
			out = append(out, r)
		}
	}
	if len(out) > damageLimit {
		out = onGrid(out, bounds)
	}
	out = join(out)
	if len(out) > damageLimit {
		all := out[0]
		for _, r := range out[1:] {
			all = all.Union(r)
		}
		return append(out[:0], all)
	}
	return out
}

// join unites pairs whose union is hardly larger than they are.
func join(rects []image.Rectangle) []image.Rectangle {
	for again := true; again; {
		again = false
		for i := 0; i < len(rects); i++ {
			for j := i + 1; j < len(rects); {
				u := rects[i].Union(rects[j])
				if area(u) > area(rects[i])+area(rects[j])+joinSlack {
					j++
					continue
				}
				rects[i], again = u, true
				rects[j] = rects[len(rects)-1]
				rects = rects[:len(rects)-1]
			}
		}
	}
	return rects
}

// onGrid replaces many rectangles by runs of grid cells, equal runs of
// neighbouring rows joined.
func onGrid(rects []image.Rectangle, bounds image.Rectangle) []image.Rectangle {
	w := (bounds.Dx() + coarse - 1) / coarse
	h := (bounds.Dy() + coarse - 1) / coarse
	cells := make([]bool, w*h)
	for _, r := range rects {
		r = r.Sub(bounds.Min)
		for y := r.Min.Y / coarse; y*coarse < r.Max.Y; y++ {
			for x := r.Min.X / coarse; x*coarse < r.Max.X; x++ {
				cells[y*w+x] = true
			}
		}
	}
	return runs(rects[:0], cells, w, coarse, bounds)
}

// runs appends the set cells of a grid as rectangles clipped to bounds.
func runs(dst []image.Rectangle, cells []bool, w, cell int, bounds image.Rectangle) []image.Rectangle {
	above := len(dst) // where the runs of the row above begin
	for y := 0; y*w < len(cells); y++ {
		begin := len(dst)
		row := cells[y*w : (y+1)*w]
		for x := 0; x < w; x++ {
			if !row[x] {
				continue
			}
			x0 := x
			for x < w && row[x] {
				x++
			}
			r := image.Rect(x0*cell, y*cell, x*cell, (y+1)*cell).Add(bounds.Min).Intersect(bounds)
			if i := sameSpan(dst[above:begin], r); i >= 0 {
				r.Min.Y = dst[above+i].Min.Y
				dst[above+i] = dst[begin-1] // the order within a row does not matter
				dst[begin-1] = r
				// It stays among the runs of this row: shift the border over it.
				begin--
				continue
			}
			dst = append(dst, r)
		}
		above = begin
	}
	return dst
}

func sameSpan(above []image.Rectangle, r image.Rectangle) int {
	for i, a := range above {
		if a.Min.X == r.Min.X && a.Max.X == r.Max.X && a.Max.Y == r.Min.Y {
			return i
		}
	}
	return -1
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }
