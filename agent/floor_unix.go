//go:build unix

package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// FloorPath is where this machine's administrator sets the floor.
const FloorPath = "/etc/alongside/policy.toml"

// byAdministrator checks that a file or folder belongs to root, or to who runs
// the service, and that nobody else may write it.
func byAdministrator(_ string, fi fs.FileInfo) error {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok || st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return errors.New("owned by neither root nor this user")
	}
	if m := fi.Mode().Perm(); m&0o022 != 0 {
		return fmt.Errorf("others can write it: mode %04o", m)
	}
	return nil
}
