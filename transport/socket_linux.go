package transport

import (
	"net"

	"github.com/alongside-remote/alongside/internal/nowait"
)

// forQUIC hands a socket to quic-go.
func (s *steadySocket) forQUIC() net.PacketConn {
	c, ok := s.Socket.(*net.UDPConn)
	if !ok {
		return s
	}
	q, err := nowait.NewSocket(c)
	if err != nil {
		return s
	}
	s.Socket = q
	return &batched{s, q}
}
