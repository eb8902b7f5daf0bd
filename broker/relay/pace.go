package relay

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// pace sets deadlines for writes of which each has to make progress within a
// time. A deadline is moved only when a quarter of that time has passed, for
// moving it costs more than writing a small message.
type pace struct {
	armed   time.Time
	timeout time.Duration
}

func (p *pace) arm(timeout time.Duration, set func(time.Time) error) error {
	now := time.Now()
	if timeout == p.timeout && now.Sub(p.armed) < timeout/4 {
		return nil
	}
	p.armed, p.timeout = now, timeout
	return set(now.Add(timeout))
}

// deadlineWriter is a stream of a link or of WebTransport, or a connection.
type deadlineWriter interface {
	io.Writer
	SetWriteDeadline(t time.Time) error
}

// paced is a writer whose writes fail when nothing was taken for a time. For one
// goroutine.
type paced struct {
	deadlineWriter
	pace
	wait time.Duration
}

// Write implements io.Writer.
func (w *paced) Write(b []byte) (int, error) {
	done := 0
	for {
		if err := w.arm(w.wait, w.SetWriteDeadline); err != nil {
			return done, err
		}
		n, err := w.deadlineWriter.Write(b[done:min(done+part, len(b))])
		done += n
		if err != nil || done == len(b) {
			return done, err
		}
	}
}

// pacedConn is a viewer's connection under its WebSocket, which orders writes.
type pacedConn struct {
	net.Conn
	w    paced
	wait *atomic.Int64 // as a time.Duration: how long the next write may take
}

// Write implements net.Conn.
func (c *pacedConn) Write(b []byte) (int, error) {
	c.w.wait = time.Duration(c.wait.Load())
	return c.w.Write(b)
}

// hijacked hands out the connection under a request as a pacedConn, with a
// buffer that takes a part and the frame's header, so that they are written at
// once.
type hijacked struct {
	http.ResponseWriter
	wait *atomic.Int64
}

// Hijack implements http.Hijacker.
func (h hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	p := &pacedConn{Conn: c, w: paced{deadlineWriter: c}, wait: h.wait}
	return p, bufio.NewReadWriter(rw.Reader, bufio.NewWriterSize(p, part)), nil
}
