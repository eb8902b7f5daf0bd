package portal

import (
	"context"
	"fmt"
	"image"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	// streamsLimit is how many monitors a desktop has at most.
	streamsLimit = 16
	// callLimit bounds what the portal does without asking the person.
	callLimit = 20 * time.Second
	// persistForever asks that a Yes holds until it is taken back.
	persistForever = 2
)

// Session is what the person agreed to.
type Session struct {
	Streams []Stream
	bus     *bus
	path    dbus.ObjectPath
	over    chan struct{}
	spent   chan struct{}
	err     error
}

// Stream is one monitor: a node of PipeWire.
type Stream struct {
	Node   uint32
	ID     string // the same in other sessions; may be empty
	Placed bool
	// Place is where it is among the others in the desktop's own measure, which need
	// not be pixels. Only if Placed.
	Place image.Rectangle
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

// begin asks for a session. What it returns beside an error is a session to be
// closed.
func begin(ctx context.Context, b *bus, token string) (path dbus.ObjectPath, closed <-chan struct{}, results map[string]dbus.Variant, err error) {
	quick, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	offer, err := b.look(quick)
	if err != nil {
		return "", nil, nil, err
	}
	made, err := b.request(quick, screenCast+".CreateSession", map[string]dbus.Variant{"session_handle_token": dbus.MakeVariant(word())})
	if err != nil {
		return "", nil, nil, err
	}
	var handle string // a string, not a path, by the portal's own mistake
	if v, ok := made["session_handle"]; !ok || v.Store(&handle) != nil || !dbus.ObjectPath(handle).IsValid() {
		return "", nil, nil, fmt.Errorf("%w: CreateSession gave no session", ErrUnsupported)
	}
	path = dbus.ObjectPath(handle)
	closed = b.watch(path)
	options := map[string]dbus.Variant{
		"types": dbus.MakeVariant(uint32(sourceMonitor)), "multiple": dbus.MakeVariant(true), "cursor_mode": dbus.MakeVariant(offer.cursor()),
	}
	if offer.ScreenCast >= tokenVersion {
		options["persist_mode"] = dbus.MakeVariant(uint32(persistForever))
		if token != "" {
			options["restore_token"] = dbus.MakeVariant(token)
		}
	}
	if _, err = b.request(quick, screenCast+".SelectSources", options, path); err != nil {
		return path, closed, nil, err
	}
	// The person may take as long as they like.
	results, err = b.request(ctx, screenCast+".Start", map[string]dbus.Variant{}, path, "")
	return path, closed, results, err
}

// streams reads what Start gave.
func streams(results map[string]dbus.Variant) ([]Stream, error) {
	var list []struct {
		Node  uint32
		Props map[string]dbus.Variant
	}
	v, ok := results["streams"]
	if !ok {
		return nil, fmt.Errorf("%w: Start gave no streams", ErrUnsupported)
	}
	if err := v.Store(&list); err != nil {
		return nil, fmt.Errorf("%w: streams of Start: %w", ErrUnsupported, err)
	}
	if len(list) == 0 || len(list) > streamsLimit {
		return nil, fmt.Errorf("%w: Start gave %d streams", ErrUnsupported, len(list))
	}
	var all []Stream
	for _, l := range list {
		s := Stream{Node: l.Node}
		var at, size struct{ X, Y int32 }
		if p, ok := l.Props["position"]; ok && p.Store(&at) == nil {
			if p, ok := l.Props["size"]; ok && p.Store(&size) == nil && size.X > 0 && size.Y > 0 {
				s.Placed = true
				s.Place = image.Rect(int(at.X), int(at.Y), int(at.X)+int(size.X), int(at.Y)+int(size.Y))
			}
		}
		if p, ok := l.Props["id"]; ok {
			_ = p.Store(&s.ID)
		}
		all = append(all, s)
	}
	return all, nil
}
