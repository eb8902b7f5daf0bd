package transport

import (
	"net"

	"golang.org/x/net/ipv4"

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

// batched is a socket whose packets are read several at a time.
type batched struct {
	*steadySocket
	batchReader
}

// batchReader is what quic-go looks for.
type batchReader interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
}
