package waylandtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// nobody runs sway where the tests are root's: it refuses to be root's itself.
	nobody = 65534
	// patience bounds every wait for something that has to come.
	patience = time.Minute
	// xDisplayFile has the name of XWayland's display.
	xDisplayFile = "display"
)

// Options say what a compositor shall be.
type Options struct {
	Size     string   // "1280x720"
	Outputs  int      // 0: one
	XWayland bool     // X programs can be shown
	Config   []string // more lines of its configuration
	In       *Server  // its outputs are windows of another, which can close them
}

// Server is a running sway of a test's own, drawn by the processor.
type Server struct {
	RuntimeDir string
	Display    string // the path of its socket
	cmd        *exec.Cmd
	gone       chan struct{}
	options    Options
	as         *syscall.Credential // nil: as we are
}

// Start runs a sway and ends it with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	// t.TempDir is below a folder that is its owner's only, and too long for sockets.
	dir, err := os.MkdirTemp("", "sway") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{RuntimeDir: dir, Display: filepath.Join(dir, "wayland-1"), options: o}
	if os.Geteuid() == 0 {
		s.as = &syscall.Credential{Uid: nobody, Gid: nobody}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	s.Restart(t)
	t.Cleanup(s.Stop)
	return s
}

// Restart runs it again at the same place, after Stop.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	path, err := exec.LookPath("sway")
	if err != nil {
		t.Fatal("sway is not installed: run `make deps`")
	}
	lines := []string{
		"swaybg_command -", "xwayland disable", "default_border none",
	}
	if s.options.Size != "" {
		lines = append(lines, "output * mode --custom "+s.options.Size)
	}
	if s.options.XWayland {
		// Its own user may use it, and whoever runs the tests.
		lines[1] = "xwayland force\nexec xhost +si:localuser:root && echo $DISPLAY > $XDG_RUNTIME_DIR/" + xDisplayFile
	}
	config := filepath.Join(s.RuntimeDir, "config")
	text := strings.Join(append(lines, s.options.Config...), "\n") + "\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	logFile, err := os.Create(filepath.Join(s.RuntimeDir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer logFile.Close()
	s.cmd = exec.Command(path, "-c", config)
	s.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.RuntimeDir, "XDG_RUNTIME_DIR=" + s.RuntimeDir,
		"WLR_RENDERER=pixman", "WLR_LIBINPUT_NO_DEVICES=1",
	}
	if in := s.options.In; in != nil {
		s.cmd.Env = append(s.cmd.Env, "WLR_BACKENDS=wayland", "WAYLAND_DISPLAY="+in.Display, fmt.Sprintf("WLR_WL_OUTPUTS=%d", max(1, s.options.Outputs)))
	} else {
		s.cmd.Env = append(s.cmd.Env, "WLR_BACKENDS=headless", fmt.Sprintf("WLR_HEADLESS_OUTPUTS=%d", max(1, s.options.Outputs)))
	}
	s.cmd.Stdout, s.cmd.Stderr = logFile, logFile
	// In a group of its own: it ends with all that it started.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if s.gone, err = run(s.cmd); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("unix", s.Display); err == nil {
			c.Close()
			return
		}
		select {
		case <-s.gone:
			err = errors.New("it ended")
		default:
			err = nil
		}
		if err != nil || time.Now().After(end) {
			s.Stop()
			out, _ := os.ReadFile(logFile.Name())
			t.Fatalf("sway did not start: %v\n%s", err, out)
		}
	}
}

// run starts a program that ends with the thread that started it, which therefore
// waits for it.
func run(cmd *exec.Cmd) (gone chan struct{}, err error) {
	gone = make(chan struct{})
	started := make(chan error)
	go func() {
		defer close(gone)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	return gone, <-started
}

// Stop kills the compositor and waits for its end.
func (s *Server) Stop() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.gone
	_ = os.Remove(s.Display)
	_ = os.Remove(s.Display + ".lock")
}

// Signal sends a signal to the compositor, such as SIGSTOP for one that hangs.
func (s *Server) Signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// Setenv makes the compositor the one of this test's environment.
func (s *Server) Setenv(t testing.TB) {
	t.Helper()
	t.Setenv("WAYLAND_DISPLAY", filepath.Base(s.Display))
	t.Setenv("XDG_RUNTIME_DIR", s.RuntimeDir)
}

// Env is the environment of a client of this compositor.
func (s *Server) Env() []string {
	return append(os.Environ(), "WAYLAND_DISPLAY="+s.Display, "XDG_RUNTIME_DIR="+s.RuntimeDir)
}

// Program starts a client of the compositor and ends it with the test.
func (s *Server) Program(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = s.Env()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	gone, err := run(cmd)
	if err != nil {
		t.Fatal(fmt.Errorf("start %s (`make deps` installs it): %w", name, err))
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); <-gone })
	return cmd
}
