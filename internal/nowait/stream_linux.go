package nowait

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Stream reads and writes a file. Read and Write may be called from any goroutine.
type Stream struct {
	file File
	raw  syscall.RawConn
	in   half
	out  half
}

// errBlocks refuses a file whose calls may last: nobody would see that they do.
var errBlocks = errors.New("descriptor blocks")

// half is one direction. It is kept, as what is handed to the poller would be allocated
// each time.
type half struct {
	mu    sync.Mutex
	call  func(fd uintptr) (done bool)
	b     []byte
	n     int
	errno syscall.Errno
}

// New makes a stream of a file, which stays the caller's to close. One that may block
// is refused.
func New(f File) (*Stream, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var flags int
	if e := raw.Control(func(fd uintptr) { flags, err = unix.FcntlInt(fd, unix.F_GETFL, 0) }); e != nil || err != nil {
		return nil, errors.Join(e, err)
	}
	if flags&unix.O_NONBLOCK == 0 {
		return nil, errBlocks
	}
	s := &Stream{file: f, raw: raw}
	s.in.call, s.out.call = s.in.read, s.out.write
	return s, nil
}

// Read implements io.Reader.
func (s *Stream) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	h := &s.in
	h.mu.Lock()
	defer h.mu.Unlock()
	n, err := s.do(h, s.raw.Read, b, "read")
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Write implements io.Writer.
func (s *Stream) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	h := &s.out
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.do(h, s.raw.Write, b, "write")
}

func (s *Stream) do(h *half, wait func(func(uintptr) bool) error, b []byte, name string) (int, error) {
	h.b, h.n, h.errno = b, 0, 0
	err := wait(h.call)
	h.b = nil
	if err != nil || h.errno != 0 {
		err = s.failure(name, err, h.errno)
	}
	return h.n, err
}

// failure is what the file's own method would return: of the poller, which says that it
// was closed or is late, or of the system.
func (s *Stream) failure(name string, poller error, errno syscall.Errno) error {
	switch f := s.file.(type) {
	case net.Conn:
		if poller == nil {
			return &net.OpError{Op: name, Net: f.LocalAddr().Network(), Source: f.LocalAddr(), Addr: f.RemoteAddr(), Err: os.NewSyscallError(name, errno)}
		}
	case *os.File:
		switch {
		case poller == nil:
			return &os.PathError{Op: name, Path: f.Name(), Err: errno}
		case !errors.Is(poller, os.ErrDeadlineExceeded): // that of a closed file has no name outside
			return &os.PathError{Op: name, Path: f.Name(), Err: os.ErrClosed}
		}
	}
	if poller == nil {
		return os.NewSyscallError(name, errno)
	}
	return poller
}

func (h *half) read(fd uintptr) bool {
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&h.b[0])), uintptr(len(h.b)))
		switch errno {
		case 0:
			h.n = int(n)
			return true
		case unix.EAGAIN:
			return false
		case unix.EINTR:
		default:
			h.errno = errno
			return true
		}
	}
}

func (h *half) write(fd uintptr) bool {
	for h.n < len(h.b) {
		n, _, errno := unix.RawSyscall(unix.SYS_WRITE, fd, uintptr(unsafe.Pointer(&h.b[h.n])), uintptr(len(h.b)-h.n))
		switch errno {
		case 0:
			h.n += int(n)
		case unix.EAGAIN:
			return false
		case unix.EINTR:
		default:
			h.errno = errno
			return true
		}
	}
	return true
}
