package main

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// notifier talks to a service manager that asked for it (sd_notify(3)); without
// one it does nothing. Its methods may be called from any goroutine.
type notifier struct {
	every time.Duration // between signs of life; 0: none are wanted
	conn  *net.UnixConn
	log   *slog.Logger
	once  sync.Once
}

// newNotifier takes the variables out of the environment: they are not for our
// children.
func newNotifier(log *slog.Logger) *notifier {
	n := &notifier{log: log}
	path, usec, pid := os.Getenv("NOTIFY_SOCKET"), os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID")
	for _, k := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		_ = os.Unsetenv(k)
	}
	if path == "" {
		return n
	}
	if path[0] == '@' {
		path = "\x00" + path[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		log.Warn("notify service manager", "err", err)
		return n
	}
	n.conn = c
	if us, err := strconv.ParseInt(usec, 10, 64); err == nil && us > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.every = time.Duration(us) * time.Microsecond / 3 // one may be late
	}
	return n
}

// ready says that the service has started, and what it does.
func (n *notifier) ready(status string) {
	n.once.Do(func() { n.send("READY=1") })
	n.send("STATUS=" + status)
}

// alive is a sign of life.
func (n *notifier) alive() { n.send("WATCHDOG=1") }

// stopping says that the service ends because it was told to.
func (n *notifier) stopping() { n.send("STOPPING=1") }

// beat gives signs of life until stop is called and has returned.
func (n *notifier) beat() (stop func()) {
	if n.every == 0 {
		return func() {}
	}
	over := make(chan struct{})
	var gone sync.WaitGroup
	gone.Go(func() {
		t := time.NewTicker(n.every)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				n.alive()
			case <-over:
				return
			}
		}
	})
	return func() { close(over); gone.Wait() }
}

func (n *notifier) send(state string) {
	if n.conn == nil {
		return
	}
	_, err := n.conn.Write([]byte(strings.ReplaceAll(state, "\n", " ")))
	switch {
	case err == nil:
	case errors.Is(err, syscall.ENOTCONN), errors.Is(err, syscall.ECONNREFUSED):
		// start-stop-daemon listens only until the service is ready.
	default:
		n.log.Warn("notify service manager", "err", err)
	}
}
