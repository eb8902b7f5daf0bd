//go:build unix

package transport

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// restrict undoes what a strange umask did to a directory just made.
func restrict(dir string) error { return os.Chmod(dir, 0o700) }

// checkOwner checks that a file or directory belongs to this user and that
// nobody else may touch it.
func checkOwner(_ string, fi fs.FileInfo) error {
	if st, ok := fi.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%w: owned by somebody else", ErrExposed)
	}
	if m := fi.Mode().Perm(); m&0o077 != 0 {
		return fmt.Errorf("%w: mode %04o", ErrExposed, m)
	}
	return nil
}
