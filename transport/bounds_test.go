package transport_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// tunnel is an HTTP proxy that knows CONNECT, one user and nothing else.
type tunnel struct {
	url  *url.URL
	used atomic.Int64
}

func newTunnel(t *testing.T, status string) *tunnel {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tunnel{url: &url.URL{Scheme: "http", Host: ln.Addr().String(), User: url.UserPassword("proxy", "secret")}}
	var work sync.WaitGroup
	t.Cleanup(func() { _ = ln.Close(); work.Wait() })
	work.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			work.Go(func() { p.serve(c, status) })
		}
	})
	return p
}

func (p *tunnel) serve(c net.Conn, status string) {
	defer c.Close()
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil || r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != "Basic cHJveHk6c2VjcmV0" {
		return
	}
	p.used.Add(1)
	if _, err := io.WriteString(c, status); err != nil || !strings.Contains(status, " 200 ") {
		return
	}
	to, err := net.Dial("tcp", r.Host)
	if err != nil {
		return
	}
	defer to.Close()
	go func() { _, _ = io.Copy(to, c); _ = to.Close() }()
	_, _ = io.Copy(c, to)
}

func TestWSSThroughAProxy(t *testing.T) {
	s, id := listen(t, transport.ServerConfig{})
	p := newTunnel(t, "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n")
	d := dialer(t, s, id.Pin())
	d.Transport, d.Proxy = transport.WSS, p.url
	agent, broker := linked(t, s, d)
	echo(t, agent, broker)
	if p.used.Load() != 1 {
		t.Errorf("proxy was used %d times", p.used.Load())
	}
	d.Pins = []transport.Pin{identity(t).Pin()}
	if _, err := d.Dial(t.Context()); !errors.Is(err, transport.ErrPinMismatch) {
		t.Errorf("behind a proxy with a wrong pin: %v", err)
	}
	agent.Close(nil)
}

func TestProxyThatRefusesIsAnError(t *testing.T) {
	s, id := listen(t, transport.ServerConfig{})
	for _, answer := range []string{
		"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "rubbish\r\n\r\n", "",
		"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n\r\n", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 9<<10) + "\r\n\r\n",
	} {
		d := dialer(t, s, id.Pin())
		d.Transport, d.Proxy = transport.WSS, newTunnel(t, answer).url
		_, err := d.Dial(t.Context())
		if !errors.Is(err, transport.ErrUnreachable) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.20q: %v, want ErrUnreachable and no password", answer, err)
		}
	}
}

func TestM_HalfOpenHandshakesDoNotKeepAgentsOut(t *testing.T) {
	s, id := listen(t, transport.ServerConfig{})
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	refused := 0
	for range 300 {
		c, err := from.DialContext(t.Context(), "tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); err != nil && !errors.Is(err, context.DeadlineExceeded) && !isTimeout(err) {
			refused++
		}
	}
	if refused < 100 {
		t.Errorf("%d of 300 half-open connections of one address were refused", refused)
	}
	for _, kind := range []string{transport.QUIC, transport.WSS} {
		d := dialer(t, s, id.Pin())
		d.Transport = kind
		agent, broker := linked(t, s, d)
		echo(t, agent, broker)
	}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func TestNoGoroutineOutlivesTheServer(t *testing.T) {
	before := runtime.NumGoroutine()
	cert, _ := web(t)
	id := identity(t)
	for range 3 {
		s, err := transport.Listen(transport.ServerConfig{Addr: "127.0.0.1:0", Identity: id, WebCertificate: cert, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{transport.QUIC, transport.WSS} {
			d := dialer(t, s, id.Pin())
			d.Transport = kind
			agent, broker := linked(t, s, d)
			at, from := echo(t, agent, broker)
			at.Reset()
			from.Reset()
			_, _ = agent.Open(t.Context(), wire.Preface{Type: wire.StreamMedia})
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	deadline := time.Now().Add(patience)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			all := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, before %d:\n%s", runtime.NumGoroutine(), before, all[:runtime.Stack(all, true)])
		}
		runtime.Gosched()
	}
}

// A stranger's window stays small however long it sends; an admitted agent's
// grows. What is in flight with nobody reading shows it.
func TestD3_SmallWindowsUntilAdmitted(t *testing.T) {
	s, id := listen(t, transport.ServerConfig{})
	d := dialer(t, s, id.Pin())
	d.Transport = transport.QUIC
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	agent, err := d.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close(nil)
	broker, err := s.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	inFlight := func() int {
		at, from := echo(t, agent, broker)
		defer at.Reset()
		defer from.Reset()
		// Read a lot first, so that the window may grow if it can.
		read := make(chan struct{})
		go func() { defer close(read); _, _ = io.CopyN(io.Discard, from, 8<<20) }()
		if _, err := at.Write(make([]byte, 8<<20)); err != nil {
			t.Fatal(err)
		}
		<-read
		_ = at.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, _ := at.Write(make([]byte, 8<<20))
		return n
	}
	if n := inFlight(); n > 128<<10 {
		t.Errorf("a stranger made the broker hold %d bytes", n)
	}
	transport.Admit(broker)
	if n := inFlight(); n < 256<<10 {
		t.Errorf("an admitted agent got no more than %d bytes in flight", n)
	}
}

func TestM_FullAcceptQueueTellsAgentsToComeBack(t *testing.T) {
	s, id := listen(t, transport.ServerConfig{}) // and nobody accepts
	d := dialer(t, s, id.Pin())
	d.Transport = transport.QUIC
	for range transport.AcceptQueue {
		l, err := d.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close(nil)
	}
	for _, d.Transport = range []string{transport.QUIC, transport.WSS} {
		// The last of those above may still be on its way into the queue.
		deadline := time.Now().Add(patience)
		for {
			l, err := d.Dial(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close(nil)
			select {
			case <-l.Done():
			case <-time.After(time.Second):
				if time.Now().After(deadline) {
					t.Fatal("never told")
				}
				continue
			}
			var retry *transport.RetryError
			if err := l.Cause(); !errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BUSY}) || !errors.As(err, &retry) {
				t.Errorf("%s: cause %v, want busy and when to retry", d.Transport, err)
			}
			break
		}
	}
}
