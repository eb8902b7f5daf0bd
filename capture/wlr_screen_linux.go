package capture

import (
	"errors"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/internal/wayland"
)

// retryAfter is when a monitor is asked again that gave no picture: it is switched
// off, or was about to change. Nothing tells when that is over.
const retryAfter = time.Second

type wlrState int

const (
	wlrIdle wlrState = iota
	wlrAsked
	wlrReady
	wlrFailed
)

// wlrScreen is a monitor and the picture of it that is under way.
type wlrScreen struct {
	wayland.Screen
	camera *wayland.Camera
	state  wlrState
	whole  bool // the next picture shows what is there, at once
	retry  time.Time
}

// ask begins the next picture of each monitor that has none under way.
func (s *wlrSource) ask() {
	now := time.Now()
	for _, m := range s.screens {
		if m.state == wlrFailed && !now.Before(m.retry) {
			m.state = wlrIdle
		}
		if m.state == wlrIdle {
			m.state = wlrAsked
			m.camera.Take(m.whole, func(err error) { s.taken(m, err) })
		}
	}
}

func (s *wlrSource) taken(m *wlrScreen, err error) {
	switch {
	case err == nil:
		m.state, m.whole = wlrReady, false
	case errors.Is(err, wayland.ErrNoPicture):
		m.state, m.whole, m.retry = wlrFailed, true, time.Now().Add(retryAfter)
	case errors.Is(err, wayland.ErrFormat):
		s.refused = fmt.Errorf("%w: %w", ErrUnsupported, err)
	default:
		s.refused = fmt.Errorf("memory for %s: %w", m.Name, err)
	}
}
