package main

import (
	"log/slog"
	"net"
	"os"
)

// notifyReady tells a service manager that asked (sd_notify(3)) that the
// service has started. The variable is not for our children.
func notifyReady(log *slog.Logger) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	_ = os.Unsetenv("NOTIFY_SOCKET")
	if path[0] == '@' {
		path = "\x00" + path[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		log.Warn("notify service manager", "err", err)
		return
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte("READY=1")); err != nil {
		log.Warn("notify service manager", "err", err)
	}
}
