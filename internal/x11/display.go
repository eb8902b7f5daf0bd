package x11

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
)

const (
	socketPrefix  = "/tmp/.X11-unix/X" // where X servers listen, by convention of all of them
	firstTCPPort  = 6000
	highestNumber = 65535 - firstTCPPort
)

// address is a parsed display name.
type address struct {
	host   string // empty: this machine
	number int
	screen int
	path   string // a socket named by its path, as macOS does
}

// parseDisplay understands ":0", ":0.1", "unix:0", "host:0.1", "[::1]:0" and
// "/path/to/socket:0".
func parseDisplay(name string) (address, error) {
	var a address
	colon := strings.LastIndexByte(name, ':')
	if colon < 0 {
		return a, fmt.Errorf("display name %q has no number", name)
	}
	host, rest := name[:colon], name[colon+1:]
	number, screen, hasScreen := strings.Cut(rest, ".")
	var err error
	if a.number, err = strconv.Atoi(number); err != nil || a.number < 0 || a.number > highestNumber {
		return a, fmt.Errorf("display name %q has no number", name)
	}
	if hasScreen {
		if a.screen, err = strconv.Atoi(screen); err != nil || a.screen < 0 {
			return a, fmt.Errorf("display name %q has no screen number", name)
		}
	}
	switch {
	case strings.HasPrefix(host, "/"):
		a.path = host + ":" + number
	case host != "unix":
		a.host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	return a, nil
}

// dial connects to the server, over a Unix socket where it is on this machine.
func (a address) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	if a.host != "" {
		c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(a.host, strconv.Itoa(firstTCPPort+a.number)))
		return c, dialError(err)
	}
	path := a.path
	if path == "" {
		path = socketPrefix + strconv.Itoa(a.number)
	}
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil && a.path == "" {
		// The abstract name works where the folder of the socket is not ours to see.
		if abstract, err2 := d.DialContext(ctx, "unix", "@"+path); err2 == nil {
			return abstract, nil
		}
	}
	return c, dialError(err)
}

func dialError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	default:
		return fmt.Errorf("%w: %w", ErrNoDisplay, err)
	}
}
