package transport

import (
	"context"
	"testing"

	"github.com/quic-go/quic-go"
)

// OpenRaw opens a stream whose first bytes are the caller's.
func (l *quicLink) OpenRaw(ctx context.Context, first []byte) (Stream, error) {
	s, err := l.conn.OpenStreamSync(ctx)
	if err != nil {
		return nil, err
	}
	_, err = s.Write(first)
	return &quicStream{s: s, l: l}, err
}

// OpenRaw opens a stream whose first bytes are the caller's.
func (l *muxLink) OpenRaw(ctx context.Context, first []byte) (Stream, error) {
	l.places <- struct{}{}
	ys, err := l.sess.OpenStream()
	if err != nil {
		return nil, err
	}
	s := l.register(ys, true)
	_, err = s.Write(first)
	return s, err
}

// Crash ends the server as a kill does: nobody is told.
func (s *Server) Crash() {
	s.stop()
	_ = s.sock.Close()
	_ = s.tcp.Close()
	s.mu.Lock()
	links := s.links
	s.links, s.ended = nil, true
	s.mu.Unlock()
	for l := range links {
		if m, ok := l.(*muxLink); ok {
			_ = m.conn.Close()
		}
	}
	_ = s.Shutdown(nil)
}

// GSO says whether a QUIC link sends segmented.
func GSO(l Link) bool { return l.(*quicLink).conn.ConnectionState().GSO }

// KernelGSO says whether a connection on a bare socket would.
func KernelGSO(t *testing.T) bool {
	t.Helper()
	id, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := quic.ListenAddr("127.0.0.1:0", agentTLS(id), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := quic.DialAddr(t.Context(), ln.Addr().String(), clientTLS(id, []Pin{id.Pin()}, ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseWithError(0, "")
	return c.ConnectionState().GSO
}

// AcceptQueue is how many links wait for Accept.
const AcceptQueue = acceptQueue
