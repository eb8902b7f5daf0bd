package portal

import (
	"context"
	"fmt"
	"image"
	"os"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	// callLimit bounds what the portal does without asking the person.
	callLimit = 20 * time.Second
	// persistForever asks that a Yes holds until it is taken back.
	persistForever = 2
)

// Session is what the person agreed to. Its methods may be called from any goroutine.
type Session struct {
	Streams []Stream
	Asked   Devices // that they were asked for
	Devices Devices // that they let us use

	bus   *bus
	path  dbus.ObjectPath
	over  chan struct{}
	spent chan struct{}
	err   error

	mu       sync.Mutex
	pictures []image.Rectangle
}

// Stream is one monitor: a node of PipeWire.
type Stream struct {
	Node   uint32
	ID     string      // the same in other sessions; may be empty
	Size   image.Point // in the desktop's own measure, which need not be pixels; may be unknown
	Placed bool
	Place  image.Rectangle // where it is among the others in that measure. Only if Placed
}

// Done is closed when the session is over.
func (s *Session) Done() <-chan struct{} { return s.over }

// Err is why the session is over; only after Done.
func (s *Session) Err() error { return s.err }

// Remote opens a connection to PipeWire, on which the streams are.
func (s *Session) Remote(ctx context.Context) (*os.File, error) {
	var fd dbus.UnixFD
	err := s.bus.desktop.CallWithContext(ctx, screenCast+".OpenPipeWireRemote", 0, s.path, map[string]dbus.Variant{}).Store(&fd)
	if err != nil {
		return nil, fmt.Errorf("%w: open PipeWire: %w", ErrLost, err)
	}
	return os.NewFile(uintptr(fd), "pipewire"), nil
}

// Spent says that its streams are of no use any more: the next Share begins another.
func (s *Session) Spent() {
	select {
	case s.spent <- struct{}{}:
	default:
	}
}
