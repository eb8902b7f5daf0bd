package capture

import (
	"image"
	"time"
)

const (
	// releaseLeast is how much of the desktop's memory must have been written to be
	// worth giving back: a whole screen, not a video.
	releaseLeast = 2 << 20
	// releaseEvery is how often that is done at most. What is needed again costs the
	// server and us a page fault for each 4 KiB: a scroll would take as long as its
	// copy for them.
	releaseEvery = 10 * time.Second
)

// lending is what of the desktop's memory is right. All of it, until Release allows
// less; after that it grows again by what is grabbed, as one rectangle, so that
// whoever gets a frame finds the bounds of its damage right.
type lending struct {
	asked bool // by Release, since the last frame
	valid image.Rectangle
	grab  [1]image.Rectangle
	at    time.Time     // when memory was given back last
	least int           // bytes; 0: releaseLeast
	every time.Duration // 0: releaseEvery
	off   bool          // the system cannot
}

// Release implements Releaser. The memory is given back by the next call of Next,
// which Close waits for.
func (s *x11Source) Release() { s.store.spare.asked = true }

// release gives memory back, if it was asked for and is worth it.
func (st *store) release(now time.Time) {
	l := &st.spare
	if !l.asked {
		return
	}
	l.asked = false
	least, every := l.least, l.every
	if least == 0 {
		least, every = releaseLeast, releaseEvery
	}
	if !st.shared || l.off || area(l.valid)*4 < least || now.Sub(l.at) < every {
		return
	}
	if err := st.keep.seg.Drop(len(st.pix)); err != nil {
		l.off = true
		return
	}
	l.valid, l.at = image.Rectangle{}, now
}

// need is what has to be grabbed for a frame with this damage: that, or what makes
// its bounds right.
func (l *lending) need(damage []image.Rectangle) []image.Rectangle {
	var bounds image.Rectangle
	for _, d := range damage {
		bounds = bounds.Union(d)
	}
	if bounds.In(l.valid) {
		return damage
	}
	l.grab[0] = l.valid.Union(bounds)
	return l.grab[:]
}

// have notes that it was grabbed.
func (l *lending) have(rects []image.Rectangle) {
	for _, r := range rects {
		l.valid = l.valid.Union(r)
	}
}
