// Package input puts keyboard and pointer events into a desktop.
//
// An [Injector] is one backend on one desktop; [Open] tries the backends of this
// system in order. The package inputtest has a recording fake and the
// conformance suite, which reads typed text back from a real window.
package input

import (
	"context"
	"errors"
	"image"
	"log/slog"

	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/wire"
)

// Injector injects events. Inject is called from one goroutine; Close may be
// called from any and more than once.
type Injector interface {
	// Inject puts events in, in order, batched where the system can. Positions
	// are moved by the origin given to SetOrigin. When it returns from an
	// InputReleaseAll the display has all events by then. ErrBlocked means that these
	// events were refused and later ones may work; ErrLost that the injector
	// must be closed and opened again.
	Inject(events []wire.Input) error

	// Close releases every key and button still held, then frees everything.
	Close() error
}

// Positioner is an Injector whose viewer may see a part of the desktop.
type Positioner interface {
	// SetOrigin says which desktop point is (0, 0) of the viewer's canvas.
	SetOrigin(p image.Point)
}

// Errors.
var (
	ErrBlocked     = errors.New("input blocked")     // the system refused just now
	ErrLost        = errors.New("input lost")        // close, then Open again
	ErrUnsupported = errors.New("input unsupported") // try the next backend
	ErrDenied      = errors.New("input denied")      // permission missing
	ErrAsking      = errors.New("input asked for")   // the desktop asks the person: Open again later
)

// Options configure Open.
type Options struct {
	Display string       // X11: the display to open; empty: $DISPLAY
	Backend string       // a name from Backends; empty: the best that works
	Log     *slog.Logger // required

	// Portal has the session by which the desktop shares its screen, and devices with
	// it. Nobody is asked by Open. Without it a backend that needs it says ErrAsking.
	Portal *portal.Desktop
}

// Backend is one way of injecting on this system.
type Backend struct {
	Name string
	Open func(ctx context.Context, o Options) (Injector, error)
}
