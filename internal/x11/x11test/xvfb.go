// Package x11test starts real X servers for tests.
package x11test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Server is a running X server of a test's own.
type Server struct {
	Display string // ":N"
	cmd     *exec.Cmd
	gone    chan struct{}
}

// Start runs an Xvfb with one screen ("1280x800x24") on a display number of the
// test's own, and ends it with the test. Extra arguments follow its own.
func Start(t testing.TB, screen string, args ...string) *Server {
	t.Helper()
	return start(t, "Xvfb", nil, append([]string{reserve(t), "-screen", "0", screen, "-noreset", "-nolisten", "tcp"}, args...))
}

// StartAt runs an Xvfb on the display ":N", for tests in which a server returns.
func StartAt(t testing.TB, display, screen string, args ...string) *Server {
	t.Helper()
	return start(t, "Xvfb", nil, append([]string{display, "-screen", "0", screen, "-noreset", "-nolisten", "tcp"}, args...))
}

// StartVNC runs an Xvnc, which unlike Xvfb can change its modes and monitor
// layout by RandR.
func StartVNC(t testing.TB, geometry string, args ...string) *Server {
	t.Helper()
	return start(t, "Xtigervnc", nil, append([]string{
		reserve(t), "-geometry", geometry, "-depth", "24", "-SecurityTypes", "None",
		"-rfbport", "-1", "-noreset", "-nolisten", "tcp",
	}, args...))
}

// reserve holds a display (":N") for as long as the test runs.
func reserve(t testing.TB) string {
	t.Helper()
	n, free, err := ReserveNumber()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(free)
	return fmt.Sprintf(":%d", n)
}

func start(t testing.TB, program string, as *syscall.SysProcAttr, args []string) *Server {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is not installed: run `make deps`", program)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command(path, append([]string{"-displayfd", "3"}, args...)...)
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = as
	logFile, err := os.Create(filepath.Join(t.TempDir(), program+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer logFile.Close()
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	s := &Server{cmd: cmd, gone: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(s.gone) }()
	t.Cleanup(s.Stop)
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		s.Stop()
		out, _ := os.ReadFile(logFile.Name())
		t.Fatalf("%s did not start: %v\n%s", program, err, out)
	}
	s.Display = ":" + strings.TrimSpace(line)
	return s
}

// Stop kills the server and waits for its end.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill()
	<-s.gone
}

// Env is the environment of a client of this server.
func (s *Server) Env() []string {
	return append(os.Environ(), "DISPLAY="+s.Display)
}

// Program starts a client of the server and ends it with the test.
func (s *Server) Program(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = s.Env()
	if err := cmd.Start(); err != nil {
		t.Fatal(fmt.Errorf("start %s (`make deps` installs it): %w", name, err))
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-gone })
	return cmd
}

// Signal sends a signal to the server, such as SIGSTOP for one that hangs.
func (s *Server) Signal(t testing.TB, sig os.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}
