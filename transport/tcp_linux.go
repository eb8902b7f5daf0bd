package transport

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// congestion is how TCP sends where the kernel has it and lets us: it does not
// take each lost packet for a full queue, and keeps no queue of its own making.
const congestion = "bbr"

// tuneTCP prepares a socket of a link or of the port that takes links and
// viewers. Without the right congestion control it works as well as others do.
func tuneTCP(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, congestion)
	})
}
