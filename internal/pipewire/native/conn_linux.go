package native

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	headSize = 16
	// messageLimit is far above what a daemon says about a video node.
	messageLimit = 1 << 20
	// filesOnce is how many come with one read at most, by the protocol's own limit.
	filesOnce = 28
	// sendLimit is how much may wait for a daemon that does not read.
	sendLimit = 1 << 20
)

// Conn is the socket of a daemon. One goroutine uses it.
type Conn struct {
	fd    int
	in    []byte
	files []int
	out   []byte
	seq   uint32
}

// Message is one message, whose files are the receiver's.
type Message struct {
	Object uint32
	Opcode byte
	Body   *Parser
	files  []int
}

// Dial connects to the daemon of the user's session.
func Dial() (*Conn, error) {
	dir := os.Getenv("PIPEWIRE_RUNTIME_DIR")
	if dir == "" {
		dir = os.Getenv("XDG_RUNTIME_DIR")
	}
	name := os.Getenv("PIPEWIRE_REMOTE")
	if name == "" {
		name = "pipewire-0"
	}
	if !filepath.IsAbs(name) {
		if dir == "" {
			return nil, fmt.Errorf("%w: no XDG_RUNTIME_DIR", ErrNoDaemon)
		}
		name = filepath.Join(dir, name)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: name}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("%w: %w", ErrNoDaemon, err)
	}
	return &Conn{fd: fd}, nil
}

// Adopt uses a connection that somebody else opened.
func Adopt(f *os.File) (*Conn, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	ctlErr := raw.Control(func(old uintptr) {
		fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err = errors.Join(err, ctlErr); err != nil {
		return nil, fmt.Errorf("connection of the portal: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("connection of the portal: %w", err)
	}
	return &Conn{fd: fd}, nil
}

// Close ends it.
func (c *Conn) Close() {
	closeFiles(c.files)
	c.files = nil
	_ = unix.Close(c.fd)
}

func closeFiles(files []int) {
	for _, fd := range files {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// Send packs a method's arguments and queues the message.
func (c *Conn) Send(object uint32, opcode byte, args func(*Builder)) {
	w := &Builder{}
	w.Struct(func() { args(w) })
	head := make([]byte, headSize)
	binary.NativeEndian.PutUint32(head, object)
	binary.NativeEndian.PutUint32(head[4:], uint32(opcode)<<24|uint32(len(w.b)))
	binary.NativeEndian.PutUint32(head[8:], c.seq)
	c.seq++
	c.out = append(append(c.out, head...), w.b...)
}

// Flush writes what the daemon takes.
func (c *Conn) Flush() error {
	for len(c.out) > 0 {
		n, err := unix.SendmsgN(c.fd, c.out, nil, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			if len(c.out) > sendLimit {
				return fmt.Errorf("%w: the daemon does not read", ErrEnded)
			}
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrEnded, err)
		default:
			c.out = c.out[n:]
		}
	}
	return nil
}

// Receive takes a piece of what has come and gives each message that is whole by it
// to f.
func (c *Conn) Receive(f func(*Message) error) error {
	if err := c.read(); err != nil {
		return err
	}
	for {
		m, err := c.cut()
		if m == nil || err != nil {
			return err
		}
		err = f(m)
		closeFiles(m.files)
		if err != nil {
			return err
		}
	}
}

// read takes one piece, if there is one.
func (c *Conn) read() error {
	data := make([]byte, 64<<10)
	oob := make([]byte, unix.CmsgSpace(4*filesOnce))
	n, m, flags, _, err := unix.Recvmsg(c.fd, data, oob, unix.MSG_CMSG_CLOEXEC|unix.MSG_DONTWAIT)
	switch {
	case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", ErrEnded, err)
	}
	if err := c.collect(oob[:m]); err != nil {
		return err
	}
	if flags&unix.MSG_CTRUNC != 0 || len(c.files) > filesLimit {
		return fmt.Errorf("%w: too many files", ErrProtocol)
	}
	if n == 0 {
		return fmt.Errorf("%w: the daemon closed the connection", ErrEnded)
	}
	c.in = append(c.in, data[:n]...)
	return nil
}

func (c *Conn) collect(oob []byte) error {
	if len(oob) == 0 {
		return nil
	}
	all, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	for i := range all {
		if files, err := unix.ParseUnixRights(&all[i]); err == nil {
			c.files = append(c.files, files...)
		}
	}
	return nil
}

// cut takes the next whole message; nil: there is none yet. After the structure of
// arguments may stand another with notes of the daemon, which is not read.
func (c *Conn) cut() (*Message, error) {
	if len(c.in) < headSize {
		return nil, nil
	}
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(c.in[4*i:]) }
	size, files := int(word(1)&0xffffff), word(3)
	if size > messageLimit || files > filesLimit {
		return nil, fmt.Errorf("%w: a message of %d bytes with %d files", ErrProtocol, size, files)
	}
	if len(c.in) < headSize+size {
		return nil, nil
	}
	if int(files) > len(c.files) {
		return nil, fmt.Errorf("%w: files are missing", ErrProtocol)
	}
	m := &Message{Object: word(0), Opcode: byte(word(1) >> 24)}
	body := append([]byte(nil), c.in[headSize:headSize+size]...)
	m.Body = (&Parser{b: body}).Struct()
	m.files = append([]int(nil), c.files[:files]...)
	c.files = append(c.files[:0], c.files[files:]...)
	c.in = append(c.in[:0], c.in[headSize+size:]...)
	return m, nil
}

// Take gives a file of the message to the caller; -1: there is none.
func (m *Message) Take(i int) int {
	if i < 0 || i >= len(m.files) {
		return -1
	}
	fd := m.files[i]
	m.files[i] = -1
	return fd
}
