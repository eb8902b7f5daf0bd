package transporttest

import (
	"context"
	"crypto/ed25519"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
)

// slowChunk is how much of a write a slow link passes on at a time.
const slowChunk = 1 << 10

// Slow is l with writes, through all streams together, at a rate of bytes per
// second, as on a thin path. It works in a synctest bubble.
func Slow(l transport.Link, rate int) transport.Link {
	return &wrapped{Link: l, wrap: slowStreams(rate)}
}

func slowStreams(rate int) func(transport.Stream) transport.Stream {
	turn := make(chan struct{}, 1) // one chunk is on the path at a time
	return func(s transport.Stream) transport.Stream {
		return &slowStream{Stream: s, rate: rate, turn: turn, gone: make(chan struct{})}
	}
}

// LoseAfter is l, ending with transport.ErrLost as soon as its streams have
// written and read this many bytes: the path is gone in the middle of something.
func LoseAfter(l transport.Link, bytes int64) transport.Link {
	var left atomic.Int64
	left.Store(bytes)
	return &wrapped{Link: l, wrap: func(s transport.Stream) transport.Stream {
		return &losingStream{Stream: s, left: &left, lose: func() { l.Close(transport.ErrLost) }}
	}}
}

// LossySocket opens sockets that lose a share of what they send, for
// transport.Dialer.ListenUDP. The same seed loses the same packets of a socket.
func LossySocket(share float64, seed uint64) func(context.Context) (transport.Socket, error) {
	return func(ctx context.Context) (transport.Socket, error) {
		c, err := new(net.ListenConfig).ListenPacket(ctx, "udp", ":0")
		if err != nil {
			return nil, err
		}
		return &lossySocket{UDPConn: c.(*net.UDPConn), share: share, random: rand.New(rand.NewPCG(seed, 1))}, nil
	}
}

// wrapped is a link whose streams are wrapped.
type wrapped struct {
	transport.Link
	wrap func(transport.Stream) transport.Stream
}

func (w *wrapped) Open(ctx context.Context, p wire.Preface) (transport.Stream, error) {
	s, err := w.Link.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	return w.wrap(s), nil
}

func (w *wrapped) Accept(ctx context.Context) (transport.Stream, wire.Preface, error) {
	s, p, err := w.Link.Accept(ctx)
	if err != nil {
		return nil, p, err
	}
	return w.wrap(s), p, nil
}

func (w *wrapped) PeerKey() ed25519.PublicKey {
	k, _ := transport.PeerKey(w.Link)
	return k
}

func (w *wrapped) Admit() { transport.Admit(w.Link) }

// OpenRaw is the wrapped link's, for the conformance suite.
func (w *wrapped) OpenRaw(ctx context.Context, first []byte) (transport.Stream, error) {
	s, err := w.Link.(RawOpener).OpenRaw(ctx, first)
	if err != nil {
		return nil, err
	}
	return w.wrap(s), nil
}

type slowStream struct {
	transport.Stream
	rate int
	turn chan struct{}
	once sync.Once
	gone chan struct{}

	mu       sync.Mutex
	deadline time.Time
}

func (s *slowStream) Write(b []byte) (int, error) {
	total := 0
	for {
		chunk := b[total:min(len(b), total+slowChunk)]
		if err := s.pass(len(chunk)); err != nil {
			return total, err
		}
		n, err := s.Stream.Write(chunk)
		total += n
		if err != nil || total == len(b) {
			return total, err
		}
	}
}

// pass waits for the path to have carried n bytes. A reset or a deadline in the
// meantime is left to the Write that follows, or told here when it has passed.
func (s *slowStream) pass(n int) error {
	s.mu.Lock()
	var late <-chan time.Time
	if !s.deadline.IsZero() {
		t := time.NewTimer(time.Until(s.deadline))
		defer t.Stop()
		late = t.C
	}
	s.mu.Unlock()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-late:
		return os.ErrDeadlineExceeded
	case <-s.gone:
		return nil
	}
	t := time.NewTimer(time.Duration(n) * time.Second / time.Duration(s.rate))
	defer t.Stop()
	select {
	case <-t.C:
	case <-late:
		return os.ErrDeadlineExceeded
	case <-s.gone:
	}
	return nil
}

func (s *slowStream) Reset() {
	s.once.Do(func() { close(s.gone) })
	s.Stream.Reset()
}

// SetWriteDeadline counts from the next chunk for a Write under way.
func (s *slowStream) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	s.deadline = t
	s.mu.Unlock()
	return s.Stream.SetWriteDeadline(t)
}

type losingStream struct {
	transport.Stream
	left *atomic.Int64
	lose func()
}

func (s *losingStream) Read(b []byte) (int, error) {
	n, err := s.Stream.Read(b)
	s.count(n)
	return n, err
}

func (s *losingStream) Write(b []byte) (int, error) {
	n, err := s.Stream.Write(b)
	s.count(n)
	return n, err
}

func (s *losingStream) count(n int) {
	if s.left.Add(-int64(n)) <= 0 {
		s.lose()
	}
}

type lossySocket struct {
	*net.UDPConn
	share float64

	mu     sync.Mutex
	random *rand.Rand
}

func (s *lossySocket) lost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.Float64() < s.share
}

func (s *lossySocket) WriteMsgUDP(b, oob []byte, a *net.UDPAddr) (int, int, error) {
	if s.lost() {
		return len(b), len(oob), nil
	}
	return s.UDPConn.WriteMsgUDP(b, oob, a)
}

func (s *lossySocket) WriteTo(b []byte, a net.Addr) (int, error) {
	if s.lost() {
		return len(b), nil
	}
	return s.UDPConn.WriteTo(b, a)
}
