//go:build unix

package x11test

import (
	"syscall"
	"testing"
)

// StartAs is Start as another user, which only root can.
func StartAs(t testing.TB, uid uint32, screen string, args ...string) *Server {
	t.Helper()
	as := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	return start(t, "Xvfb", as, append([]string{reserve(t), "-screen", "0", screen, "-noreset", "-nolisten", "tcp"}, args...))
}
