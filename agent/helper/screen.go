package helper

import (
	"context"
	"errors"
	"image"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
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

// screen captures while somebody looks. Its run is one goroutine.
type screen struct {
	h *helper

	mu    sync.Mutex
	now   status
	views []*view
	again context.CancelFunc // ends what run is doing, to look at views anew
}

func newScreen(h *helper) *screen {
	return &screen{h: h, now: status{reason: wirepb.Reason_REASON_STARTING}}
}

func (s *screen) status() status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// show says who looks. A new viewer needs a whole picture, which a source gives
// when it is opened.
func (s *screen) show(views []*view) {
	s.mu.Lock()
	defer s.mu.Unlock()
	anew := len(views) == 0 && len(s.views) > 0
	for _, v := range views {
		known := false
		for _, old := range s.views {
			known = known || old == v
		}
		anew = anew || !known
	}
	s.views = views
	if anew && s.again != nil {
		s.again()
	}
}

func (s *screen) watched() []*view {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.views
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
	s.h.input.probe(ctx)
	s.h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Ready{Ready: &ipcpb.HelperReady{Capabilities: s.h.capabilities()}}})
	wait := reopenFirst
	for ctx.Err() == nil {
		turn, cancel := context.WithCancel(ctx)
		s.mu.Lock()
		s.again = cancel
		looking := len(s.views) > 0
		s.mu.Unlock()
		switch {
		case looking:
			var shown bool
			if shown, err = s.capture(turn); shown {
				wait = reopenFirst
			}
		case err != nil:
			err = s.probe(turn)
		}
		if err != nil && turn.Err() == nil {
			s.set(statusOf(err, s.status()))
			wait = min(wait*2, reopenLast)
			if !looking {
				wait = min(wait*16, idleLast)
			}
			sleep(turn, wait)
		} else if !looking && err == nil {
			<-turn.Done()
		}
		cancel()
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// probe opens the screen only to see whether that works.
func (s *screen) probe(ctx context.Context) error {
	src, n, err := s.open(ctx)
	if err != nil {
		s.set(statusOf(err, s.status()))
		return err
	}
	_ = src.Close()
	s.set(n)
	return nil
}

func (s *screen) open(ctx context.Context) (capture.Source, status, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	src, backend, err := s.h.openCapture(ctx)
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

// capture shows the screen until ctx ends or the source is lost, to the views
// that look when it begins.
func (s *screen) capture(ctx context.Context) (shown bool, err error) {
	src, n, err := s.open(ctx)
	if err != nil {
		return false, err
	}
	defer func(s capture.Source) { _ = s.Close() }(src)
	src = capture.Refine(src)
	s.set(n)
	var f capture.Frame
	views := s.watched()
	defer func() {
		for _, v := range views {
			v.setLive(false)
		}
	}()
	for {
		if err := src.Next(ctx, &f); err != nil {
			if ctx.Err() != nil {
				return shown, nil
			}
			return shown, err
		}
		if f.Layout {
			ms, err := src.Monitors()
			if err != nil {
				return shown, err
			}
			n.monitors = ms
			s.set(n)
		}
		for _, v := range views {
			v.canvas.Update(&f)
			if !shown {
				v.setLive(true)
			}
		}
		shown = true
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
