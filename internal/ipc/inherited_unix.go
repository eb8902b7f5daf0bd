//go:build unix

package ipc

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The first two descriptors after the standard three.
const (
	inheritedRead  = 3
	inheritedWrite = 4
)

func inherited(string) (r, w *os.File, err error) {
	for _, fd := range []int{inheritedRead, inheritedWrite} {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return nil, nil, fmt.Errorf("%w: descriptor %d: %w", ErrNotInherited, fd, err)
		}
		if k := st.Mode & unix.S_IFMT; k != unix.S_IFIFO {
			return nil, nil, fmt.Errorf("%w: descriptor %d is not a pipe", ErrNotInherited, fd)
		}
		// Not for our own children, and watched by the poller, so that Close
		// unblocks Read.
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			return nil, nil, fmt.Errorf("inherited pipe: %w", err)
		}
	}
	return os.NewFile(inheritedRead, "from service"), os.NewFile(inheritedWrite, "to service"), nil
}
