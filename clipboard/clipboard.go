// Package clipboard reads and writes the text of a desktop's clipboard.
//
// A [Board] is one backend on one desktop; [Open] tries the backends of this system
// in order. It reads nothing by itself: what a person copies is asked of the program
// that has it when Read is called, and not before.
package clipboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Board is the clipboard of one desktop. Methods may be called from any goroutine.
type Board interface {
	// Changed is rung when another program has copied something, of whatever kind,
	// since the Board was opened. One ring may stand for several.
	Changed() <-chan struct{}

	// Copies is how often that was, up to the call.
	Copies(ctx context.Context) (uint64, error)

	// Read asks for the text that was copied last, at most Options.Limit bytes of
	// valid UTF-8. What the Board itself has written is ErrEmpty. It ends with ctx,
	// and gives up by itself on a program that does not answer.
	Read(ctx context.Context) (string, error)

	// Write makes text what programs paste, for as long as the Board is open and
	// nobody else copies.
	Write(ctx context.Context, text string) error

	// Gone is closed when the Board has to be opened again.
	Gone() <-chan struct{}

	// Close gives the clipboard up. Calls that wait end with ErrLost.
	Close() error
}

// Errors.
var (
	ErrUnsupported = errors.New("clipboard unsupported")       // try the next backend
	ErrLost        = errors.New("clipboard lost")              // close, then Open again
	ErrEmpty       = errors.New("nothing was copied")          // ask again when Changed rings
	ErrNoText      = errors.New("what was copied is no text")  // likewise
	ErrTooLong     = errors.New("what was copied is too long") // likewise
	ErrSilent      = errors.New("the program does not answer") // that has it; later it may
)

// Options configure Open.
type Options struct {
	Display string       // X11: the display to open; empty: $DISPLAY
	Backend string       // a name from Backends; empty: the best that works
	Limit   int          // bytes that Read returns at most
	Log     *slog.Logger // required
}

// Backend is one way to the clipboard on this system.
type Backend struct {
	Name string
	Open func(ctx context.Context, o Options) (Board, error)
}

// Backends lists the backends of this system, best first.
func Backends() []Backend { return backends() }

// Open opens the best backend that works, or the one that o names. The error joins
// those of all backends tried.
func Open(ctx context.Context, o Options) (Board, error) {
	err := fmt.Errorf("%w: no backend", ErrUnsupported)
	var tried []error
	for _, b := range Backends() {
		if o.Backend != "" && o.Backend != b.Name {
			continue
		}
		board, e := b.Open(ctx, o)
		if e == nil {
			return board, nil
		}
		tried = append(tried, fmt.Errorf("%s: %w", b.Name, e))
	}
	if len(tried) > 0 {
		err = errors.Join(tried...)
	}
	return nil, fmt.Errorf("open clipboard: %w", err)
}
