package restriction

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
)

// The devices of XWayland are not the person's: to take them would take nothing.
func TestX15_NothingIsHeldUnderWayland(t *testing.T) {
	server := waylandtest.Start(t, waylandtest.Options{Size: "1280x800", XWayland: true})
	d, err := Open(t.Context(), Options{Display: server.XDisplay(t), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if !errors.Is(err, ErrUnsupported) {
		t.Errorf("%v, %v", d, err)
	}
}
