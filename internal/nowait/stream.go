// Package nowait reads and writes descriptors that never block, which is what Go's
// network poller waits for, without telling the scheduler of each call.
//
// The standard library announces each read and write to the scheduler, as it might
// last. The first of them after a rest wakes the runtime's watching thread, which then
// looks every 20 µs whether the call is over, until the process sleeps again: for a
// small message that costs more than the message. A call on a descriptor that does not
// block is over in microseconds, and nobody has to watch it.
//
// What is here does what the standard library does otherwise: deadlines, closing and
// waiting are those of the file or connection underneath.
package nowait

import (
	"io"
	"syscall"
)

// File is what can be read and written without waiting: an *os.File of a pipe, a
// *net.TCPConn.
type File interface {
	io.Reader
	io.Writer
	syscall.Conn
}
