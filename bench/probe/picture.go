//go:build linux

package probe

import (
	"bytes"
	"image"
	"math"
)

// comparison is how a picture differs from the true one.
type comparison struct {
	PSNR   float64 `json:"psnr"` // dB over all channels; 99: equal
	Differ int     `json:"diff"` // pixels; -1: pictures of different sizes
	Most   int     `json:"maxd"` // of one channel
}

// exactPSNR is what the harness's clients say of equal pictures.
const exactPSNR = 99

// compare compares a picture with R, G, B, 255 of the same size, without what
// lies in mask. Rows that are equal cost a memory compare.
func compare(img *image.RGBA, ref []byte, mask image.Rectangle) comparison {
	if img == nil || len(img.Pix) != len(ref) {
		return comparison{Differ: -1, Most: 255}
	}
	size := img.Rect.Size()
	mask = mask.Intersect(img.Rect)
	c := comparison{PSNR: exactPSNR}
	var sum uint64
	for y := range size.Y {
		row := img.Pix[y*img.Stride:][:4*size.X]
		want := ref[4*y*size.X:][:4*size.X]
		if bytes.Equal(row, want) {
			continue
		}
		for x := 0; x < size.X; x++ {
			if image.Pt(x, y).In(mask) {
				continue
			}
			worst := 0
			for k := range 3 {
				d := int(row[4*x+k]) - int(want[4*x+k])
				sum += uint64(d * d)
				worst = max(worst, d, -d)
			}
			if worst > 0 {
				c.Differ++
				c.Most = max(c.Most, worst)
			}
		}
	}
	if sum > 0 {
		n := 3 * (size.X*size.Y - mask.Dx()*mask.Dy())
		c.PSNR = math.Round(100*10*math.Log10(255*255/(float64(sum)/float64(n)))) / 100
	}
	return c
}

// swap turns B, G, R, X into R, G, B, 255 and back.
func swap(pix []byte) {
	for i := 0; i+3 < len(pix); i += 4 {
		pix[i], pix[i+2], pix[i+3] = pix[i+2], pix[i], 255
	}
}

// coverage finds out when every pixel was painted once.
type coverage struct {
	width int
	seen  []bool // nil: all were
	left  int
}

func newCoverage(size image.Point) coverage {
	return coverage{width: size.X, seen: make([]bool, size.X*size.Y), left: size.X * size.Y}
}

// add marks rectangles as painted; true once, when the last pixel was.
func (c *coverage) add(rects []image.Rectangle) bool {
	if c.seen == nil {
		return false
	}
	for _, r := range rects {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := c.seen[y*c.width:][r.Min.X:r.Max.X]
			for x, done := range row {
				if !done {
					row[x] = true
					c.left--
				}
			}
		}
	}
	if c.left > 0 {
		return false
	}
	c.seen = nil
	return true
}
