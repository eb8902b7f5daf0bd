// Package transporttest has links that need no network: a pair in memory, links
// that are slow or break, and the conformance suite that every implementation of
// transport.Link passes.
package transporttest

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
)

// Memory is the transport that a memory link says it runs on.
const Memory = "memory"

// Pair returns the two ends of a link in memory, an agent's and a broker's, each
// with an identity of its own. They work in a synctest bubble. Both are closed
// at the end of the test.
func Pair(t testing.TB) (agent, broker transport.Link) {
	t.Helper()
	return PairOf(t, newIdentity(t), newIdentity(t))
}

// PairOf is Pair with given identities.
func PairOf(t testing.TB, agent, broker *transport.Identity) (a, b transport.Link) {
	t.Helper()
	secret := make([]byte, sha256.Size)
	_, _ = rand.Read(secret)
	shared := &memoryPair{ended: make(chan struct{}), secret: secret, pipes: make(map[*pipe]struct{})}
	one, two := newMemoryLink(shared, broker), newMemoryLink(shared, agent)
	one.other, two.other = two, one
	t.Cleanup(func() { one.Close(nil) })
	return one, two
}

func newIdentity(t testing.TB) *transport.Identity {
	t.Helper()
	id, err := transport.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// memoryPair is what both ends share.
type memoryPair struct {
	secret []byte
	ended  chan struct{}

	mu    sync.Mutex
	pipes map[*pipe]struct{} // of streams that have not ended
}

// end ends the link with the cause that by gave, of which the other end sees
// what a network would carry.
func (p *memoryPair) end(by *memoryLink, cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if by.cause != nil {
		return
	}
	by.cause, by.other.cause = cause, travelled(cause)
	close(p.ended)
	for x := range p.pipes {
		x.fail(errEnded)
	}
	p.pipes = nil
}

// errEnded stands for the cause of the link, which is not the same at both ends.
var errEnded = errors.New("link ended")

// travelled is what a peer learns of a cause.
func travelled(cause error) error {
	var retry *transport.RetryError
	var code *wire.CodeError
	switch {
	case errors.As(cause, &retry):
		return &transport.RetryError{After: retry.After, Err: travelled(retry.Err)}
	case errors.As(cause, &code):
		return code
	}
	return transport.ErrClosed
}

// memoryLink is one end.
type memoryLink struct {
	*memoryPair
	peer   *transport.Identity
	other  *memoryLink
	places chan struct{}
	queue  chan *memoryStream
	cause  error // guarded by mu
}

func (l *memoryLink) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

func newMemoryLink(p *memoryPair, peer *transport.Identity) *memoryLink {
	return &memoryLink{
		memoryPair: p, peer: peer,
		places: make(chan struct{}, transport.MaxStreams),
		queue:  make(chan *memoryStream, transport.MaxStreams),
	}
}

func (l *memoryLink) Open(ctx context.Context, p wire.Preface) (transport.Stream, error) {
	s, err := l.openRaw(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.Write(wire.AppendPreface(nil, p)); err != nil {
		s.Reset()
		return nil, err
	}
	return s, nil
}

// OpenRaw opens a stream whose first bytes are the caller's: what a peer that
// breaks the protocol does.
func (l *memoryLink) OpenRaw(ctx context.Context, first []byte) (transport.Stream, error) {
	s, err := l.openRaw(ctx)
	if err == nil {
		_, err = s.Write(first)
	}
	return s, err
}

func (l *memoryLink) openRaw(ctx context.Context) (*memoryStream, error) {
	select {
	case <-l.ended:
		return nil, l.why()
	case <-ctx.Done():
		return nil, ctx.Err()
	default:
	}
	select {
	case l.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.ended:
		return nil, l.why()
	}
	there, back := newPipe(), newPipe()
	var once sync.Once
	over := func() {
		if there.over() && back.over() {
			once.Do(func() {
				<-l.places
				l.mu.Lock()
				defer l.mu.Unlock()
				delete(l.pipes, there)
				delete(l.pipes, back)
			})
		}
	}
	there.changed, back.changed = over, over
	l.mu.Lock()
	if l.cause != nil {
		defer l.mu.Unlock()
		return nil, l.cause
	}
	l.pipes[there], l.pipes[back] = struct{}{}, struct{}{}
	l.mu.Unlock()
	mine := &memoryStream{in: back, out: there, link: l}
	select {
	case l.other.queue <- &memoryStream{in: there, out: back, link: l.other}:
		return mine, nil
	case <-ctx.Done():
		mine.Reset()
		return nil, ctx.Err()
	case <-l.ended:
		return nil, l.why()
	}
}

func (l *memoryLink) Accept(ctx context.Context) (transport.Stream, wire.Preface, error) {
	for {
		select {
		case <-l.ended:
			return nil, wire.Preface{}, l.why()
		default:
		}
		select {
		case s := <-l.queue:
			p, err := s.preface(ctx)
			if ctx.Err() != nil {
				return nil, wire.Preface{}, ctx.Err()
			}
			if err != nil {
				s.Reset()
				continue
			}
			return s, p, nil
		case <-ctx.Done():
			return nil, wire.Preface{}, ctx.Err()
		case <-l.ended:
			return nil, wire.Preface{}, l.why()
		}
	}
}

func (l *memoryLink) Peer() transport.Pin        { return l.peer.Pin() }
func (l *memoryLink) PeerKey() ed25519.PublicKey { return l.peer.Public() }
func (l *memoryLink) Info() transport.Info       { return transport.Info{Transport: Memory, Remote: Memory} }
func (l *memoryLink) Done() <-chan struct{}      { return l.ended }
func (l *memoryLink) Cause() error               { return l.why() }
func (l *memoryLink) Export(s string) ([]byte, error) {
	h := hmac.New(sha256.New, l.secret)
	_, _ = h.Write([]byte(s))
	return h.Sum(nil), nil
}

func (l *memoryLink) Close(cause error) {
	if cause == nil {
		cause = transport.ErrClosed
	}
	l.end(l, cause)
}
