package ipc

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Standard is the connection to who started this process with pipes as its standard
// input and output, which is all that some starters leave open.
func Standard() (*Conn, error) {
	for _, fd := range []int{0, 1} {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
			return nil, fmt.Errorf("%w: standard input and output are not", ErrNotInherited)
		}
	}
	var ends [2]*os.File
	for i, name := range []string{"standard input", "standard output"} {
		fd, err := unix.FcntlInt(uintptr(i), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return nil, fmt.Errorf("inherited pipe: %w", err)
		}
		if err := unix.SetNonblock(fd, true); err != nil {
			return nil, fmt.Errorf("inherited pipe: %w", err)
		}
		ends[i] = os.NewFile(uintptr(fd), name)
	}
	// Nothing else is said there, and the end of the pipe is the end of both.
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = null.Close() }()
	for fd := range 2 {
		if err := unix.Dup3(int(null.Fd()), fd, 0); err != nil {
			return nil, fmt.Errorf("inherited pipe: %w", err)
		}
	}
	return piped(ends[0], ends[1]), nil
}
