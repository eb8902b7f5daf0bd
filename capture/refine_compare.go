package capture

import (
	"bytes"
	"image"
)

// joinWaste is how many unchanged pixels are worth one rectangle of damage less:
// compressed they and the rectangle's head are some ten bytes each.
const joinWaste = 256

// compare compares a rectangle of the new frame with the last one, each pixel with
// the one that lies back by the given way, and notes what differs as damage.
func (r *refined) compare(last, now picture, rect image.Rectangle, by image.Point) {
	above := len(r.damage) // where the damage of the last band begins
	for ty := rect.Min.Y / tileSize; ty*tileSize < rect.Max.Y; ty++ {
		band := image.Rect(rect.Min.X, max(rect.Min.Y, ty*tileSize), rect.Max.X, min(rect.Max.Y, (ty+1)*tileSize))
		r.compareBand(last, now, band, by)
		above = r.note(above)
	}
}

// compareBand is compare within a row of tiles; what changed in each is in boxes.
func (r *refined) compareBand(last, now picture, band image.Rectangle, by image.Point) {
	tx0 := band.Min.X / tileSize
	n := (band.Max.X-1)/tileSize + 1 - tx0
	if cap(r.boxes) < n {
		r.boxes = make([]image.Rectangle, n)
	}
	r.boxes = r.boxes[:n]
	clear(r.boxes)
	for y := band.Min.Y; y < band.Max.Y; y++ {
		have := last.row(y-by.Y, band.Min.X-by.X, band.Max.X-by.X)
		want := now.row(y, band.Min.X, band.Max.X)
		if !bytes.Equal(have, want) {
			compareRow(r.boxes, have, want, y, band.Min.X)
		}
	}
}

// compareRow notes in which tiles a row that begins at x0 differs.
func compareRow(boxes []image.Rectangle, have, want []byte, y, x0 int) {
	a := 0
	for i := range boxes {
		b := min(((x0/tileSize+i+1)*tileSize-x0)*4, len(want))
		p, q := have[a:b], want[a:b]
		if !bytes.Equal(p, q) {
			widen(&boxes[i], p, q, y, x0+a/4)
		}
		a = b
	}
}

// widen makes a box hold what differs in a row of its tile, which begins at x.
func widen(box *image.Rectangle, p, q []byte, y, x int) {
	if box.Empty() {
		*box = image.Rect(x+firstDifference(p, q)/4, y, x+lastDifference(p, q)/4, y+1)
		return
	}
	box.Min.Y, box.Max.Y = min(box.Min.Y, y), max(box.Max.Y, y+1)
	if left := (box.Min.X - x) * 4; !bytes.Equal(p[:left], q[:left]) {
		box.Min.X = x + firstDifference(p, q)/4
	}
	if right := (box.Max.X - x) * 4; !bytes.Equal(p[right:], q[right:]) {
		box.Max.X = x + lastDifference(p, q)/4
	}
}

// note adds the boxes of a band to the damage, joined with their neighbours in it
// and in the band before, whose damage begins at above. It returns where the
// band's own begins.
func (r *refined) note(above int) int {
	begin := len(r.damage)
	for _, b := range r.boxes {
		if b.Empty() {
			continue
		}
		if n := len(r.damage); n > begin && joins(r.damage[n-1], b) {
			r.damage[n-1] = r.damage[n-1].Union(b)
			continue
		}
		r.damage = append(r.damage, b)
	}
	for i := begin; i < len(r.damage); i++ {
		for j := above; j < begin; j++ {
			if !joins(r.damage[j], r.damage[i]) {
				continue
			}
			// It goes on in this band: to the border of the two, over which
			// the border then moves.
			u := r.damage[j].Union(r.damage[i])
			r.damage[j] = r.damage[begin-1]
			begin--
			r.damage[i] = r.damage[len(r.damage)-1]
			r.damage = r.damage[:len(r.damage)-1]
			r.damage[begin] = u
			i--
			break
		}
	}
	return begin
}

// joins reports whether one rectangle instead of two wastes little.
func joins(a, b image.Rectangle) bool { return area(a.Union(b)) <= area(a)+area(b)+joinWaste }

// firstDifference is where the first pixel that differs begins; there is one.
func firstDifference(a, b []byte) int {
	i := 0
	for ; i+32 <= len(a) && bytes.Equal(a[i:i+32], b[i:i+32]); i += 32 {
	}
	for a[i] == b[i] && a[i+1] == b[i+1] && a[i+2] == b[i+2] && a[i+3] == b[i+3] {
		i += 4
	}
	return i
}

// lastDifference is where the last pixel that differs ends; there is one.
func lastDifference(a, b []byte) int {
	i := len(a)
	for ; i >= 32 && bytes.Equal(a[i-32:i], b[i-32:i]); i -= 32 {
	}
	for a[i-1] == b[i-1] && a[i-2] == b[i-2] && a[i-3] == b[i-3] && a[i-4] == b[i-4] {
		i -= 4
	}
	return i
}
