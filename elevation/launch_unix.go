//go:build unix

package elevation

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

const fixedPath = "/usr/local/bin:/usr/bin:/bin"

func systemEnvironment() []string { return nil }

// prepare chooses the account. Only root has a choice.
func prepare(cmd *exec.Cmd, s Spec) error {
	cmd.ExtraFiles = s.Files
	// Its own process group, so that Kill reaches the prompts a tray opened.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	if s.Level == LevelSystem {
		return nil
	}
	uid := os.Geteuid()
	if uid == int(s.Session.UID) {
		return nil
	}
	if uid != 0 {
		return fmt.Errorf("user %q: only root starts processes of others", s.Session.User)
	}
	groups, err := groupsOf(s.Session.UID)
	if err != nil {
		return fmt.Errorf("groups of %q: %w", s.Session.User, err)
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.Session.UID, Gid: s.Session.GID, Groups: groups}
	return nil
}

func groupsOf(uid uint32) ([]uint32, error) {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil {
		return nil, err
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil, err
	}
	var groups []uint32
	for _, id := range ids {
		n, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, err
		}
		groups = append(groups, uint32(n))
	}
	return groups, nil
}

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
