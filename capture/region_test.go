package capture

import (
	"image"
	"math/rand/v2"
	"testing"
)

func randomRects(rnd *rand.Rand, n int, within image.Rectangle, size int) []image.Rectangle {
	var out []image.Rectangle
	for range n {
		at := within.Min.Add(image.Pt(rnd.IntN(within.Dx())-10, rnd.IntN(within.Dy())-10))
		out = append(out, image.Rectangle{Min: at, Max: at.Add(image.Pt(1+rnd.IntN(size), 1+rnd.IntN(size)))})
	}
	return out
}

func TestCoalesceCoversAndStaysSmall(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	bounds := image.Rect(-64, -30, 1003, 777)
	for i := range 150 {
		in := randomRects(rnd, rnd.IntN(200), bounds, 1+rnd.IntN(200))
		want := append([]image.Rectangle(nil), in...)
		out := coalesce(in, bounds)
		if len(out) > damageLimit {
			t.Fatalf("case %d: %d rectangles", i, len(out))
		}
		for _, r := range out {
			if r.Empty() || !r.In(bounds) {
				t.Fatalf("case %d: %v is empty or outside", i, r)
			}
		}
		for _, w := range want {
			if w = w.Intersect(bounds); !covered(w, out) {
				t.Fatalf("case %d: %v is not covered by %v", i, w, out)
			}
		}
	}
}

func covered(r image.Rectangle, by []image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
	next:
		for x := r.Min.X; x < r.Max.X; x++ {
			for _, b := range by {
				if image.Pt(x, y).In(b) {
					continue next
				}
			}
			return false
		}
	}
	return true
}

func TestCoalesceLeavesDistantRectanglesAlone(t *testing.T) {
	bounds := image.Rect(0, 0, 1920, 1080)
	in := []image.Rectangle{image.Rect(0, 0, 64, 64), image.Rect(1800, 1000, 1864, 1064)}
	if out := coalesce(in, bounds); len(out) != 2 {
		t.Fatalf("%v: a grab of %d pixels for two small changes", out, area(out[0]))
	}
}

func TestRunsJoinEqualRows(t *testing.T) {
	cells := []bool{
		true, true, false,
		true, true, false,
		false, true, true,
	}
	out := runs(nil, cells, 3, 10, image.Rect(5, 5, 30, 30))
	want := map[image.Rectangle]bool{image.Rect(5, 5, 25, 25): true, image.Rect(15, 25, 30, 30): true}
	if len(out) != len(want) {
		t.Fatal(out)
	}
	for _, r := range out {
		if !want[r] {
			t.Errorf("%v of %v", r, out)
		}
	}
}
