//go:build unix

package installer

import (
	"io/fs"
	"os"
	"syscall"
)

// ownAlone reports whether only who runs this, and root, may write a folder.
func ownAlone(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && (st.Uid == 0 || int(st.Uid) == os.Geteuid()) && fi.Mode().Perm()&0o022 == 0
}
