package capture

import (
	"errors"
	"os"

	"github.com/alongside-remote/alongside/internal/x11"
)

// prepareScreenshot refuses what the module cannot do, which knows only $DISPLAY,
// and keeps its X11 client from printing to stderr.
func prepareScreenshot(o Options) error {
	x11.Silence()
	if os.Getenv("XDG_SESSION_TYPE") == "wayland" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return errors.New("under Wayland every picture would ask or flash at the user, or be the black root of XWayland")
	}
	if o.Display != "" && o.Display != os.Getenv("DISPLAY") {
		return errors.New("only the display of the environment can be opened")
	}
	return nil
}
