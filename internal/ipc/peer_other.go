//go:build !linux && !darwin

package ipc

import "net"

func peerOf(*net.UnixConn) (Peer, error) { return Peer{}, ErrUnsupported }
