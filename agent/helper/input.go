package helper

import (
	"context"
	"errors"
	"image"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/wire"
)

const (
	// inputQueue is how many messages of events may wait for the injector. They
	// take microseconds each; more makes the pipe wait.
	inputQueue = 32
	// reopenInput is how long to wait after a failed attempt to open: events in
	// between are lost, as they are without an injector.
	reopenInput = time.Second
	// dropReport is how often dropped events are reported.
	dropReport = time.Second
)

// injection puts events into the desktop, on one goroutine. It is where view-only,
// the control token and our own prompts are enforced.
type injection struct {
	h    *helper
	todo chan batch
	done chan struct{} // closed when nothing is taken any more

	mu      sync.Mutex
	off     bool // suspended
	reason  error
	backend string

	// The running goroutine's.
	in      input.Injector
	tried   time.Time
	origin  image.Point
	hands   map[*view]bool // views that may hold a key or a button
	dropped map[*view]*ipcpb.InputDropped
	told    time.Time
}

type batch struct {
	v       *view // nil: all of them
	events  []wire.Input
	release bool            // let go of what v holds
	last    bool            // v is closed
	quiet   *ipcpb.Quiet    // to be said then
	left    chan<- struct{} // the injector is to be closed, and this then
}

func newInjection(h *helper) *injection {
	return &injection{
		h: h, off: true, todo: make(chan batch, inputQueue), done: make(chan struct{}),
		hands: map[*view]bool{}, dropped: map[*view]*ipcpb.InputDropped{},
	}
}

func (i *injection) suspended() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.off
}

// suspend takes effect for what waits already, too: it is checked again right
// before the injection. The service hears when nothing is under way any more.
func (i *injection) suspend(s *ipcpb.Suspend) {
	i.mu.Lock()
	was := i.off
	i.off = s.Input
	i.mu.Unlock()
	if s.Input {
		i.queue(batch{release: !was, quiet: &ipcpb.Quiet{Serial: s.Serial}})
	}
}

// denied says that the system refuses input.
func (i *injection) denied() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return errors.Is(i.reason, input.ErrDenied)
}

func (i *injection) put(v *view, events []wire.Input) { i.queue(batch{v: v, events: events}) }

func (i *injection) release(v *view) { i.queue(batch{v: v, release: true}) }

// forget releases a view that is closed.
func (i *injection) forget(v *view) { i.queue(batch{v: v, release: true, last: true}) }

// leave closes the injector: what it works by is about to go, and what is held has to go
// up before.
func (i *injection) leave() {
	left := make(chan struct{})
	i.queue(batch{left: left})
	select {
	case <-left:
	case <-i.done:
	}
}

func (i *injection) queue(b batch) {
	select {
	case i.todo <- b:
	case <-i.done:
	}
}

func (i *injection) run(ctx context.Context) {
	defer close(i.done)
	defer i.shut() // releases every key
	for {
		select {
		case b := <-i.todo:
			i.do(ctx, b)
		case <-ctx.Done():
			return
		}
	}
}

func (i *injection) shut() {
	if i.in != nil {
		if err := i.in.Close(); err != nil {
			i.h.Log.Debug("close input", "err", err)
		}
		i.in = nil
	}
}

func (i *injection) do(ctx context.Context, b batch) {
	if b.left != nil {
		i.shut()
		i.tried = time.Time{}
		close(b.left)
		return
	}
	if b.release {
		i.letGo(b.v)
	}
	switch {
	case b.last:
		i.counts(b.v).Last = true
		i.tellCounts(b.v)
	case b.quiet != nil:
		i.h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Quiet{Quiet: b.quiet}})
	}
	if len(b.events) == 0 {
		return
	}
	if i.refused(b.v, uint64(len(b.events))) {
		return
	}
	if i.in == nil && !i.open(ctx) {
		return
	}
	if o := b.v.origin(); o != i.origin {
		i.origin = o
		if p, ok := i.in.(input.Positioner); ok {
			p.SetOrigin(o)
		}
	}
	i.hands[b.v] = true
	if i.inject(b.events) {
		i.counts(b.v).Injected += uint64(len(b.events))
	}
}

// letGo releases every key and button, unless v has touched none since they were
// released last: a view that only looks disturbs nobody when it goes.
func (i *injection) letGo(v *view) {
	if v != nil && !i.hands[v] {
		return
	}
	clear(i.hands)
	if i.in != nil {
		i.inject([]wire.Input{{Kind: wire.InputReleaseAll}})
	}
}

// refused counts events that may not reach the desktop.
func (i *injection) refused(v *view, events uint64) bool {
	token, off := v.holds(), i.suspended()
	if v.control && token && !off {
		return false
	}
	d := i.counts(v)
	switch {
	case !v.control:
		d.ViewOnly += events
	case !token:
		d.NoToken += events
	default:
		d.PromptOpen += events
	}
	if time.Since(i.told) >= dropReport {
		i.tellCounts(v)
	}
	return true
}

func (i *injection) inject(events []wire.Input) bool {
	err := i.in.Inject(events)
	switch {
	case err == nil:
		return true
	case errors.Is(err, input.ErrLost), errors.Is(err, input.ErrDenied):
		i.h.Log.Warn("input", "err", err)
		i.shut()
		i.set(err, "")
	default:
		i.h.Log.Debug("input", "err", err) // the next may work
	}
	return false
}

// open opens the injector, but not again and again.
func (i *injection) open(ctx context.Context) bool {
	if !i.tried.IsZero() && time.Since(i.tried) < reopenInput {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	in, backend, err := i.h.openInput(ctx, i.h.portal)
	i.set(err, backend)
	if err != nil {
		i.tried = time.Now()
		i.h.Log.Warn("open input", "err", err)
		return false
	}
	i.tried = time.Time{}
	i.in, i.origin = in, image.Point{}
	return true
}

// probe opens the injector only to see whether that works, with what the desktop shares
// if that may be used.
func (i *injection) probe(ctx context.Context, share *portal.Desktop) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	in, backend, err := i.h.openInput(ctx, share)
	if err == nil {
		_ = in.Close()
	}
	i.mu.Lock()
	i.reason, i.backend = err, backend
	i.mu.Unlock()
}

// again is probe where input did not work: its display may have come with the screen's.
func (i *injection) again(ctx context.Context, share *portal.Desktop) {
	i.mu.Lock()
	failing := i.reason != nil
	i.mu.Unlock()
	if failing {
		i.probe(ctx, share)
	}
}

// set remembers whether input works; viewers learn what changed with it.
func (i *injection) set(err error, backend string) {
	i.mu.Lock()
	was := errors.Is(i.reason, input.ErrDenied)
	i.reason, i.backend = err, backend
	i.mu.Unlock()
	if was != errors.Is(err, input.ErrDenied) {
		s := i.h.screen.status()
		for _, v := range i.h.screen.watched() {
			v.changed(s)
		}
	}
}

// counts are what is counted of a view since the last report.
func (i *injection) counts(v *view) *ipcpb.InputDropped {
	d := i.dropped[v]
	if d == nil {
		d = &ipcpb.InputDropped{Viewer: v.id}
		i.dropped[v] = d
	}
	return d
}

func (i *injection) tellCounts(v *view) {
	i.h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Dropped{Dropped: i.counts(v)}})
	delete(i.dropped, v)
	i.told = time.Now()
}
