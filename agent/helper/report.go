package helper

import (
	"context"
	"errors"
	"slices"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// openCapture opens the best backend and says which that was. What decides for all
// comes first in the error.
func (h *helper) openCapture(ctx context.Context, ask *portal.Desktop) (capture.Source, string, error) {
	o := capture.Options{Display: h.Display, Backend: h.Capture, Log: h.Log, Portal: ask}
	var errs []error
	for _, b := range capture.Backends() {
		if h.Capture != "" && h.Capture != b.Name {
			continue
		}
		o.Backend = b.Name
		src, err := h.OpenCapture(ctx, o)
		if err == nil {
			return src, b.Name, nil
		}
		if capture.Decides(err) {
			return nil, "", errors.Join(append([]error{err}, errs...)...)
		}
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		src, err := h.OpenCapture(ctx, o) // says what is wrong
		return src, h.Capture, err
	}
	return nil, "", errors.Join(errs...)
}

// openInput is openCapture for input.
func (h *helper) openInput(ctx context.Context, share *portal.Desktop) (input.Injector, string, error) {
	o := input.Options{Display: h.Display, Backend: h.Input, Log: h.Log, Portal: share}
	var errs []error
	for _, b := range input.Backends() {
		if h.Input != "" && h.Input != b.Name {
			continue
		}
		o.Backend = b.Name
		in, err := h.OpenInput(ctx, o)
		if err == nil {
			return in, b.Name, nil
		}
		errs = append(errs, err)
		if input.Decides(err) {
			break
		}
	}
	if len(errs) == 0 {
		in, err := h.OpenInput(ctx, o)
		return in, h.Input, err
	}
	return nil, "", errors.Join(errs...)
}

// capabilities is what works here. Consent is the tray's to report.
func (h *helper) capabilities() *wirepb.CapabilityReport {
	s := h.screen.status()
	c := &wirepb.CapabilityReport{
		Screen:   &wirepb.Capability{Reason: s.reason, Detail: s.detail, Backend: s.backend},
		Input:    &wirepb.Capability{Reason: wirepb.Reason_REASON_OK},
		Monitors: wireMonitors(s.monitors),
	}
	h.input.mu.Lock()
	defer h.input.mu.Unlock()
	c.Input.Backend = h.input.backend
	if err := h.input.reason; err != nil {
		c.Input.Detail = err.Error()
		switch {
		case errors.Is(err, input.ErrDenied):
			c.Input.Reason = wirepb.Reason_REASON_INPUT_PERMISSION_MISSING
		case errors.Is(err, input.ErrAsking):
			c.Input.Reason = wirepb.Reason_REASON_DESKTOP_ASKS
		case errors.Is(err, input.ErrLost):
			c.Input.Reason = wirepb.Reason_REASON_DISPLAY_SERVER_GONE
		case s.reason != wirepb.Reason_REASON_OK && s.reason != wirepb.Reason_REASON_DESKTOP_ASKS:
			c.Input.Reason = s.reason
		default:
			c.Input.Reason = wirepb.Reason_REASON_BACKEND_UNSUPPORTED
		}
	}
	return c
}

func wireMonitors(ms []capture.Monitor) []*wirepb.Monitor {
	var out []*wirepb.Monitor
	for _, m := range ms {
		out = append(out, &wirepb.Monitor{
			Id: m.ID, X: int32(m.Rect.Min.X), Y: int32(m.Rect.Min.Y),
			Width: uint32(m.Rect.Dx()), Height: uint32(m.Rect.Dy()), Primary: m.Primary, Name: m.Name,
		})
	}
	return out
}

func sameMonitors(a, b []capture.Monitor) bool { return slices.Equal(a, b) }
