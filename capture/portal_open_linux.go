package capture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/internal/pipewire"
	"github.com/alongside-remote/alongside/internal/pipewire/native"
	"github.com/alongside-remote/alongside/internal/portal"
)

const (
	portalName = "portal"

	// askingMoment is how long Open waits for the person, who may have agreed for good.
	askingMoment = time.Second
)

// portalSource captures what the person shares with us by the desktop's portal: one
// stream of PipeWire for each monitor. Streams come into pictures of their own at any
// time; only Next takes from there what is new. The session stays when the source is
// closed: it is the Desktop's, who made it.
type portalSource struct {
	log     *slog.Logger
	session *portal.Session
	screens []*portalScreen
	news    chan struct{} // has a value when a stream has something new
	closed  chan struct{}
	once    sync.Once

	rect    image.Rectangle
	pix     []byte
	time    time.Time
	stale   bool // sizes have changed, all is to be drawn anew
	tell    bool // the receiver does not know the layout
	pointer Cursor
	over    *portalScreen // that the pointer is on
	pointed bool          // the receiver does not know the pointer
}

// portalScreen is a monitor, and the stream of it.
type portalScreen struct {
	portal.Stream
	stream *pipewire.Stream
	size   image.Point // of its picture, in pixels
	rect   image.Rectangle
}

func openPortal(ctx context.Context, o Options) (Source, error) {
	if o.Display != "" {
		return nil, portalError(fmt.Errorf("%w: an X11 display was asked for", portal.ErrUnsupported))
	}
	if o.Portal == nil {
		if _, err := portal.Look(ctx); err != nil {
			return nil, portalError(err)
		}
		return nil, portalError(fmt.Errorf("%w the person, once there is a session", portal.ErrAsking))
	}
	soon, cancel := context.WithTimeout(ctx, askingMoment)
	defer cancel()
	session, err := o.Portal.Share(soon)
	if err != nil {
		return nil, portalError(err)
	}
	s := &portalSource{
		log: o.Log.With("backend", portalName), session: session, news: make(chan struct{}, 1), closed: make(chan struct{}), stale: true, pointed: true,
	}
	if err := s.start(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// start opens the streams and waits until each has shown how large it is.
func (s *portalSource) start(ctx context.Context) error {
	for _, shared := range s.session.Streams {
		remote, err := s.session.Remote(ctx)
		if err != nil {
			return portalError(err)
		}
		stream, err := pipewire.Open(pipewire.Target{Remote: remote, Node: shared.Node, News: s.news})
		_ = remote.Close()
		if err != nil {
			return portalError(err)
		}
		s.screens = append(s.screens, &portalScreen{Stream: shared, stream: stream})
	}
	for {
		if err := s.collect(&Frame{}); err != nil {
			return s.ended(ctx, err)
		}
		if !s.stale {
			return nil
		}
		if err := s.wait(ctx); err != nil {
			return s.ended(ctx, err)
		}
	}
}

// Monitors implements Source: as of the last frame.
func (s *portalSource) Monitors() ([]Monitor, error) {
	var all []Monitor
	first := 0
	for i, m := range s.screens {
		all = append(all, Monitor{ID: uint32(i + 1), Rect: m.rect, Name: fmt.Sprintf("monitor %d", i+1)})
		// The portal names no primary one: it is the one where reading begins.
		if a, b := m.rect.Min, all[first].Rect.Min; a.Y < b.Y || a.Y == b.Y && a.X < b.X {
			first = i
		}
	}
	all[first].Primary = true
	return all, nil
}

// Close implements Source.
func (s *portalSource) Close() error {
	s.once.Do(func() {
		close(s.closed)
		for _, m := range s.screens {
			m.stream.Close()
		}
	})
	return nil
}

// wait lets time pass until something is new.
func (s *portalSource) wait(ctx context.Context) error {
	select {
	case <-s.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	case <-s.session.Done():
		return s.session.Err()
	case <-s.news:
		return nil
	}
}

// ended says why there is no frame. That a stream has ended may be the person's will,
// or that of the desktop's: the portal says so soon.
func (s *portalSource) ended(ctx context.Context, err error) error {
	if errors.Is(err, native.ErrEnded) {
		s.session.Spent()
		select {
		case <-s.closed:
		case <-ctx.Done():
		case <-s.session.Done():
			err = s.session.Err()
		}
	}
	select {
	case <-s.closed:
		return &Error{Backend: portalName, Reason: ReasonDisplayServerGone, Err: ErrClosed}
	default:
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return portalError(err)
}

// portalError says what to do about an error of portal or stream. A stream of which
// we cannot read a picture is no reason to ask the person anew.
func portalError(err error) error {
	e := &Error{Backend: portalName, Reason: ReasonDisplayServerGone}
	kind := ErrLost
	switch {
	case errors.Is(err, portal.ErrAsking):
		e.Reason, kind = ReasonAsking, ErrAsking
	case errors.Is(err, portal.ErrDenied):
		e.Reason, kind = ReasonPermission, ErrDenied
	case errors.Is(err, portal.ErrUnsupported):
		e.Reason, kind = ReasonUnsupported, ErrUnsupported
	case errors.Is(err, native.ErrRefused), errors.Is(err, native.ErrProtocol), errors.Is(err, native.ErrNoDaemon):
		e.Reason = ReasonUnsupported
	}
	e.Err = fmt.Errorf("%w: %w", kind, err)
	return e
}
