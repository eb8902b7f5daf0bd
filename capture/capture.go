// Package capture takes pictures of the screen of one terminal session and says
// what changed.
//
// A [Source] is one backend on one desktop. [Open] tries the backends of this
// system in order, best first. [Refine] wraps a source so that damage becomes
// exact. The package capturetest has a scripted source, a painter of known
// pictures and the conformance suite that every backend passes.
package capture

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"time"

	"github.com/alongside-remote/alongside/internal/portal"
)

// Source delivers frames of one desktop. All methods but Close are called from
// one goroutine; Close may be called from any and more than once.
type Source interface {
	// Monitors lists what there was at the last frame (before the first: at
	// Open), at least one, in physical pixels of the desktop, exactly one of
	// them primary. Coordinates may be negative. No monitor is ErrNoMonitor.
	Monitors() ([]Monitor, error)

	// Next waits for a change and describes it in f, reusing f's slices. The
	// first call returns at once with everything damaged and Layout set; so
	// does the first one after a change of layout. Damage is not empty and
	// lies within f.Rect.
	//
	// It returns ctx's error when ctx ends, after which the source goes on
	// with nothing lost (unless the display server hung); ErrLost (wrapped,
	// with a Reason) when the source must be closed and opened again; and
	// ErrClosed after Close.
	//
	// f.Pix is the source's own picture of the desktop, in which only Next
	// changes anything. It may be read until the next call of Next, also
	// while another goroutine calls Close, as long as the source is referred
	// to. Outside of Damage it may already be newer than what was announced:
	// the announcement follows.
	Next(ctx context.Context, f *Frame) error

	// Close unblocks Next and frees everything, also at the display server.
	// Memory that a caller of Next may be reading is freed by its next call.
	Close() error
}

// Frame is one look at the desktop.
type Frame struct {
	Time   time.Time         // when the pixels were taken
	Rect   image.Rectangle   // the desktop, all monitors: the place of Pix
	Stride int               // bytes from row to row
	Pix    []byte            // B, G, R, X; owned by the source
	Damage []image.Rectangle // a superset of what changed since the last frame, in desktop coordinates
	Moves  []Move            // of a backend: what the system says was moved, a hint; of Refine: facts. To be applied in this order, before Damage
	Cursor *Cursor           // set when shape or position changed, and in the first frame if the backend knows it; never drawn into Pix
	Layout bool              // monitors or the size changed: ask Monitors again
}

// Move says that the pixels of Src are now at To. They may overlap. Of several
// moves each sees what the ones before it did.
type Move struct {
	Src image.Rectangle
	To  image.Point
}

// Cursor is the pointer. Pix is set only when the shape changed since the last
// frame, and is the receiver's to keep.
type Cursor struct {
	Position image.Point // of the hot spot, desktop coordinates
	Visible  bool
	Shape    bool // Pix, Size and Hot are new
	Size     image.Point
	Hot      image.Point
	Pix      []byte // R, G, B, A, not premultiplied
}

// Monitor is one screen of the desktop.
type Monitor struct {
	ID      uint32 // stable while the monitor stays connected, never 0
	Rect    image.Rectangle
	Primary bool
	Name    string
}

// Errors of Open and Next. Each is wrapped in an *Error that carries the reason
// for the rep's screen.
var (
	ErrLost        = errors.New("capture lost")        // close, then Open again
	ErrUnsupported = errors.New("capture unsupported") // try the next backend
	ErrDenied      = errors.New("capture denied")      // ask the user or the admin; do not retry by itself
	ErrAsking      = errors.New("capture asked for")   // the desktop asks the person: Open again later
	ErrNoMonitor   = errors.New("no monitor")          // wait for a layout change
	ErrClosed      = errors.New("capture closed")
)

// Reason is why nothing can be shown, in terms that package wire has numbers for.
type Reason string

// Reasons.
const (
	ReasonNoDisplay         Reason = "no_display"
	ReasonDisplayServerGone Reason = "display_server_gone"
	ReasonPermission        Reason = "permission_missing"
	ReasonNoMonitor         Reason = "no_monitor"
	ReasonAsking            Reason = "desktop_asks"
	ReasonUnsupported       Reason = "backend_unsupported"
)

// Error is an error with a reason. Err wraps one of the errors above.
type Error struct {
	Backend string
	Reason  Reason
	Err     error
}

func (e *Error) Error() string { return e.Backend + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Options configure Open.
type Options struct {
	Display string       // X11: the display to open; empty: $DISPLAY
	Backend string       // a name from Backends; empty: the best that works
	Log     *slog.Logger // required

	// Portal may ask the person in a window of the desktop. Without it nobody is
	// asked, and a backend that needs it says ErrAsking.
	Portal *portal.Desktop
}

// Backend is one way of capturing on this system.
type Backend struct {
	Name string
	Open func(ctx context.Context, o Options) (Source, error)
}
