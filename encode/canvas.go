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
}

// Canvas is the desktop as one viewer sees it. Update is called from the
// goroutine that captures; Append, Refresh and Epoch from the one that sends;
// SetView, SetViewer, SetFar, Urgent and Close from any.
type Canvas struct {
	log  *slog.Logger
	bell chan struct{}
	far  atomic.Bool
	out  sender

	mu     sync.Mutex // guards what follows; never held while compressing or sending
	closed bool
	timer  *time.Timer // rings for refinement; runs only while something is lossy

	desk   image.Rectangle // what pix shows, desktop coordinates
	pix    []byte          // B, G, R, X, rows without gaps
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
	c := &Canvas{log: o.Log, bell: make(chan struct{}, 1), epoch: 1, resize: true, viewer: everyViewer(), cache: newCache()}
	c.out.init()
	c.timer = time.AfterFunc(time.Hour, c.ring)
	c.timer.Stop()
	return c
}

// Prepare makes memory, tables and encoders of an empty canvas ready for a desktop
// like f, by an update that goes to nobody. The canvas is empty afterwards.
func (c *Canvas) Prepare(f *capture.Frame) {
	c.Update(f)
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

// Update copies what the frame changed into the canvas. It never waits for the
// network and keeps nothing of f. Moves and Damage have to be exact together, as
// capture.Refine makes them: what neither of them touches is what it was.
func (c *Canvas) Update(f *capture.Frame) {
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
			d = d.Intersect(c.desk)
			c.retire(d.Sub(c.view.Min), now)
			c.copyIn(f, d)
			changed = c.mark(d.Sub(c.view.Min), now) || changed
		}
	}
	if f.Cursor != nil {
		changed = c.takeCursor(f.Cursor) || changed
	}
	if changed {
		c.ring()
	}
}

// adopt starts over with a desktop of another size.
func (c *Canvas) adopt(f *capture.Frame, now time.Time) {
	c.desk = f.Rect
	if n := 4 * f.Rect.Dx() * f.Rect.Dy(); cap(c.pix) >= n && cap(c.pix) <= 2*n {
		c.pix = c.pix[:n]
	} else {
		c.pix = make([]byte, n)
	}
	c.copyIn(f, f.Rect)
	c.setView(now)
	c.log.Debug("canvas", "desktop", c.desk, "view", c.view, "epoch", c.epoch)
}

// copyIn copies a rectangle of the desktop.
func (c *Canvas) copyIn(f *capture.Frame, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(c.row(y, r.Min.X, r.Max.X), frameRow(f, y, r.Min.X, r.Max.X))
	}
}

// row is a piece of a row of the newest pixels, in desktop coordinates.
func (c *Canvas) row(y, x0, x1 int) []byte {
	at := 4 * ((y-c.desk.Min.Y)*c.desk.Dx() + x0 - c.desk.Min.X)
	return c.pix[at : at+4*(x1-x0)]
}

// line is row in canvas coordinates.
func (c *Canvas) line(y, x0, x1 int) []byte {
	return c.row(y+c.view.Min.Y, x0+c.view.Min.X, x1+c.view.Min.X)
}

func frameRow(f *capture.Frame, y, x0, x1 int) []byte {
	at := (y-f.Rect.Min.Y)*f.Stride + 4*(x0-f.Rect.Min.X)
	return f.Pix[at : at+4*(x1-x0)]
}

// Close stops the timer and frees the pixels. Later calls do nothing.
func (c *Canvas) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.timer.Stop()
	c.pix, c.tiles, c.moves, c.stores = nil, nil, nil, nil
	c.cache.reset(0)
}
