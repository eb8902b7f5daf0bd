package encode

import (
	"image"
	"time"
)

const tileSize = 64

// box is a rectangle within a tile; the zero box is empty.
type box struct{ x0, y0, x1, y1 uint8 }

func (b box) empty() bool { return b.x1 == 0 }

func (b box) area() int { return (int(b.x1) - int(b.x0)) * (int(b.y1) - int(b.y0)) }

func (b box) covers(o box) bool {
	return o.empty() || b.x0 <= o.x0 && b.y0 <= o.y0 && b.x1 >= o.x1 && b.y1 >= o.y1
}

func (b box) union(o box) box {
	if b.empty() {
		return o
	}
	if o.empty() {
		return b
	}
	return box{min(b.x0, o.x0), min(b.y0, o.y0), max(b.x1, o.x1), max(b.y1, o.y1)}
}

// tile is one square of the grid over the canvas. Dirty pixels were not sent,
// lossy ones were sent roughly; both are bounding boxes, so that a change of one
// letter costs one letter.
type tile struct {
	dirty, lossy box
	since        uint32        // the stamp at which it became dirty
	moved        uint32        // the stamp at which a move onto it was queued
	changed      time.Time     // last damage
	every        time.Duration // from the damage before to the last, at most quietTime
	longest      time.Duration // of these of late; 0: no two changes were close
	key          key           // of the newest pixels
	known        bool          // key is set
	rough        uint8         // how rough the lossy pixels are
}

// touch notes that the newest pixels have changed.
func (t *tile) touch(now time.Time) {
	t.known = false
	if now.Equal(t.changed) {
		return // by the same frame
	}
	t.every, t.changed = min(now.Sub(t.changed), quietTime), now
	if t.every == quietTime {
		t.longest = 0
		return
	}
	t.longest = max(t.every, t.longest-t.longest/longestFade)
}

// exact says that the viewer shows the newest pixels once all that is queued
// has been sent.
func (t *tile) exact() bool { return t.dirty.empty() && t.lossy.empty() }

// painted notes that the viewer was sent b.
func (t *tile) painted(b box, lossy bool) {
	if b.covers(t.dirty) {
		t.dirty = box{}
	}
	switch {
	case lossy:
		t.roughen(b, notRough)
	case b.covers(t.lossy):
		t.lossy = box{}
	}
}

// roughen notes lossy pixels in b. A tile is as rough as the roughest of them.
func (t *tile) roughen(b box, how uint8) {
	if t.lossy.empty() {
		t.rough = how
	} else if how != t.rough && (how != notRough || b.covers(t.lossy)) {
		t.rough = how
	}
	t.lossy = t.lossy.union(b)
}

// place is the rectangle of the canvas that b is in tile i.
func (c *Canvas) place(i int, b box) image.Rectangle {
	x, y := i%c.cols*tileSize, i/c.cols*tileSize
	return image.Rect(x+int(b.x0), y+int(b.y0), x+int(b.x1), y+int(b.y1))
}

// whole is all of tile i: less than a square at the canvas's edges.
func (c *Canvas) whole(i int) box {
	x, y := i%c.cols*tileSize, i/c.cols*tileSize
	return box{0, 0, uint8(min(tileSize, c.view.Dx()-x)), uint8(min(tileSize, c.view.Dy()-y))}
}

// eachTile calls f for every tile that r, in canvas coordinates, touches.
func (c *Canvas) eachTile(r image.Rectangle, f func(i int, b box)) {
	r = r.Intersect(image.Rectangle{Max: c.view.Size()})
	if r.Empty() {
		return
	}
	for ty := r.Min.Y / tileSize; ty*tileSize < r.Max.Y; ty++ {
		for tx := r.Min.X / tileSize; tx*tileSize < r.Max.X; tx++ {
			f(ty*c.cols+tx, box{
				uint8(max(r.Min.X-tx*tileSize, 0)), uint8(max(r.Min.Y-ty*tileSize, 0)),
				uint8(min(r.Max.X-tx*tileSize, tileSize)), uint8(min(r.Max.Y-ty*tileSize, tileSize)),
			})
		}
	}
}

// mark makes r, in canvas coordinates, dirty and tells whether that touched
// anything.
func (c *Canvas) mark(r image.Rectangle, now time.Time) (touched bool) {
	c.eachTile(r, func(i int, b box) {
		t := &c.tiles[i]
		if t.dirty.empty() {
			t.since = c.stamp
		}
		t.dirty = t.dirty.union(b)
		t.touch(now)
		touched = true
	})
	return touched
}
