// Package transport is the link between an endpoint agent and a broker: mutual
// TLS 1.3 pinned by public key, over QUIC or, where UDP is blocked, over yamux on
// a WebSocket on TCP. Both ends of it are here, so that they are tested against
// each other; what the streams carry is package wire's.
package transport

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// ALPN is the application protocol of a link on QUIC and on TLS.
const ALPN = "alongside/1"

// MaxStreams is the most streams that one side of a link may have open at a
// time: the control stream and a stream for each viewer. Open waits for a place.
const MaxStreams = 16

// Link is one authenticated connection to a peer. All methods may be called
// from any goroutine.
type Link interface {
	// Open opens a stream and sends its preface. Agents open, brokers accept.
	// It waits while MaxStreams are open; a stream gives its place back when both
	// directions have ended (Close, and Read to its end) or after Reset.
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
	// What streams still had to send is dropped, so a refusal belongs in the
	// cause: a *wire.CodeError, in a RetryError if the peer shall wait, arrives
	// at the peer as its cause. Close waits for the peer at most a second.
	Close(cause error)
	// Done is closed when the link has ended; Cause tells why, and is nil before.
	Done() <-chan struct{}
	Cause() error
}

// Info describes a link for logs and status.
type Info struct {
	Transport string // "quic" or "wss"
	Remote    string // host:port
}

// Transports, as Info names them.
const (
	QUIC = "quic"
	WSS  = "wss"
)

// Stream is one bidirectional stream of a link. Read and Write may be called at
// the same time, each from one goroutine. Close ends the sending side after what
// was written; the peer reads it to io.EOF. Reset drops both sides at once and
// unblocks them here and at the peer, with ErrReset; it may be called at any
// time, also after Close, when it drops what has not arrived yet. Every stream
// is to be reset or read to its end.
type Stream interface {
	io.Reader
	io.Writer
	Close() error
	Reset()
	// SetWriteDeadline makes Write fail with os.ErrDeadlineExceeded, also one
	// that is blocked; bytes it did not count are not sent. Zero is none.
	SetWriteDeadline(t time.Time) error
}

// Errors of a link.
var (
	ErrClosed      = errors.New("link closed")
	ErrReset       = errors.New("stream reset")
	ErrLost        = errors.New("link lost")              // connect again; sessions go on
	ErrPinMismatch = errors.New("peer key is not pinned") // terminal for that endpoint, never retried weaker
	ErrUnreachable = errors.New("broker unreachable")     // retry with backoff
)

// PeerKey is the public key behind Peer, for signatures that the peer makes.
func PeerKey(l Link) (ed25519.PublicKey, error) {
	if k, ok := l.(interface{ PeerKey() ed25519.PublicKey }); ok {
		return k.PeerKey(), nil
	}
	return nil, errors.New("link does not know its peer's key")
}

// Admit lifts the small windows of a peer of whom nothing is known but its key.
// The broker calls it when it has found the device in its books.
func Admit(l Link) {
	if a, ok := l.(interface{ Admit() }); ok {
		a.Admit()
	}
}
