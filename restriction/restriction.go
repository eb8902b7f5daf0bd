// Package restriction keeps a person's own keys and buttons from their desktop, and the
// picture from their monitors, for as long as a support session wants it. The person
// takes both back at any time, and this process sees to that itself: by Ctrl+Alt+Del, by
// a press on the session's banner, and by the hot-key that ends the session. Nothing is
// held longer than the process lives, but for the light of a monitor, which the next one
// to open the desktop gives back.
package restriction

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Wish is what is to be held.
type Wish struct {
	// Input: what the person types and clicks does nothing. Their pointer moves, so that
	// they can reach the banner; what programs type and click goes on.
	Input bool
	// Screen: the monitors are dark, and who captures the screen still sees it. Whatever
	// the person does makes it light for LitFor, so that the banner can be read.
	Screen bool
	// Banner is the window of the session's banner; 0: there is none to press.
	Banner uint32
}

// Nothing says that nothing is to be held.
func (w Wish) Nothing() bool { return !w.Input && !w.Screen }

// LitFor is how long a dark monitor is light after the last thing that the person did:
// the time to read the banner and to press its button.
const LitFor = 15 * time.Second

// Sign is why nothing is held any more although nobody wished so.
type Sign int

// Signs.
const (
	TakenBack Sign = iota + 1 // by the person
	Done                      // the person pressed the hot-key that ends the session
	Lost                      // the display is gone, or a device cannot be held any more
)

// Errors of Hold.
var (
	// ErrUnsupported: this system cannot hold it. There is no use in trying again.
	ErrUnsupported = errors.New("cannot be restricted on this system")
	// ErrRefused: something else has hold of it now. Try again later.
	ErrRefused = errors.New("another program has hold of it")
)

// Desktop is where something is held. Its methods may be called from any goroutine.
type Desktop interface {
	// Hold makes the desktop be as wished. With an error as much of the wish is held as
	// Held says: a part is held whole or not at all.
	Hold(w Wish) error
	// Held is what is held now.
	Held() Wish
	// Can says why a part could not be held here; nil: it could.
	Can() (input, screen error)
	// Signs has one sign when something that was held is not any more; by then it has
	// been given back.
	Signs() <-chan Sign
	// Close gives everything back.
	Close() error
}

// Options configure Open. Log is required.
type Options struct {
	Display string // X11: the display; empty: $DISPLAY
	Log     *slog.Logger
}

// Open opens the desktop of this terminal session, and gives back what a process left
// behind that ended without doing so. The error wraps ErrUnsupported where nothing can
// be held on this system.
func Open(ctx context.Context, o Options) (Desktop, error) { return open(ctx, o) }
