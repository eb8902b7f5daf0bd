package encode

import (
	"image"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/wire"
)

// Options configure a canvas.
type Options struct {
	Log *slog.Logger // required

	// Shadow, if set, is the desktop that frames are told of, shared with others,
	// and Update is called as its Apply's tell, after Join. Else the canvas has
	// one of its own, and applies frames to it.
	Shadow *capture.Shadow
}

// Canvas is the desktop as one viewer sees it. Update and Join are called from the
// goroutine that captures; Append, Refresh and Epoch from the one that sends;
// SetView, SetViewer, SetFar, Urgent and Close from any.
type Canvas struct {
	log  *slog.Logger
	bell chan struct{}
	far  atomic.Bool
	out  sender

	shadow *capture.Shadow // the newest pixels; locked before mu
	alone  bool            // it is the canvas's own

	mu     sync.Mutex // guards what follows; never held while compressing or sending
	closed bool
	timer  *time.Timer // rings for refinement; runs only while something is lossy

	desk   image.Rectangle // the shadow's, as far as the canvas was told
	wanted image.Rectangle // by SetView; empty: all
	view   image.Rectangle // the canvas, desktop coordinates
	viewer viewer

	epoch  uint32
	resize bool // the epoch has not begun: Resize comes first
	cols   int
	tiles  []tile
	stamp  uint32 // counts updates: orders tiles by how long they wait
	cache  cache
	stores []wire.Slot // to be sent before moves
	moves  []wire.Copy
	moved  int // pixels of the moves since the last update began
	shifts []shift
	cursor cursor
}

// New makes an empty canvas: nothing is pending before the first Update. Its
// viewer understands the operations of version 1 until SetViewer says which.
func New(o Options) *Canvas {
	c := &Canvas{log: o.Log, bell: make(chan struct{}, 1), epoch: 1, resize: true, viewer: everyViewer(), cache: newCache(), shadow: o.Shadow, alone: o.Shadow == nil}
	if c.alone {
		c.shadow = new(capture.Shadow)
	}
	c.out.init()
	c.timer = time.AfterFunc(time.Hour, c.ring)
	c.timer.Stop()
	return c
}

// Prepare makes memory, tables and encoders of an empty canvas ready for a desktop
// like f, by an update that goes to nobody. The canvas is empty afterwards.
func (c *Canvas) Prepare(f *capture.Frame) {
	if c.alone {
		c.Update(f)
	} else {
		c.Join(f)
	}
	c.Append(nil, MaxLimit)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh(time.Now())
	c.desk, c.view, c.tiles = image.Rectangle{}, image.Rectangle{}, c.tiles[:0]
	c.timer.Stop()
	select {
	case <-c.bell:
	default:
	}
}

// Changed is the doorbell: it has a value when Append may have something to
// send that was not there when Append was last called.
func (c *Canvas) Changed() <-chan struct{} { return c.bell }

func (c *Canvas) ring() {
	select {
	case c.bell <- struct{}{}:
	default:
	}
}

// Update takes what the frame changed. It never waits for the network and keeps
// nothing of f. Moves and Damage have to be exact together, as capture.Refine makes
// them: what neither of them touches is what it was.
func (c *Canvas) Update(f *capture.Frame) {
	if c.alone {
		c.shadow.Apply(f, func() { c.update(f) })
	} else {
		c.update(f)
	}
}

// update is Update with the shadow locked, before it changes.
func (c *Canvas) update(f *capture.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || f.Rect.Empty() {
		return
	}
	now := time.Now()
	changed := false
	if f.Rect != c.desk {
		c.adopt(f, now)
		changed = true
	} else {
		changed = c.takeMoves(f, now)
		for _, d := range f.Damage {
			d = d.Intersect(c.desk).Sub(c.view.Min)
			c.retire(d, now)
			changed = c.mark(d, now) || changed
		}
	}
	c.notice(f, changed)
}

// Join begins with the desktop as it is in the shadow, of which f tells size and
// cursor, for a viewer who may have missed frames: nothing that was sent counts.
func (c *Canvas) Join(f *capture.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || f.Rect.Empty() {
		return
	}
	c.adopt(f, time.Now())
	c.notice(f, true)
}

// notice ends an update: it takes the frame's cursor and rings.
func (c *Canvas) notice(f *capture.Frame, changed bool) {
	if f.Cursor != nil {
		changed = c.takeCursor(f.Cursor) || changed
	}
	if changed {
		c.ring()
	}
}

// adopt starts over with a desktop.
func (c *Canvas) adopt(f *capture.Frame, now time.Time) {
	c.desk = f.Rect
	c.setView(now)
	c.log.Debug("canvas", "desktop", c.desk, "view", c.view, "epoch", c.epoch)
}

// lock keeps pixels and marks as they are.
func (c *Canvas) lock() {
	c.shadow.RLock()
	c.mu.Lock()
}

func (c *Canvas) unlock() {
	c.mu.Unlock()
	c.shadow.RUnlock()
}

// line is a piece of a row of the newest pixels, in canvas coordinates. The shadow
// is locked.
func (c *Canvas) line(y, x0, x1 int) []byte {
	return c.shadow.Row(y+c.view.Min.Y, x0+c.view.Min.X, x1+c.view.Min.X)
}

// Close stops the timer and forgets everything. Later calls do nothing.
func (c *Canvas) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.timer.Stop()
	c.tiles, c.moves, c.stores = nil, nil, nil
	c.cache.reset(0)
}
