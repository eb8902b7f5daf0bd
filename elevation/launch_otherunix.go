//go:build unix && !linux

package elevation

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent: there is no such thing here; the child ends when its pipes close.
func dieWithParent(*syscall.SysProcAttr) {}

// NoCores makes this process and its children leave no core dump: there are
// keys and pictures in it.
func NoCores() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
