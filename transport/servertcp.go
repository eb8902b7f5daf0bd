package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// metConn is a TCP connection with its place in the budget.
type metConn struct {
	net.Conn
	st *stranger
}

func (c *metConn) Close() error {
	c.st.release()
	return c.Conn.Close()
}

// agentConn is an agent's TLS connection. It hides from http.Server that it is
// one, which would turn away a protocol that is not HTTP's.
type agentConn struct {
	net.Conn
	tls *tls.Conn
	st  *stranger
}

// agentConnKey finds it in a request's context.
type agentConnKey struct{}

// acceptTCP starts the handshake of each connection that has a place.
func (s *Server) acceptTCP(conf *tls.Config) {
	for {
		c, err := s.tcp.Accept()
		if err != nil {
			if s.done.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			// Out of descriptors or aborted by the peer: others may still get in.
			s.log.Warn("accept", "error", err)
			select {
			case <-time.After(acceptPause):
				continue
			case <-s.done.Done():
				return
			}
		}
		st := s.strangers.take(c.RemoteAddr())
		if st == nil {
			_ = c.Close()
			continue
		}
		s.work.Go(func() { s.handshake(tls.Server(&metConn{Conn: swift(c), st: st}, conf), st) })
	}
}

// handshake finds out who it is and hands the connection on.
func (s *Server) handshake(c *tls.Conn, st *stranger) {
	ctx, cancel := context.WithTimeout(s.done, handshakeIdle)
	defer cancel()
	if err := c.HandshakeContext(ctx); err != nil {
		s.log.Debug("handshake", "remote", c.RemoteAddr().String(), "error", err)
		_ = c.Close()
		return
	}
	if c.ConnectionState().NegotiatedProtocol == ALPN {
		s.wss.give(ctx, &agentConn{Conn: c, tls: c, st: st}) // keeps its place until the upgrade is done
		return
	}
	if s.http.give(ctx, c) {
		st.release()
	}
}

// serveUpgrades makes links of agents' connections.
func (s *Server) serveUpgrades() {
	srv := &http.Server{
		Handler:           http.HandlerFunc(s.upgrade),
		ReadHeaderTimeout: handshakeIdle,
		IdleTimeout:       handshakeIdle,
		MaxHeaderBytes:    maxUpgradeHead,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, agentConnKey{}, c)
		},
	}
	_ = srv.Serve(s.wss)
	ctx, cancel := context.WithTimeout(context.Background(), closeLinger)
	defer cancel()
	_ = srv.Shutdown(ctx) // waits for upgrades under way
	_ = srv.Close()
}

// upgrade turns a request into a link. There is one path, and no browser comes
// here: its requests have an origin.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	c, ok := r.Context().Value(agentConnKey{}).(*agentConn)
	if !ok || r.URL.Path != linkPath || r.Header.Get("Origin") != "" {
		http.NotFound(w, r)
		return
	}
	p, err := newPeer(c.tls.ConnectionState())
	if err != nil {
		http.Error(w, "no identity", http.StatusForbidden)
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // answered
	}
	ctx, cancel := context.WithTimeout(s.done, handshakeIdle)
	defer cancel()
	l, err := newMuxLink(ctx, newMuxConn(ws), p, r.RemoteAddr, false, s.log)
	if err != nil {
		s.log.Debug("upgrade", "remote", r.RemoteAddr, "error", err)
		return
	}
	c.st.release()
	s.offer(l)
	context.AfterFunc(l.ended, func() { s.forget(l) })
}

// handoff is a listener of connections that somebody else has accepted.
type handoff struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHandoff(a net.Addr) *handoff {
	return &handoff{addr: a, conns: make(chan net.Conn), done: make(chan struct{})}
}

// give waits for Accept to take c, and closes c if nobody does.
func (h *handoff) give(ctx context.Context, c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-ctx.Done():
	case <-h.done:
	}
	_ = c.Close()
	return false
}

func (h *handoff) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handoff) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handoff) Addr() net.Addr { return h.addr }
