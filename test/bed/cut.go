//go:build linux

package bed

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Cut is a wire between an agent and a broker that breaks where a test wants it. It
// carries TCP, so that the agent's link is a WebSocket.
type Cut struct {
	Addr string
	to   string
	l    net.Listener
	work sync.WaitGroup

	left atomic.Int64 // bytes until it breaks, when that is positive
	sent atomic.Int64 // bytes from the agent that have passed
	cuts atomic.Int32

	mu    sync.Mutex
	conns []net.Conn
	over  bool
}

// NewCut makes a wire to a broker's address.
func NewCut(to string) (*Cut, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Cut{Addr: l.Addr().String(), to: to, l: l}
	c.work.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			c.work.Go(func() { c.carry(from) })
		}
	})
	return c, nil
}

// After has every connection break once, when so many bytes more have passed.
func (c *Cut) After(bytes int64) { c.left.Store(bytes) }

// Cuts is how often it broke.
func (c *Cut) Cuts() int { return int(c.cuts.Load()) }

// Sent is how many bytes have passed from the agent to the broker.
func (c *Cut) Sent() int64 { return c.sent.Load() }

// Close ends it.
func (c *Cut) Close() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	_ = c.l.Close()
	c.drop()
	c.work.Wait()
}

func (c *Cut) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.conns {
		_ = x.Close()
	}
	c.conns = nil
}

func (c *Cut) carry(from net.Conn) {
	to, err := net.Dial("tcp", c.to)
	c.mu.Lock()
	if err != nil || c.over {
		c.mu.Unlock()
		_ = from.Close()
		if err == nil {
			_ = to.Close()
		}
		return
	}
	c.conns = append(c.conns, from, to)
	c.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(counted{c, to, &c.sent}, from); _ = to.Close() })
	both.Go(func() { _, _ = io.Copy(counted{c, from, nil}, to); _ = from.Close() })
	both.Wait()
}

// counted is an end that counts what goes into it.
type counted struct {
	c   *Cut
	w   io.Writer
	sum *atomic.Int64 // nil: none
}

func (x counted) Write(b []byte) (int, error) {
	if was := x.c.left.Load(); was > 0 {
		if left := x.c.left.Add(-int64(len(b))); left <= 0 && left+int64(len(b)) > 0 {
			x.c.cuts.Add(1)
			x.c.drop()
			return 0, io.ErrClosedPipe
		}
	}
	n, err := x.w.Write(b)
	if x.sum != nil {
		x.sum.Add(int64(n))
	}
	return n, err
}
