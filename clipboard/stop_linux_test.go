package clipboard_test

import (
	"os"
	"syscall"
	"testing"
)

// stopProcess makes a program deaf and mute, and leaves it where it is.
func stopProcess(t *testing.T, p *os.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}
