package capture

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// TestX9_ScreenshotRefusesWayland: a black root of XWayland is worse than a reason.
func TestX9_ScreenshotRefusesWayland(t *testing.T) {
	t.Setenv("DISPLAY", x11test.Start(t, "320x200x24").Display)
	t.Setenv("XDG_SESSION_TYPE", "")
	for name, wayland := range map[string]string{"XDG_SESSION_TYPE": "wayland", "WAYLAND_DISPLAY": "wayland-0"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, wayland)
			_, err := Open(t.Context(), Options{Backend: "screenshot", Log: slog.New(slog.DiscardHandler)})
			var e *Error
			if !errors.Is(err, ErrUnsupported) || !errors.As(err, &e) || e.Reason != ReasonUnsupported {
				t.Errorf("%v, want unsupported", err)
			}
		})
	}
}
