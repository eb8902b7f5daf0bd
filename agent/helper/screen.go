package helper

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/encode"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	// A display that is not there is looked for again: soon at first, for a
	// display server that restarts is back at once.
	reopenFirst = 100 * time.Millisecond
	reopenLast  = time.Second
	// idleLast is how rarely it is looked for while nobody wants to see it.
	idleLast = 30 * time.Second
	// openTimeout bounds one attempt at a display server that hangs.
	openTimeout = 5 * time.Second
)

// status is what is known of the screen.
type status struct {
	reason   wirepb.Reason
	detail   string
	backend  string
	monitors []capture.Monitor
}

// rect is the place of a monitor; empty for all, or one that is not there.
func (s status) rect(monitor uint32) image.Rectangle {
	for _, m := range s.monitors {
		if m.ID == monitor {
			return m.Rect
		}
	}
	return image.Rectangle{}
}

// screen captures while frames may flow and somebody looks, or the banner is looked for.
// Its run is one goroutine.
//
//	closed ── frames may flow ──▶ open, one picture taken ── a view ──▶ capturing
//	   ▲                                  ▲                                │
//	   └────────── suspended, lost ───────┴────────── the last view left ──┘
//
// It is open before the first view comes, and a canvas is ready for it, so that a
// rep's first picture waits neither for the display server nor for memory.
type screen struct {
	h      *helper
	shadow capture.Shadow // what the screen showed last, for all views

	mu    sync.Mutex
	now   status
	flow  bool // frames may, or the banner is looked for
	views []*view
	again context.CancelFunc // ends what run is doing, to look at flow and views anew
	quit  context.CancelFunc // ends what is for a flow of frames alone
	spare *encode.Canvas     // for the first view; nil: there is none
}

func newScreen(h *helper) *screen {
	return &screen{h: h, now: status{reason: wirepb.Reason_REASON_STARTING}}
}

func (s *screen) status() status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// show says whether frames may flow, or are only looked at, and to whom.
func (s *screen) show(flow bool, views []*view) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flow, s.views = flow, views
	if s.again != nil {
		s.again()
	}
	if !flow && s.quit != nil {
		s.quit()
	}
}

// flowing is a context that ends when frames may flow no more.
func (s *screen) flowing(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quit = cancel
	if !s.flow {
		cancel()
	}
	return ctx, cancel
}

// turn is a piece of run's time: its context ends when show was called.
func (s *screen) turn(ctx context.Context) (turn context.Context, end context.CancelFunc, flow bool, views []*view) {
	turn, end = context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = end
	return turn, end, s.flow, s.views
}

func (s *screen) watched() []*view {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.views
}

// canvas is one for a view that comes.
func (s *screen) canvas(log *slog.Logger) *encode.Canvas {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.spare
	s.spare = nil
	if c == nil {
		c = encode.New(encode.Options{Log: log, Shadow: &s.shadow})
	}
	return c
}

// prepare makes a canvas for the first view from the picture f, unless that has
// come meanwhile.
func (s *screen) prepare(f *capture.Frame) {
	c := encode.New(encode.Options{Log: s.h.Log, Shadow: &s.shadow})
	c.Prepare(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.views) > 0 {
		c.Close()
		return
	}
	s.spare = c
}

// unprepare drops the canvas that no view took.
func (s *screen) unprepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spare != nil {
		s.spare.Close()
		s.spare = nil
	}
}

// set remembers what is known and tells everybody.
func (s *screen) set(n status) {
	s.mu.Lock()
	old := s.now
	s.now = n
	views := s.views
	s.mu.Unlock()
	for _, v := range views {
		v.changed(n)
	}
	if old.reason != n.reason || old.detail != n.detail || !sameMonitors(old.monitors, n.monitors) {
		s.h.Log.Info("screen", "reason", n.reason.String(), "detail", n.detail, "backend", n.backend)
		if old.reason != wirepb.Reason_REASON_STARTING {
			s.h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_State{State: &ipcpb.HelperState{
				Reason: n.reason, Detail: n.detail, Capabilities: s.h.capabilities(),
			}}})
		}
	}
}

// run probes once, reports, and then captures whenever there is a view.
func (s *screen) run(ctx context.Context) {
	err := s.probe(ctx)
	s.h.input.probe(ctx, nil)
	s.h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Ready{Ready: &ipcpb.HelperReady{Capabilities: s.h.capabilities()}}})
	wait := reopenFirst
	for ctx.Err() == nil {
		turn, end, flow, _ := s.turn(ctx)
		if !flow && !s.h.portal.Idle() {
			s.h.input.leave()
			s.h.portal.Drop() // whose window may be open
			s.h.input.probe(ctx, nil)
		}
		switch {
		case flow:
			var shown bool
			if shown, err = s.capture(ctx); shown {
				wait = reopenFirst
			}
		case err != nil:
			e := s.probe(turn)
			if e != nil && turn.Err() != nil {
				end()
				continue
			}
			err = e
		default:
			<-turn.Done()
		}
		if err != nil && ctx.Err() == nil {
			s.set(statusOf(err, s.status()))
			pause := wait
			if !flow {
				pause = min(wait*16, idleLast)
			}
			if sleep(turn, pause) { // else a try was wanted, and says nothing of the next
				wait = min(wait*2, reopenLast)
			}
		}
		end()
	}
}

// sleep says whether the time has passed.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// probe opens the screen only to see whether that works. The desktop does not ask the
// person for that.
func (s *screen) probe(ctx context.Context) error {
	src, n, err := s.open(ctx, nil)
	if err != nil {
		if ctx.Err() == nil { // else it says nothing of the screen
			s.set(statusOf(err, s.status()))
		}
		return err
	}
	_ = src.Close()
	// Whether or not frames may flow meanwhile.
	s.h.input.again(context.WithoutCancel(ctx), nil)
	s.h.restrictor.again()
	s.set(n)
	return nil
}

func (s *screen) open(ctx context.Context, ask *portal.Desktop) (capture.Source, status, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	src, backend, err := s.h.openCapture(ctx, ask)
	if err != nil {
		return nil, status{}, err
	}
	ms, err := src.Monitors()
	if err != nil {
		_ = src.Close()
		return nil, status{}, err
	}
	return src, status{reason: wirepb.Reason_REASON_OK, backend: backend, monitors: ms}, nil
}

// capture shows the screen until frames may flow no more, ctx ends or the source
// is lost. A view that comes while others look gets the picture as it is; nobody
// else notices.
func (s *screen) capture(ctx context.Context) (shown bool, err error) {
	opening, done := s.flowing(ctx)
	raw, n, err := s.open(opening, s.h.portal)
	done()
	if err != nil {
		return false, err
	}
	src := capture.RefineInto(raw, &s.shadow)
	live := map[*view]bool{}
	defer func() {
		for v := range live {
			v.setLive(false)
		}
		s.unprepare()
		s.h.sight.dark()
		_ = src.Close()
	}()
	s.h.input.again(context.WithoutCancel(ctx), s.h.portal)
	s.set(n)
	var f capture.Frame
	for {
		turn, end, flow, views := s.turn(ctx)
		err = nil
		for flow && turn.Err() == nil {
			for _, v := range views {
				if !live[v] && s.h.sight.clear() && src.Look(&f) {
					v.canvas.Join(&f)
					v.setLive(true)
					live[v] = true
				}
			}
			if len(views) == 0 && shown && !s.h.sight.seeks() {
				<-turn.Done()
				break
			}
			if err = src.Next(turn, &f); err != nil {
				break
			}
			if f.Layout {
				if n.monitors, err = src.Monitors(); err != nil {
					break
				}
				s.set(n)
			}
			src.Apply(func() {
				for v := range live {
					v.canvas.Update(&f)
				}
			})
			s.h.sight.look(&f, n.monitors)
			if !shown && len(views) == 0 && src.Look(&f) {
				s.prepare(&f)
			}
			shown = true
		}
		end()
		if !flow || ctx.Err() != nil {
			return shown, nil
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			return shown, err
		}
		for v := range live {
			if !slices.Contains(s.watched(), v) {
				delete(live, v)
			}
		}
	}
}

// statusOf says in the rep's terms why there is nothing to see.
func statusOf(err error, before status) status {
	n := status{reason: wirepb.Reason_REASON_BACKEND_UNSUPPORTED, detail: err.Error(), monitors: before.monitors}
	var ce *capture.Error
	if errors.As(err, &ce) {
		switch ce.Reason {
		case capture.ReasonNoDisplay:
			n.reason = wirepb.Reason_REASON_NO_DISPLAY
		case capture.ReasonDisplayServerGone:
			n.reason = wirepb.Reason_REASON_DISPLAY_SERVER_GONE
		case capture.ReasonPermission:
			n.reason = wirepb.Reason_REASON_PERMISSION_MISSING
		case capture.ReasonAsking:
			n.reason = wirepb.Reason_REASON_DESKTOP_ASKS
		case capture.ReasonNoMonitor:
			n.reason = wirepb.Reason_REASON_NO_MONITOR
		case capture.ReasonUnsupported: // as it stands
		}
	}
	// What was there and cannot be reached is gone, not absent.
	gone := wirepb.Reason_REASON_DISPLAY_SERVER_GONE
	if n.reason == wirepb.Reason_REASON_NO_DISPLAY && (before.reason == wirepb.Reason_REASON_OK || before.reason == gone) {
		n.reason = gone
	}
	if before.reason == n.reason {
		n.detail = before.detail // the same trouble is told once
	}
	return n
}
