package transport

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"

	"github.com/quic-go/quic-go"
)

// transientSend are the errors of a send that say something about the path at
// this moment and nothing about the socket. quic-go would close the connection
// for them; as losses they are retransmitted when the link is back.
// The numbers are Winsock's, which package syscall does not name.
var transientSend = []syscall.Errno{
	syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN,
	syscall.EADDRNOTAVAIL, syscall.ECONNREFUSED, syscall.ENOBUFS, syscall.ENETRESET,
	syscall.EPERM, syscall.EACCES, // a packet filter said no
	10013, // WSAEACCES
	10049, // WSAEADDRNOTAVAIL
	10050, // WSAENETDOWN
	10051, // WSAENETUNREACH
	10052, // WSAENETRESET
	10054, // WSAECONNRESET
	10055, // WSAENOBUFS
	10061, // WSAECONNREFUSED
	10064, // WSAEHOSTDOWN
	10065, // WSAEHOSTUNREACH
}

func isTransientSend(err error) bool {
	var e syscall.Errno
	if !errors.As(err, &e) {
		return false
	}
	for _, t := range transientSend {
		if e == t {
			return true
		}
	}
	return false
}

// Socket is a UDP socket as *net.UDPConn is one.
type Socket interface {
	quic.OOBCapablePacketConn
	SetWriteBuffer(bytes int) error
}

// steadySocket is a UDP socket whose transient send errors count as loss.
type steadySocket struct {
	Socket
	lost atomic.Uint64
}

func (s *steadySocket) WriteTo(b []byte, a net.Addr) (int, error) {
	n, err := s.Socket.WriteTo(b, a)
	if err != nil && isTransientSend(err) {
		s.lost.Add(1)
		return len(b), nil
	}
	return n, err
}

// WriteMsgUDP is the one that quic-go uses on Unix.
func (s *steadySocket) WriteMsgUDP(b, oob []byte, a *net.UDPAddr) (int, int, error) {
	n, oobn, err := s.Socket.WriteMsgUDP(b, oob, a)
	if err != nil && isTransientSend(err) {
		s.lost.Add(1)
		return len(b), len(oob), nil
	}
	return n, oobn, err
}

// Read and Write complete net.Conn, by which quic-go knows a real socket. An
// unconnected socket is never read or written with them.
func (s *steadySocket) Read([]byte) (int, error)  { return 0, errors.ErrUnsupported }
func (s *steadySocket) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// RemoteAddr completes net.Conn.
func (s *steadySocket) RemoteAddr() net.Addr { return nil }

// listenUDP opens a socket on the wildcard, so that it survives a change of the
// machine's addresses.
func listenUDP(ctx context.Context, addr string) (Socket, error) {
	c, err := new(net.ListenConfig).ListenPacket(ctx, "udp", addr)
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

var _ net.Conn = (*steadySocket)(nil)
