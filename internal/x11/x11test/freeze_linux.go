package x11test

import (
	"syscall"
	"testing"
)

// Freeze stops the server where it is, as a hung one: connections stay open and
// nothing is answered. Stop still works.
func (s *Server) Freeze(t testing.TB) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}
