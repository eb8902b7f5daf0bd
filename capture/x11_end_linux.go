package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alongside-remote/alongside/internal/x11"
)

// Close implements Source.
func (s *x11Source) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		s.conn.Break()
		if !s.busy && !s.held {
			s.store.free()
		}
	}
	s.mu.Unlock()
	s.conn.Close()
	return nil
}

func x11OpenError(ctx context.Context, err error) error {
	e := &Error{Backend: x11Name, Reason: ReasonUnsupported}
	switch {
	case ctx.Err() != nil:
		e.Reason, e.Err = ReasonNoDisplay, ctx.Err()
	case errors.Is(err, x11.ErrRefused):
		e.Reason, e.Err = ReasonPermission, fmt.Errorf("%w: %w", ErrDenied, err)
	case errors.Is(err, x11.ErrNoDisplay):
		e.Reason, e.Err = ReasonNoDisplay, fmt.Errorf("%w: %w", ErrUnsupported, err)
	case errors.Is(err, io.EOF):
		e.Reason, e.Err = ReasonDisplayServerGone, fmt.Errorf("%w: %w", ErrLost, err)
	case errors.Is(err, ErrUnsupported):
		e.Err = err
	default:
		e.Err = fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return e
}

func (s *x11Source) lost(err error) error {
	return &Error{Backend: x11Name, Reason: ReasonDisplayServerGone, Err: fmt.Errorf("%w: %w", ErrLost, err)}
}

func (s *x11Source) shut() error {
	return &Error{Backend: x11Name, Reason: ReasonDisplayServerGone, Err: ErrClosed}
}

// answerLimit is how long after the end of its context Next still waits for an
// answer the server owes. Usually that comes within a millisecond; it does not
// while another client has grabbed the server, and never when the server hangs.
const answerLimit = 2 * time.Second

// bounded runs what talks to the server. When ctx ends and the server does not
// answer, the connection is broken.
func (s *x11Source) bounded(ctx context.Context, talk func() error) error {
	done := make(chan struct{})
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		t := time.NewTimer(answerLimit)
		defer t.Stop()
		select {
		case <-done:
		case <-t.C:
			s.conn.Break()
		}
	})
	err := talk()
	close(done)
	if !stop() {
		<-ended
	}
	return err
}

// enter and leave keep Close from unmapping what Next or its caller uses.
func (s *x11Source) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
	if s.closed {
		s.store.free()
		return false
	}
	s.busy = true
	return true
}

func (s *x11Source) leave(held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy, s.held = false, held
	if s.closed && !held {
		s.store.free()
	}
}

// ended says why there is no frame: it was closed, the context ended, or the
// server is gone.
func (s *x11Source) ended(ctx context.Context, err error) error {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	switch {
	case closed:
		return s.shut()
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return s.lost(err)
}
