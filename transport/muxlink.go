package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/hashicorp/yamux"

	"github.com/alongside-remote/alongside/wire"
)

// muxLink is a Link on yamux over a WebSocket.
type muxLink struct {
	peer
	remote string
	conn   *muxConn
	sess   *yamux.Session
	sig    *yamux.Stream // carries signals, see signal.go
	odd    uint32        // parity of the ids of our own streams

	places  chan struct{} // one per stream that we opened and that has not ended
	opening chan struct{} // one Open and one Accept at a time, so that
	turn    chan struct{} // lastOwn and lastPeer grow
	sigMu   sync.Mutex    // orders writes to sig
	work    sync.WaitGroup

	mu       sync.Mutex
	streams  map[uint32]*muxStream
	early    map[uint32]bool // streams reset by the peer before we know them
	lastOwn  uint32          // newest stream we opened and registered
	lastPeer uint32          // newest stream we accepted
	cause    error

	done  <-chan struct{} // of ended
	ended context.Context //nolint:containedctx // the link's own end, as something to wait for with others
	stop  context.CancelFunc
}

func muxConfig(log *slog.Logger) *yamux.Config {
	return &yamux.Config{
		AcceptBacklog:          muxBacklog,
		EnableKeepAlive:        true,
		KeepAliveInterval:      muxKeepAlive,
		ConnectionWriteTimeout: muxWriteTimeout,
		MaxStreamWindowSize:    muxWindow,
		// Both timeouts would end streams that are merely quiet: a link bounds
		// their number and its user their time.
		StreamOpenTimeout:  0,
		StreamCloseTimeout: 0,
		Logger:             muxLogger{log},
	}
}

// newMuxLink takes over conn, also when it fails. The agent is the client.
func newMuxLink(ctx context.Context, conn *muxConn, p peer, remote string, client bool, log *slog.Logger) (_ *muxLink, err error) {
	l := &muxLink{
		peer: p, remote: remote, conn: conn,
		places:  make(chan struct{}, MaxStreams),
		opening: make(chan struct{}, 1),
		turn:    make(chan struct{}, 1),
		streams: make(map[uint32]*muxStream),
		early:   make(map[uint32]bool),
	}
	l.ended, l.stop = context.WithCancel(context.Background())
	l.done = l.ended.Done()
	if client {
		l.odd = 1
		l.sess, err = yamux.Client(conn, muxConfig(log))
	} else {
		l.sess, err = yamux.Server(conn, muxConfig(log))
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	if client {
		l.sig, err = l.sess.OpenStream()
	} else {
		l.sig, err = l.sess.AcceptStreamWithContext(ctx)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = l.sess.Close()
		return nil, fmt.Errorf("signal stream: %w", err)
	}
	l.lastOwn, l.lastPeer = l.sig.StreamID(), l.sig.StreamID()
	l.work.Go(l.readSignals)
	return l, nil
}

// readSignals runs until the session ends, by whoever.
func (l *muxLink) readSignals() {
	var buf [signalHeader + maxSignalPayload]byte
	for {
		s, err := readSignal(l.sig, &buf)
		switch {
		case err != nil:
			l.end(fmt.Errorf("%w: %w", ErrLost, err))
		case s.kind == signalClose:
			l.end(decodeCause(s.code, s.detail))
		case !l.resetByPeer(s):
			l.end(fmt.Errorf("%w: resets of streams that cannot be", wire.ErrMalformed))
		default:
			continue
		}
		_ = l.sess.Close()
		return
	}
}

// resetByPeer says whether the peer kept to the rules.
func (l *muxLink) resetByPeer(g linkSignal) bool {
	l.mu.Lock()
	s := l.streams[g.stream]
	last := l.lastPeer
	if g.stream%2 == l.odd {
		last = l.lastOwn
	}
	// Older streams have ended here. A newer one is still on its way to us.
	if s == nil && g.stream > last && g.kind == signalReset {
		l.early[g.stream] = true
	}
	ok := len(l.early) <= 2*MaxStreams
	l.mu.Unlock()
	if s == nil {
		return ok
	}
	if g.kind == signalDropped && !s.isDropped() {
		return false
	}
	s.resetByPeer()
	return ok
}

func (l *muxLink) Open(ctx context.Context, p wire.Preface) (Stream, error) {
	if err := l.wait(ctx, l.places); err != nil {
		return nil, err
	}
	if err := l.wait(ctx, l.opening); err != nil {
		<-l.places
		return nil, err
	}
	got := make(chan *muxStream, 1)
	var failed error
	ok := l.spawn(func() {
		defer func() { <-l.opening }()
		defer close(got)
		ys, err := l.sess.OpenStream() // may wait for the peer to accept others
		if err != nil {
			<-l.places
			failed = err
			return
		}
		got <- l.register(ys, true)
	})
	if !ok {
		return nil, l.Cause()
	}
	select {
	case s := <-got:
		if s == nil {
			return nil, l.failure(failed)
		}
		if err := s.begin(ctx, p); err != nil {
			return nil, err
		}
		return s, nil
	case <-ctx.Done():
		l.abandon(got)
		return nil, ctx.Err()
	case <-l.done:
		l.abandon(got)
		return nil, l.Cause()
	}
}

// abandon drops a stream that opens too late.
func (l *muxLink) abandon(got <-chan *muxStream) {
	l.spawn(func() {
		if s := <-got; s != nil {
			s.Reset()
		}
	})
}

// wait takes a place in a semaphore.
func (l *muxLink) wait(ctx context.Context, c chan struct{}) error {
	select {
	case <-l.done:
		return l.Cause()
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	select {
	case c <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return l.Cause()
	}
}

func (l *muxLink) Accept(ctx context.Context) (Stream, wire.Preface, error) {
	for {
		s, err := l.accept(ctx)
		if err != nil {
			return nil, wire.Preface{}, err
		}
		if l.sess.NumStreams() > muxMaxStreams {
			l.Close(fmt.Errorf("%w: too many streams", wire.ErrMalformed))
			return nil, wire.Preface{}, l.Cause()
		}
		_ = s.s.SetReadDeadline(time.Now().Add(prefaceTimeout))
		stop := context.AfterFunc(ctx, s.Reset)
		p, err := readPreface(s)
		if !stop() {
			return nil, wire.Preface{}, ctx.Err()
		}
		if err != nil {
			s.Reset()
			continue
		}
		_ = s.s.SetReadDeadline(time.Time{})
		return s, p, nil
	}
}

func (l *muxLink) accept(ctx context.Context) (*muxStream, error) {
	if err := l.wait(ctx, l.turn); err != nil {
		return nil, err
	}
	defer func() { <-l.turn }()
	either, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ended, cancel)()
	ys, err := l.sess.AcceptStreamWithContext(either)
	switch {
	case err == nil:
		return l.register(ys, false), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case l.ended.Err() != nil:
		return nil, l.Cause()
	}
	return nil, l.failure(err)
}

// register makes a stream known. One that the peer has reset already is dropped
// here and fails at its first use.
func (l *muxLink) register(ys *yamux.Stream, own bool) *muxStream {
	s := &muxStream{s: ys, l: l, own: own}
	id := ys.StreamID()
	l.mu.Lock()
	if own {
		l.lastOwn = max(l.lastOwn, id)
	} else {
		l.lastPeer = max(l.lastPeer, id)
	}
	early := l.early[id]
	delete(l.early, id)
	l.streams[id] = s
	dead := l.cause != nil
	l.mu.Unlock()
	switch {
	case dead:
		s.unblock()
	case early:
		s.resetByPeer()
	}
	return s
}

func (l *muxLink) Info() Info { return Info{Transport: WSS, Remote: l.remote} }

func (l *muxLink) Close(cause error) {
	if cause == nil {
		cause = ErrClosed
	}
	if !l.end(cause) {
		return
	}
	timer := time.AfterFunc(closeLinger, func() { _ = l.conn.Close() })
	defer timer.Stop()
	code, detail := encodeCause(cause)
	if l.send(linkSignal{kind: signalClose, code: code, detail: detail}) != nil {
		_ = l.conn.Close()
	}
	<-l.sess.CloseChan() // the peer closes, or the timer does
	_ = l.sess.Close()
	l.work.Wait()
}

// end makes the link fail with cause, once.
func (l *muxLink) end(cause error) bool {
	l.mu.Lock()
	if l.cause != nil {
		l.mu.Unlock()
		return false
	}
	l.cause = cause
	l.stop()
	l.mu.Unlock()
	for _, s := range l.all() {
		s.unblock()
	}
	return true
}

func (l *muxLink) all() []*muxStream {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*muxStream, 0, len(l.streams))
	for _, s := range l.streams {
		all = append(all, s)
	}
	return all
}

// spawn runs f on a goroutine that Close waits for. After the end of the link
// there is nothing left to tell the peer.
func (l *muxLink) spawn(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return false
	}
	l.work.Go(f)
	return true
}

func (l *muxLink) send(s linkSignal) error {
	l.sigMu.Lock()
	defer l.sigMu.Unlock()
	_, err := l.sig.Write(s.pack())
	return err
}

func (l *muxLink) Done() <-chan struct{} { return l.done }

func (l *muxLink) Cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// failure turns an error of yamux into what the link's user can act on.
func (l *muxLink) failure(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if l.sess.IsClosed() {
		<-l.done // readSignals is about to find the cause
	}
	if c := l.Cause(); c != nil {
		return c
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}

// muxLogger hands yamux's complaints to the debug log: what matters of them
// ends the link and is its cause.
type muxLogger struct{ log *slog.Logger }

func (m muxLogger) Print(v ...any)                 { m.log.Debug(fmt.Sprint(v...)) }
func (m muxLogger) Printf(format string, v ...any) { m.log.Debug(fmt.Sprintf(format, v...)) }
func (m muxLogger) Println(v ...any)               { m.log.Debug(fmt.Sprint(v...)) }

// longAgo is a deadline that has passed: it unblocks what waits.
func longAgo() time.Time { return time.Unix(math.MinInt32, 0) }
