package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/quic-go/quic-go"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ServerConfig configures a Server.
type ServerConfig struct {
	// Addr is the host:port to listen on, with UDP and TCP.
	Addr string
	// Identity is what agents have pinned.
	Identity *Identity
	// WebCertificate gives browsers their certificate; nil turns them away. It
	// is called from many goroutines.
	WebCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// ResetKey must be the same after a restart, so that agents notice it at
	// their next heartbeat. Zero derives it from Identity.
	ResetKey [32]byte
	Log      *slog.Logger
}

// Server is the broker's end: one UDP and one TCP port for agents and browsers,
// told apart by the protocol that they ask for in TLS.
type Server struct {
	id  *Identity
	log *slog.Logger

	tcp  net.Listener
	sock *steadySocket
	quic *quic.Transport
	ln   *quic.Listener

	agents chan Link
	h3     chan *quic.Conn
	http   *handoff // browsers on TCP
	wss    *handoff // agents on TCP, for the upgrade

	strangers budget
	work      sync.WaitGroup
	done      context.Context //nolint:containedctx // the server's life, which its goroutines wait on
	stop      context.CancelFunc

	mu    sync.Mutex
	links map[Link]struct{}
	ended bool
}

// portTries is how often Listen looks for a port that is free on both UDP and
// TCP when the address leaves the choice to the system.
const portTries = 8

// Listen opens both ports and starts to accept.
func Listen(c ServerConfig) (*Server, error) {
	tcp, raw, err := listenBoth(c.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Server{
		id: c.Identity, log: c.Log, tcp: tcp,
		sock:   &steadySocket{Socket: raw},
		agents: make(chan Link, acceptQueue),
		h3:     make(chan *quic.Conn, acceptQueue),
		links:  make(map[Link]struct{}),
	}
	s.done, s.stop = context.WithCancel(context.Background())
	s.http, s.wss = newHandoff(tcp.Addr()), newHandoff(tcp.Addr())
	if err := s.listenQUIC(c); err != nil {
		s.stop()
		return nil, errors.Join(fmt.Errorf("listen: %w", err), tcp.Close(), raw.Close())
	}
	s.work.Go(s.acceptQUIC)
	s.work.Go(func() { s.acceptTCP(serverTLS(c.Identity, c.WebCertificate, alpnHTTP)) })
	s.work.Go(s.serveUpgrades)
	return s, nil
}

// listenBoth opens the same port twice.
func listenBoth(addr string) (net.Listener, Socket, error) {
	lc := net.ListenConfig{Control: tuneTCP}
	var last error
	for range portTries {
		tcp, err := lc.Listen(context.Background(), "tcp", addr)
		if err != nil {
			return nil, nil, err
		}
		udp, err := listenUDP(context.Background(), tcp.Addr().String())
		if err == nil {
			return tcp, udp, nil
		}
		last = errors.Join(err, tcp.Close())
		if _, port, _ := net.SplitHostPort(addr); port != "0" {
			break
		}
	}
	return nil, nil, last
}

// Addr is the address that both ports listen on.
func (s *Server) Addr() net.Addr { return s.tcp.Addr() }

// Accept waits for the next agent. The link has a proven key and nothing else:
// nobody has looked yet whether the device is known. After Close it is ErrClosed.
func (s *Server) Accept(ctx context.Context) (Link, error) {
	if s.done.Err() != nil {
		return nil, ErrClosed
	}
	select {
	case l := <-s.agents:
		return l, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.done.Done():
		return nil, ErrClosed
	}
}

// AcceptHTTP3 waits for the next browser on QUIC, for the ServeQUICConn of a
// webtransport.Server or the ServeQUICConn of an http3.Server. The caller owns
// the connection. After Close it is ErrClosed.
func (s *Server) AcceptHTTP3(ctx context.Context) (*quic.Conn, error) {
	select {
	case c := <-s.h3:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.done.Done():
		return nil, ErrClosed
	}
}

// HTTPListener gives browsers on TCP to an http.Server, as *tls.Conn after the
// handshake, so that its Serve (not ServeTLS) speaks h2 and http/1.1. Closing it
// turns browsers on TCP away and leaves the rest of the server alone.
func (s *Server) HTTPListener() net.Listener { return s.http }

// Close tells every agent to come back in a moment and ends the server.
func (s *Server) Close() error {
	return s.Shutdown(&RetryError{After: busyRetry, Err: &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN}})
}

// Shutdown ends every agent's link with cause, then the server, and returns when
// its goroutines have. Connections to browsers on TCP belong to the http.Server;
// those on QUIC end here if their owner has not closed them.
func (s *Server) Shutdown(cause error) error {
	s.mu.Lock()
	links := s.links
	s.links, s.ended = nil, true
	s.mu.Unlock()
	s.stop()
	err := s.tcp.Close()

	var closing sync.WaitGroup
	for l := range links {
		closing.Go(func() { l.Close(cause) })
	}
	closing.Wait()
	err = errors.Join(err, s.http.Close(), s.wss.Close(), s.ln.Close(), s.quic.Close(), s.sock.Close())
	s.work.Wait()
	return err
}

// offer hands a finished link to Accept, or tells it to come back when too many
// wait already.
func (s *Server) offer(l Link) {
	s.mu.Lock()
	ended := s.ended
	if !ended {
		s.links[l] = struct{}{}
	}
	s.mu.Unlock()
	if ended {
		l.Close(nil)
		return
	}
	select {
	case s.agents <- l:
	default:
		s.forget(l)
		s.log.Warn("agent turned away: accept queue full", "remote", l.Info().Remote)
		s.work.Go(func() { // the accept loop does not wait for a peer
			l.Close(&RetryError{After: busyRetry, Err: &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BUSY}})
		})
	}
}

func (s *Server) forget(l Link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.links, l)
}
