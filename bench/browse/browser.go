//go:build linux

package browse

import (
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alongside-remote/alongside/test/bed"
)

// Browser is a running Chromium with a window on the display of this process.
type Browser struct {
	cmd     *exec.Cmd
	profile string
	done    chan struct{}
}

// Start starts Chromium with a window at a place, as the harness starts it for
// other viewers. It ends with ctx, or with this process.
func Start(ctx context.Context, profile string, at image.Rectangle) (*Browser, error) {
	cmd := exec.CommandContext(ctx, "chromium", "--no-sandbox", "--user-data-dir="+profile, "--no-first-run", "--kiosk",
		fmt.Sprintf("--window-position=%d,%d", at.Min.X, at.Min.Y), fmt.Sprintf("--window-size=%d,%d", at.Dx(), at.Dy()),
		"--disable-gpu", "--force-device-scale-factor=1", "--ignore-certificate-errors", "--disable-background-networking",
		"--disable-component-update", "--password-store=basic", "--remote-debugging-port=0", "about:blank")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start chromium (`make bench-peers` installs it): %w", err)
	}
	b := &Browser{cmd: cmd, profile: profile, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ends says nothing: it is asked to
		close(b.done)
	}()
	return b, nil
}

// Done is closed when the browser has ended.
func (b *Browser) Done() <-chan struct{} { return b.done }

// Move moves the browser's window and waits until it is there.
func (b *Browser) Move(ctx context.Context, to image.Point) error {
	return bed.Until(ctx, "the browser's window in its place", func() (bool, error) {
		out, err := exec.CommandContext(ctx, "xdotool", "search", "--onlyvisible", "--class", "chromium").Output()
		if err != nil {
			return false, err
		}
		for _, id := range strings.Fields(string(out)) {
			err := exec.CommandContext(ctx, "xdotool", "windowmove", "--sync", id, strconv.Itoa(to.X), strconv.Itoa(to.Y)).Run()
			if err != nil {
				return false, fmt.Errorf("move window %s: %w", id, err)
			}
		}
		return len(strings.Fields(string(out))) > 0, nil
	})
}

// Env is this process's environment with another display.
func Env(display string) []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "DISPLAY=") {
			env = append(env, kv)
		}
	}
	return append(env, "DISPLAY="+display)
}
