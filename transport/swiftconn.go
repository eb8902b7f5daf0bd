package transport

import (
	"net"

	"github.com/alongside-remote/alongside/internal/nowait"
)

// swiftConn is a TCP connection below TLS.
type swiftConn struct {
	net.Conn
	stream *nowait.Stream
}

// swift makes reads and writes of a connection as cheap as they can be.
func swift(c net.Conn) net.Conn {
	f, ok := c.(nowait.File)
	if !ok {
		return c
	}
	s, err := nowait.New(f)
	if err != nil {
		return c
	}
	return &swiftConn{c, s}
}

func (c *swiftConn) Read(b []byte) (int, error) { return c.stream.Read(b) }

func (c *swiftConn) Write(b []byte) (int, error) { return c.stream.Write(b) }
