//go:build !linux

package transport

import "net"

// forQUIC hands a socket to quic-go.
func (s *steadySocket) forQUIC() net.PacketConn { return s }
