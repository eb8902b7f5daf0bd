package transporttest

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
)

// pipeSize is how much one direction of a memory stream holds, like the window
// of a real one: a writer that runs ahead of its reader waits.
const pipeSize = 64 << 10

// prefaceTimeout is how long Accept waits for a preface, as on a real link.
const prefaceTimeout = 10 * time.Second

// pipe is one direction of a stream.
type pipe struct {
	changed func() // called without mu after an end

	mu       sync.Mutex
	cond     *sync.Cond
	buf      []byte
	closed   bool  // the writer is done
	drained  bool  // and the reader has seen it
	err      error // both sides fail
	deadline time.Time
	timer    *time.Timer
}

func newPipe() *pipe {
	p := &pipe{}
	p.cond = sync.NewCond(&p.mu)
	return p
}

func (p *pipe) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err != nil || p.drained
}

func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	for len(p.buf) == 0 && !p.closed && p.err == nil && len(b) > 0 {
		p.cond.Wait()
	}
	if p.err != nil {
		defer p.mu.Unlock()
		return 0, p.err
	}
	if len(p.buf) == 0 && p.closed {
		p.drained = true
		p.mu.Unlock()
		p.changed()
		return 0, io.EOF
	}
	n := copy(b, p.buf)
	p.buf = p.buf[:copy(p.buf, p.buf[n:])]
	p.cond.Broadcast()
	p.mu.Unlock()
	return n, nil
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	total := 0
	for {
		switch {
		case p.err != nil:
			return total, p.err
		case p.closed:
			return total, io.ErrClosedPipe
		case !p.deadline.IsZero() && !time.Now().Before(p.deadline):
			return total, os.ErrDeadlineExceeded
		case len(b) == 0:
			return total, nil
		}
		if n := min(len(b), pipeSize-len(p.buf)); n > 0 {
			p.buf = append(p.buf, b[:n]...)
			b = b[n:]
			total += n
			p.cond.Broadcast()
			continue
		}
		p.cond.Wait()
	}
}

func (p *pipe) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.closed = true
	p.cond.Broadcast()
	return nil
}

// fail ends both sides, unless they have ended already.
func (p *pipe) fail(err error) {
	p.mu.Lock()
	if p.err == nil && !p.drained {
		p.err = err
		p.buf = nil
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	p.cond.Broadcast()
	p.mu.Unlock()
}

func (p *pipe) setDeadline(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	p.deadline = t
	if !t.IsZero() {
		p.timer = time.AfterFunc(time.Until(t), func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.cond.Broadcast()
		})
	}
}

// memoryStream is one end of a stream.
type memoryStream struct {
	in, out *pipe
	link    *memoryLink
}

func (s *memoryStream) Read(b []byte) (int, error) {
	n, err := s.in.Read(b)
	return n, s.failure(err)
}

func (s *memoryStream) Write(b []byte) (int, error) {
	n, err := s.out.Write(b)
	return n, s.failure(err)
}

func (s *memoryStream) Close() error { return s.failure(s.out.close()) }

func (s *memoryStream) failure(err error) error {
	if errors.Is(err, errEnded) {
		return s.link.why()
	}
	return err
}

func (s *memoryStream) Reset() {
	s.in.fail(transport.ErrReset)
	s.out.fail(transport.ErrReset)
	s.in.changed()
}

func (s *memoryStream) SetWriteDeadline(t time.Time) error {
	s.out.setDeadline(t)
	return nil
}

// preface reads the first bytes of an accepted stream.
func (s *memoryStream) preface(ctx context.Context) (wire.Preface, error) {
	ctx, cancel := context.WithTimeout(ctx, prefaceTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, s.Reset)()
	var b [wire.PrefaceSize]byte
	if _, err := io.ReadFull(s, b[:]); err != nil {
		return wire.Preface{}, err
	}
	return wire.ParsePreface(b[:])
}
