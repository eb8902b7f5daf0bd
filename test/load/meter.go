//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
)

// meter sees the links of all endpoints and when updates leave them.
type meter struct {
	mu   sync.Mutex
	up   int
	come int           // since renew
	bell chan struct{} // capacity 1: up has changed
	sent map[passage]time.Time
}

// passage names one update on its way to one viewer.
type passage struct {
	session wire.SessionID
	viewer  uint32
	epoch   uint32
	seq     uint32
}

func newMeter() *meter {
	return &meter{bell: make(chan struct{}, 1), sent: make(map[passage]time.Time)}
}

func (m *meter) count(d int) {
	m.mu.Lock()
	m.up += d
	m.come += max(d, 0)
	m.mu.Unlock()
	select {
	case m.bell <- struct{}{}:
	default:
	}
}

// linked is how many are linked by links that began after renew.
func (m *meter) linked() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return min(m.up, m.come)
}

// renew makes links of now not count any more.
func (m *meter) renew() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.come = 0
}

// await waits until so many endpoints are linked.
func (m *meter) await(ctx context.Context, n int, limit time.Duration) error {
	late := time.NewTimer(limit)
	defer late.Stop()
	for {
		if m.linked() >= n {
			return nil
		}
		select {
		case <-m.bell:
		case <-late.C:
			return fmt.Errorf("%d of %d agents are linked after %v", m.linked(), n, limit)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (m *meter) left(p passage) {
	m.mu.Lock()
	m.sent[p] = time.Now()
	m.mu.Unlock()
}

// arrived is how long a passage took. False: it was not seen leaving.
func (m *meter) arrived(p passage, at time.Time) (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.sent[p]
	delete(m.sent, p)
	return at.Sub(t), ok
}

// watchedLink tells the meter when the broker has welcomed the agent, which is
// when the first bytes come on the control stream, and when updates are written.
type watchedLink struct {
	transport.Link
	meter *meter
	once  sync.Once
	was   atomic.Bool
}

func (l *watchedLink) down() {
	if l.was.Load() {
		l.meter.count(-1)
	}
}

func (l *watchedLink) Open(ctx context.Context, p wire.Preface) (transport.Stream, error) {
	s, err := l.Link.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	if p.Type == wire.StreamControl {
		return &controlStream{s, l}, nil
	}
	return &mediaStream{s, p, l.meter}, nil
}

type controlStream struct {
	transport.Stream
	l *watchedLink
}

func (s *controlStream) Read(b []byte) (int, error) {
	n, err := s.Stream.Read(b)
	if n > 0 {
		s.l.once.Do(func() { s.l.was.Store(true); s.l.meter.count(1) })
	}
	return n, err
}

type mediaStream struct {
	transport.Stream
	p wire.Preface
	m *meter
}

// Write gets whole messages of the service.
func (s *mediaStream) Write(b []byte) (int, error) {
	if h, err := wire.ParseMediaHeader(b); err == nil && h.Kind == wire.MediaUpdate {
		s.m.left(passage{s.p.Session, s.p.Viewer, h.Epoch, h.Seq})
	}
	return s.Stream.Write(b)
}

// stamped notes when something was last read.
type stamped struct {
	io.ReadWriteCloser
	at time.Time // of the reader's goroutine
}

func (s *stamped) Read(b []byte) (int, error) {
	n, err := s.ReadWriteCloser.Read(b)
	s.at = time.Now()
	return n, err
}

// samples are durations.
type samples []time.Duration

// at is a quantile, 0 without samples.
func (s samples) at(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

// tally is what viewers saw while it counted.
type tally struct {
	mu      sync.Mutex
	on      bool
	updates int
	bytes   int64
	frames  int
	relay   samples // from the agent's write to the viewer's read
	age     samples // from the drawing to the canvas
}

// begin starts to count anew, end stops and gives what was counted.
func (t *tally) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.on, t.updates, t.bytes, t.frames, t.relay, t.age = true, 0, 0, 0, nil, nil
}

func (t *tally) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.on = false
}

// counted is the result of a tally.
type counted struct {
	updates, frames int
	bytes           int64
	relay, age      samples
}

func (t *tally) result() counted {
	t.mu.Lock()
	defer t.mu.Unlock()
	return counted{t.updates, t.frames, t.bytes, t.relay, t.age}
}
