// Package transport is the link between an endpoint agent and a broker: mutual
// TLS 1.3 pinned by public key, over QUIC or, where UDP is blocked, over yamux on
// a WebSocket on TCP. Both ends of it are here, so that they are tested against
// each other; what the streams carry is package wire's.
package transport

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// ALPN is the application protocol of a link on QUIC and on TLS.
const ALPN = "alongside/1"

// Link is one authenticated connection to a peer. All methods may be called
// from any goroutine.
type Link interface {
	// Open opens a stream and sends its preface. Agents open, brokers accept.
	Open(ctx context.Context, p wire.Preface) (Stream, error)
	// Accept waits for the next stream and reads its preface. A stream with a
	// bad preface is refused and not returned. It ends with the link's cause.
	Accept(ctx context.Context) (Stream, wire.Preface, error)
	// Peer is the pin of the key that the peer proved in the TLS handshake: its
	// only identity.
	Peer() Pin
	// Export derives 32 bytes known only to both ends of this connection
	// (RFC 8446, 7.5).
	Export(label string) ([]byte, error)
	// Info says what the link runs on.
	Info() Info
	// Close ends the link and tells the peer why, if it still listens. Every
	// stream and every call fails with cause afterwards. A nil cause is ErrClosed.
	Close(cause error)
	// Done is closed when the link has ended; Cause tells why.
	Done() <-chan struct{}
	Cause() error
}

// Info describes a link for logs and status.
type Info struct {
	Transport string // "quic" or "wss"
	Remote    string // host:port
}

// Stream is one bidirectional stream of a link. Read and Write may be called at
// the same time. Close ends the sending side after what was written; Reset drops
// both sides at once and unblocks them.
type Stream interface {
	io.Reader
	io.Writer
	Close() error
	Reset()
	SetWriteDeadline(t time.Time) error
}

// Errors of a link.
var (
	ErrClosed      = errors.New("link closed")
	ErrPinMismatch = errors.New("peer key is not pinned") // terminal for that endpoint, never retried weaker
	ErrUnreachable = errors.New("broker unreachable")     // retry with backoff
)
