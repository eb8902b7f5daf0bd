package encode

import (
	"fmt"
	"image"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// viewer is what the one at the other end can do.
type viewer struct {
	ops   [wire.OpOptional]bool
	cache uint32 // bytes
}

// everyViewer understands what an agent of version 1 makes.
func everyViewer() (v viewer) {
	for _, k := range []wire.OpKind{wire.OpResize, wire.OpMove, wire.OpLossless, wire.OpPhoto, wire.OpFill, wire.OpCursorShape, wire.OpCursorPosition, wire.OpTables} {
		v.ops[k] = true
	}
	return v
}

// slots is how many tiles the viewer keeps. Each is counted as a whole square,
// so that the sum holds whichever slot is overwritten by what.
func (v *viewer) slots() int {
	if !v.ops[wire.OpStore] || !v.ops[wire.OpCached] {
		return 0
	}
	return min(int(v.cache/(4*tileSize*tileSize)), wire.MaxCacheSlots)
}

// SetViewer takes from ViewSettings which operations the viewer understands and
// how much it caches. A change starts a new epoch. A viewer that lacks Resize or
// Lossless can be shown nothing and is an error of the peer.
func (c *Canvas) SetViewer(operations []uint32, cacheBytes uint32) error {
	v := viewer{cache: cacheBytes}
	for _, k := range operations {
		if k < uint32(len(v.ops)) {
			v.ops[k] = true
		}
	}
	if !v.ops[wire.OpResize] || !v.ops[wire.OpLossless] {
		return fmt.Errorf("%w: viewer without resize or lossless", wire.ErrMalformed)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if v != c.viewer {
		c.viewer = v
		c.refresh(time.Now())
	}
	return nil
}

// SetView shows one part of the desktop, usually a monitor; its corner is then
// the origin of the canvas. An empty rectangle shows all, and so does one that
// is not on the desktop (any more).
func (c *Canvas) SetView(r image.Rectangle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted = r
	if !c.desk.Empty() && !c.closed && c.wantedView() != c.view {
		c.setView(time.Now())
	}
}

// View is the part of the desktop that the canvas shows: input arrives relative
// to its corner.
func (c *Canvas) View() image.Rectangle {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view
}

func (c *Canvas) wantedView() image.Rectangle {
	v := c.wanted.Intersect(c.desk)
	if v.Empty() {
		v = c.desk
	}
	v.Max.X = min(v.Max.X, v.Min.X+wire.MaxCanvas)
	v.Max.Y = min(v.Max.Y, v.Min.Y+min(wire.MaxCanvas, wire.MaxCanvasPixels/v.Dx()))
	return v
}

// setView starts an epoch with another piece of the desktop.
func (c *Canvas) setView(now time.Time) {
	c.view = c.wantedView()
	c.cols = (c.view.Dx() + tileSize - 1) / tileSize
	n := c.cols * ((c.view.Dy() + tileSize - 1) / tileSize)
	if cap(c.tiles) < n {
		c.tiles = make([]tile, n)
	}
	c.tiles = c.tiles[:n]
	c.refresh(now)
}

// Refresh starts a new epoch: everything is pending and nothing that is sent
// from now on builds on what was sent before.
func (c *Canvas) Refresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh(time.Now())
}

func (c *Canvas) refresh(now time.Time) {
	if c.closed {
		return
	}
	if !c.resize {
		c.epoch++
	}
	c.resize = true
	c.moves, c.stores = c.moves[:0], c.stores[:0]
	c.cache.reset(c.viewer.slots())
	clear(c.tiles)
	c.mark(image.Rectangle{Max: c.view.Size()}, now)
	c.cursor.forget()
	c.ring()
}

// Epoch is the epoch of the payload that Append returned last; before the first
// one, of the payload that it will return.
func (c *Canvas) Epoch() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out.epoch == 0 {
		return c.epoch
	}
	return c.out.epoch
}
