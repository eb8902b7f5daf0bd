//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// seat is a VNC client, for which the display manager has an X server of its own. It
// looks at nothing: what there is to see is asked of the X server.
type seat struct{ conn net.Conn }

// sit connects a VNC client (RFC 6143, without a password).
func sit(ctx context.Context, address string) (*seat, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := greet(conn); err != nil {
		return nil, fmt.Errorf("vnc: %w", errors.Join(err, conn.Close(), context.Cause(ctx)))
	}
	return &seat{conn}, nil
}

func greet(conn net.Conn) error {
	const version, none, shared = "RFB 003.008\n", 1, 1
	hello, types := make([]byte, len(version)), make([]byte, 1)
	if _, err := io.ReadFull(conn, hello); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, version); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, types); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, conn, int64(types[0])); err != nil {
		return err
	}
	if _, err := conn.Write([]byte{none}); err != nil {
		return err
	}
	var result uint32
	if err := binary.Read(conn, binary.BigEndian, &result); err != nil || result != 0 {
		return fmt.Errorf("refused with %d: %w", result, err)
	}
	_, err := conn.Write([]byte{shared})
	return err
}

// leave closes the client, and with it the X server.
func (s *seat) leave() error { return s.conn.Close() }
