package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/alongside-remote/alongside/wire"
)

// resetCode is the stream error code of Reset. There is one: why a stream ended
// is said in control messages.
const resetCode = 1

// quicConfig is the common part of both ends.
func quicConfig() *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout: handshakeIdle,
		MaxIdleTimeout:       idleTimeout,
		MaxIncomingStreams:   MaxStreams,
	}
}

// quicLink is a Link on a QUIC connection.
type quicLink struct {
	peer
	conn     *quic.Conn
	stranger *stranger // nil at the agent

	mu    sync.Mutex
	cause error // of our own Close
}

func newQUICLink(conn *quic.Conn, s *stranger) (*quicLink, error) {
	p, err := newPeer(conn.ConnectionState().TLS)
	if err != nil {
		return nil, err
	}
	return &quicLink{peer: p, conn: conn, stranger: s}, nil
}

func (l *quicLink) Open(ctx context.Context, p wire.Preface) (Stream, error) {
	s, err := l.conn.OpenStreamSync(ctx)
	if err != nil {
		return nil, l.failure(err)
	}
	st := &quicStream{s: s, l: l}
	stop := context.AfterFunc(ctx, st.Reset)
	_, err = st.Write(wire.AppendPreface(nil, p))
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		st.Reset()
		return nil, fmt.Errorf("open stream: %w", err)
	}
	return st, nil
}

func (l *quicLink) Accept(ctx context.Context) (Stream, wire.Preface, error) {
	for {
		s, err := l.conn.AcceptStream(ctx)
		if err != nil {
			return nil, wire.Preface{}, l.failure(err)
		}
		st := &quicStream{s: s, l: l}
		_ = s.SetReadDeadline(time.Now().Add(prefaceTimeout))
		stop := context.AfterFunc(ctx, st.Reset)
		p, err := readPreface(st)
		if !stop() {
			return nil, wire.Preface{}, ctx.Err()
		}
		if err != nil {
			st.Reset()
			continue
		}
		_ = s.SetReadDeadline(time.Time{})
		return st, p, nil
	}
}

// readPreface reads exactly a preface.
func readPreface(r io.Reader) (wire.Preface, error) {
	var b [wire.PrefaceSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return wire.Preface{}, err
	}
	return wire.ParsePreface(b[:])
}

func (l *quicLink) Info() Info {
	return Info{Transport: QUIC, Remote: l.conn.RemoteAddr().String()}
}

// Admit is for the function of that name.
func (l *quicLink) Admit() {
	if l.stranger != nil {
		l.stranger.admitted.Store(true)
	}
}

func (l *quicLink) Close(cause error) {
	if cause == nil {
		cause = ErrClosed
	}
	l.mu.Lock()
	if l.cause == nil && l.conn.Context().Err() == nil {
		l.cause = cause
	}
	l.mu.Unlock()
	code, detail := encodeCause(cause)
	_ = l.conn.CloseWithError(quic.ApplicationErrorCode(code), detail)
}

func (l *quicLink) Done() <-chan struct{} { return l.conn.Context().Done() }

func (l *quicLink) Cause() error {
	if l.conn.Context().Err() == nil {
		return nil
	}
	return l.failure(context.Cause(l.conn.Context()))
}

// failure turns an error of quic-go into what the link's user can act on.
func (l *quicLink) failure(err error) error {
	l.mu.Lock()
	own := l.cause
	l.mu.Unlock()
	var app *quic.ApplicationError
	var tr *quic.TransportError
	var idle *quic.IdleTimeoutError
	var reset *quic.StatelessResetError
	switch {
	case err == nil, errors.Is(err, context.Canceled) && own == nil, errors.Is(err, context.DeadlineExceeded):
		return err
	case own != nil:
		return own
	case errors.As(err, &app):
		return decodeCause(uint64(app.ErrorCode), app.ErrorMessage)
	case errors.As(err, &idle):
		return fmt.Errorf("%w: peer silent for %s", ErrLost, idleTimeout)
	case errors.As(err, &reset):
		return fmt.Errorf("%w: peer restarted", ErrLost)
	case errors.As(err, &tr), errors.Is(err, quic.ErrTransportClosed):
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return err
}

// quicStream is a Stream on a QUIC stream.
type quicStream struct {
	s *quic.Stream
	l *quicLink

	// written orders Close after a Write in progress, which quic-go demands.
	written sync.Mutex
}

func (s *quicStream) Read(b []byte) (int, error) {
	n, err := s.s.Read(b)
	return n, s.failure(err)
}

func (s *quicStream) Write(b []byte) (int, error) {
	s.written.Lock()
	defer s.written.Unlock()
	n, err := s.s.Write(b)
	return n, s.failure(err)
}

func (s *quicStream) Close() error {
	s.written.Lock()
	defer s.written.Unlock()
	return s.failure(s.s.Close())
}

func (s *quicStream) Reset() {
	s.s.CancelRead(resetCode)
	s.s.CancelWrite(resetCode)
}

func (s *quicStream) SetWriteDeadline(t time.Time) error { return s.s.SetWriteDeadline(t) }

func (s *quicStream) failure(err error) error {
	var se *quic.StreamError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case errors.As(err, &se):
		return ErrReset
	}
	return s.l.failure(err)
}
