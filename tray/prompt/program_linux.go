package prompt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// maxOutput is what is read of a program's answer: four fields and a margin.
const maxOutput = 5 * MaxField

// program is a dialog program of the system, run for one window.
type program struct {
	path    string
	display string   // empty: as inherited
	env     []string // added
	w       words.Words
}

// installed picks the first existing file of a list of constant paths.
func installed(paths ...string) (string, error) {
	for _, p := range paths {
		if i, err := os.Stat(p); err == nil && i.Mode().IsRegular() && i.Mode()&0o111 != 0 {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: %w", paths[0], ErrUnsupported)
}

// run shows the window and returns the exit code and what was printed. A
// program that cannot be started or dies by a signal is ErrFailed; when ctx
// ends it is killed.
func (p program) run(ctx context.Context, args ...string) (code int, out string, err error) {
	cmd := exec.CommandContext(ctx, p.path, args...)
	// Whatever the program leaves behind must not keep the pipes open.
	cmd.WaitDelay = time.Second
	cmd.Env = append(os.Environ(), p.env...)
	if p.display != "" {
		cmd.Env = append(cmd.Env, "DISPLAY="+p.display, "GDK_BACKEND=x11", "QT_QPA_PLATFORM=xcb")
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout = &limited{&stdout, maxOutput}
	cmd.Stderr = &limited{&stderr, 2000}
	// A question must not outlive who asks it, whatever ends them. The signal
	// comes when the thread ends that started the program: keep it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = cmd.Run()
	if ctx.Err() != nil {
		return 0, "", context.Cause(ctx)
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, stdout.String(), nil
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), stdout.String(), nil
	default:
		return 0, "", fmt.Errorf("%w: %w: %s", ErrFailed, err, lastLine(stderr.String()))
	}
}

// inFolder is a folder as programs begin in it; the user's own, where none is given.
func inFolder(folder string) string {
	if folder == "" {
		folder, _ = os.UserHomeDir()
	}
	return strings.TrimSuffix(folder, "/") + "/"
}

// limited drops what is over the limit and lets the writer go on.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	keep := b[:min(len(b), l.left)]
	l.left -= len(keep)
	if _, err := l.w.Write(keep); err != nil {
		return 0, err
	}
	return len(b), nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
