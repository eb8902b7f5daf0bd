package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/yamux"

	"github.com/alongside-remote/alongside/wire"
)

// muxStream is a Stream on a yamux stream.
type muxStream struct {
	s   *yamux.Stream
	l   *muxLink
	own bool // we opened it: it holds one of our places

	writing sync.Mutex // orders Close after a Write in progress

	mu            sync.Mutex
	sent          bool // our end is closed
	read          bool // the peer's end has been read to io.EOF
	dropped       bool // reset, by either side
	buried        bool // the peer knows of the reset
	ended         bool // out of the link's books
	writeDeadline time.Time
}

// begin sends the preface.
func (s *muxStream) begin(ctx context.Context, p wire.Preface) error {
	stop := context.AfterFunc(ctx, s.Reset)
	_, err := s.Write(wire.AppendPreface(nil, p))
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		s.Reset()
		return fmt.Errorf("open stream: %w", err)
	}
	return nil
}

func (s *muxStream) Read(b []byte) (int, error) {
	if s.isDropped() {
		return 0, s.failure(ErrReset)
	}
	n, err := s.s.Read(b)
	if errors.Is(err, io.EOF) && s.s.Session().IsClosed() {
		// yamux ends all streams of a session like this.
		<-s.l.done
		return n, s.failure(s.l.Cause())
	}
	if errors.Is(err, io.EOF) && !s.isDropped() {
		s.half(&s.read)
		return n, io.EOF
	}
	return n, s.failure(err)
}

// Write writes in chunks so that others get their turn in between, and so that
// none of them waits for longer than yamux lets a single write.
func (s *muxStream) Write(b []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	total := 0
	for {
		if s.isDropped() {
			return total, s.failure(ErrReset)
		}
		if s.expired() {
			return total, s.failure(yamux.ErrTimeout)
		}
		if total == len(b) {
			return total, nil
		}
		n, err := s.s.Write(b[total:min(len(b), total+muxChunk)])
		total += n
		if err != nil {
			return total, s.failure(err)
		}
	}
}

func (s *muxStream) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.isDropped() {
		return s.failure(ErrReset)
	}
	err := s.s.Close()
	s.half(&s.sent)
	return s.failure(err)
}

// Reset tells the peer in the background: a write may have to wait for the path.
// Our end is closed only when the peer has answered: the close would look to its
// reader like a good end if it came before the reset.
func (s *muxStream) Reset() {
	if !s.drop() {
		return
	}
	s.l.spawn(func() {
		_ = s.l.send(linkSignal{kind: signalReset, stream: s.s.StreamID()})
		s.mu.Lock()
		closed := s.sent
		s.mu.Unlock()
		if closed {
			s.finish()
		}
	})
}

// resetByPeer follows a reset, or an answer to ours.
func (s *muxStream) resetByPeer() {
	first := s.drop()
	s.mu.Lock()
	again := s.buried
	s.buried = true
	s.mu.Unlock()
	if again {
		return
	}
	s.l.spawn(func() {
		_ = s.s.Close()
		if first {
			_ = s.l.send(linkSignal{kind: signalDropped, stream: s.s.StreamID()})
		}
		s.finish()
	})
}

func (s *muxStream) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dropped {
		return nil
	}
	s.writeDeadline = t
	return s.s.SetWriteDeadline(t)
}

// half notes that one direction has ended well; after both the stream is over.
func (s *muxStream) half(direction *bool) {
	s.mu.Lock()
	*direction = true
	over := s.sent && s.read && !s.dropped
	s.mu.Unlock()
	if over {
		s.finish()
	}
}

// drop makes both directions fail here. It says whether it was the first to.
func (s *muxStream) drop() bool {
	s.mu.Lock()
	if s.dropped || s.ended {
		s.mu.Unlock()
		return false
	}
	s.dropped = true
	s.mu.Unlock()
	s.unblock()
	return true
}

func (s *muxStream) unblock() { _ = s.s.SetDeadline(longAgo()) }

// finish takes the stream out of the link's books.
func (s *muxStream) finish() {
	s.mu.Lock()
	first := !s.ended
	s.ended = true
	s.mu.Unlock()
	if !first {
		return
	}
	s.l.mu.Lock()
	delete(s.l.streams, s.s.StreamID())
	s.l.mu.Unlock()
	if s.own {
		<-s.l.places
	}
}

func (s *muxStream) isDropped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

func (s *muxStream) expired() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.writeDeadline.IsZero() && !time.Now().Before(s.writeDeadline)
}

// failure says why a call failed: the link's end explains more than the
// stream's, a reset more than the deadline that it was carried out with.
func (s *muxStream) failure(err error) error {
	if err == nil || errors.Is(err, io.EOF) && !s.isDropped() {
		return err
	}
	if c := s.l.Cause(); c != nil {
		return c
	}
	switch {
	case s.isDropped(), errors.Is(err, yamux.ErrConnectionReset):
		return ErrReset
	case errors.Is(err, yamux.ErrTimeout):
		return fmt.Errorf("stream: %w", os.ErrDeadlineExceeded)
	case errors.Is(err, yamux.ErrStreamClosed):
		return err
	}
	return s.l.failure(err)
}
