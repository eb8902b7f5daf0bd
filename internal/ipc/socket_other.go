//go:build !unix

package ipc

import (
	"context"
	"net"
)

func listen(string) (*net.UnixListener, error) { return nil, ErrUnsupported }

func dial(context.Context, string) (net.Conn, error) { return nil, ErrUnsupported }
