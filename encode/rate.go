package encode

import "time"

// How much goes into one update and when rough tiles are refined.
const (
	// MaxLimit is the largest size that Append takes as its limit. A group of
	// tiles at its worst (groupPixels of noise, lossless) and the largest cursor
	// go over it and still fit into wire.MaxMediaPayload.
	MaxLimit = 256 << 10
	// groupPixels is how many pixels are encoded between two looks at the limit:
	// 24 tiles, 1 to 2 ms of work. With 4 bytes for each, MaxLimit before them and
	// the largest cursor the sum is below wire.MaxMediaPayload.
	groupPixels = 96 << 10
	// minGroupPixels keeps groups worth their headers where the limit is small.
	minGroupPixels = 4 << 10
	// refinePixels is the most that one update refines, so that new damage
	// waits for a few milliseconds of it only.
	refinePixels = 64 << 10
	// A tile is refined when it has not changed for half as long again as the
	// longest time between two of its last changes, so that a video is not refined
	// between two of its frames, though they come unevenly: quietLeast, which is
	// more than a frame of 30 a second, to quietTime. Changes that are further apart
	// than quietTime are no video.
	quietLeast = 35 * time.Millisecond
	quietTime  = 300 * time.Millisecond
	// longestFade is what part of that time each change takes off, so that a frame
	// that came late is forgotten ten frames later.
	longestFade = 8
	// updatePixels is how many pixels one update paints: what follows is encoded
	// while the viewer paints this.
	updatePixels = 512 << 10
	// smallPixels is the largest change that leaves in an update of its own
	// before a larger one is encoded: some words, a menu, a strip of a scroll.
	smallPixels = 32 << 10
)

// quiet is how long t must not have changed before it is refined.
func (t *tile) quiet() time.Duration {
	return min(max(t.longest+t.longest/2, quietLeast), quietTime)
}

// A tile that was a photo and changes again within movingTime still is one; what
// it is is looked at every movingLook updates only, which is the longest that
// letters over a video stay rough.
const (
	movingTime = 75 * time.Millisecond
	movingLook = 4
)

func (t *tile) moving() bool {
	return !t.lossy.empty() && t.lossy.covers(t.dirty) && t.every < movingTime && t.dirty.area() >= minPhotoPixels
}

// groupFor is the size of a group for a limit: at its worst (noise between rows
// that look like letters) a group of n pixels makes 4n bytes.
func groupFor(limit int) int { return min(max(limit, minGroupPixels), groupPixels) }

// Urgent says that something is pending that the viewer does not show at all,
// not even roughly.
func (c *Canvas) Urgent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.closed && (c.pendingHead() || c.anyDirty())
}

// settle says whether an update could be built right now, and otherwise winds
// the timer for the first tile to be refined. c.mu is held.
func (c *Canvas) settle(now time.Time) (more bool) {
	if c.closed {
		return false
	}
	if c.pendingHead() {
		return true
	}
	wait := time.Duration(-1)
	for i := range c.tiles {
		t := &c.tiles[i]
		if !t.dirty.empty() {
			return true
		}
		if !t.lossy.empty() {
			left := max(t.quiet()-now.Sub(t.changed), 0)
			if wait < 0 || left < wait {
				wait = left
			}
		}
	}
	switch {
	case wait == 0:
		return true
	case wait > 0:
		c.timer.Reset(wait)
	default:
		c.timer.Stop()
	}
	return false
}
