package prompt

import (
	"fmt"
	"os"

	"github.com/alongside-remote/alongside/tray/internal/window"
)

func backends() []Backend {
	return []Backend{
		{Name: "zenity", Open: openZenity},
		{Name: "kdialog", Open: openKdialog},
		{Name: "x11", Open: openOwn, InPlace: true},
	}
}

// reachable tells a display that is not there from a prompt that fails.
func reachable(display string) error {
	if display == "" && os.Getenv("WAYLAND_DISPLAY") != "" {
		return nil // the programs find their own way there
	}
	d, err := window.Open(display)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	d.Close()
	return nil
}
