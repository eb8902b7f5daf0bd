package wayland

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// A message is the number of the object, then size << 16 | opcode, then arguments
// in words of 32 bits, all in the byte order of the machine.
const (
	headLen      = 8
	wordLen      = 4
	messageLimit = 1<<16 - 1
)

// errShort means that a message has fewer bytes than its arguments need.
var errShort = errors.New("a message is cut")

// head reads the first words of a message. size is 0 while they are not all there.
func head(b []byte) (object uint32, op uint16, size int, err error) {
	if len(b) < headLen {
		return 0, 0, 0, nil
	}
	object = binary.NativeEndian.Uint32(b)
	word := binary.NativeEndian.Uint32(b[wordLen:])
	size = int(word >> 16)
	if size < headLen || size%wordLen != 0 {
		return 0, 0, 0, fmt.Errorf("a message of %d bytes", size)
	}
	return object, uint16(word), size, nil
}

// Args are the arguments of an event, read one after the other. After the first
// that is not there all are zero, and the connection ends.
type Args struct {
	b   []byte
	fds *[]int
	err error
}

func (a *Args) take(n int) []byte {
	if a.err == nil && len(a.b) < n {
		a.err = errShort
	}
	if a.err != nil {
		return nil
	}
	out := a.b[:n]
	a.b = a.b[n:]
	return out
}

// Uint reads an unsigned number, the number of an object or one of an enumeration.
func (a *Args) Uint() uint32 {
	b := a.take(wordLen)
	if b == nil {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

// Int reads a signed number.
func (a *Args) Int() int32 { return int32(a.Uint()) }

// Fixed reads a number with 8 bits behind the point.
func (a *Args) Fixed() float64 { return float64(a.Int()) / 256 }

// Array reads bytes, which are the connection's and only there during the call.
func (a *Args) Array() []byte {
	n := int(a.Uint())
	if n > messageLimit {
		a.err = errShort
		return nil
	}
	b := a.take((n + wordLen - 1) / wordLen * wordLen)
	if b == nil {
		return nil
	}
	return b[:n]
}

// String reads a text, which ends with a zero byte.
func (a *Args) String() string {
	s, _, _ := strings.Cut(string(a.Array()), "\x00")
	return s
}

// FD takes a file that came with the message; the caller closes it. It is -1 when
// none came.
func (a *Args) FD() int {
	if a.err == nil && (a.fds == nil || len(*a.fds) == 0) {
		a.err = errors.New("a message without its file")
	}
	if a.err != nil {
		return -1
	}
	fd := (*a.fds)[0]
	*a.fds = (*a.fds)[1:]
	return fd
}

// Request is a message on its way out; Send ends it.
type Request struct {
	c     *Conn
	start int
}

// Uint appends an unsigned number, or the number of an object.
func (r Request) Uint(v uint32) Request {
	r.c.out = binary.NativeEndian.AppendUint32(r.c.out, v)
	return r
}

// Int appends a signed number.
func (r Request) Int(v int32) Request { return r.Uint(uint32(v)) }

// Fixed appends a number with 8 bits behind the point.
func (r Request) Fixed(v float64) Request { return r.Int(int32(v * 256)) }

// String appends a text.
func (r Request) String(s string) Request {
	r = r.Uint(uint32(len(s) + 1))
	r.c.out = append(r.c.out, s...)
	r.c.out = append(r.c.out, 0)
	for (len(r.c.out)-r.start)%wordLen != 0 {
		r.c.out = append(r.c.out, 0)
	}
	return r
}

// FD sends a file along. It stays the caller's, who keeps it open until the next
// Flush.
func (r Request) FD(fd int) Request {
	r.c.outFDs = append(r.c.outFDs, fd)
	return r
}

// Send ends the request. It goes out with the next Flush or wait.
func (r Request) Send() {
	at := r.start + wordLen
	op := binary.NativeEndian.Uint32(r.c.out[at:])
	binary.NativeEndian.PutUint32(r.c.out[at:], uint32(len(r.c.out)-r.start)<<16|op)
}
