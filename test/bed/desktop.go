//go:build linux

package bed

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// Desktop is an X server with programs on it, or the display of whoever started
// the demo.
type Desktop struct {
	Display string // ":N"
	Own     bool   // started by us; false: the user's display
	Env     []string
	Dir     string // its home: configuration, logs, files that programs write
	auth    string
	screen  string
	server  *Process
	free    func() // gives the display number back
	parts   []*Process
	log     io.Writer
	user    *syscall.Credential
}

// DesktopOptions describe a desktop to start.
type DesktopOptions struct {
	Dir    string // an empty folder of its own
	Screen string // "1280x800x24"
	Log    io.Writer
	// Server is the X server: "Xvfb" or "Xtigervnc", which can change modes.
	Server string
	// Auth is an Xauthority file that clients need; empty: every local user may connect.
	Auth string
	User *syscall.Credential // nil: ourselves
	// Bare starts the X server and a session bus and nothing on it.
	Bare bool
}

// NewDesktop starts an X server with a session bus, a window manager, a panel
// with a tray and a wallpaper.
func NewDesktop(ctx context.Context, o DesktopOptions) (*Desktop, error) {
	d := &Desktop{Own: true, Dir: o.Dir, auth: o.Auth, screen: o.Screen, log: o.Log, user: o.User}
	if d.log == nil {
		d.log = io.Discard
	}
	err := d.startServer(ctx, o)
	if err == nil {
		err = d.startBus(ctx)
	}
	if err == nil && !o.Bare {
		err = d.startSession(ctx)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// CurrentDesktop is the display of this process, on which nothing is started.
func CurrentDesktop(dir string, log io.Writer) (*Desktop, error) {
	d := &Desktop{Display: os.Getenv("DISPLAY"), Env: os.Environ(), Dir: dir, log: log}
	if _, err := d.output("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"); err != nil {
		return nil, fmt.Errorf("display %s: %w", d.Display, err)
	}
	return d, nil
}

// Attach is the desktop of somebody whose X server another program started, with the
// cookie in auth.
func Attach(display, auth, home string, log io.Writer) *Desktop {
	env := append(cleanEnv(), "DISPLAY="+display, "XAUTHORITY="+auth, "HOME="+home)
	return &Desktop{Display: display, Env: env, Dir: home, auth: auth, log: log}
}

// Seat is the socket of an Xtigervnc, at which x11test.Sit has the customer type and
// click with devices of their own.
func (d *Desktop) Seat() string { return filepath.Join(d.Dir, "seat") }

// startServer starts the X server on a display number that is ours until Close, so
// that it can return there.
func (d *Desktop) startServer(ctx context.Context, o DesktopOptions) error {
	number, free, err := x11test.ReserveNumber()
	if err != nil {
		return err
	}
	d.free = free
	args := []string{fmt.Sprintf(":%d", number), "-displayfd", "3", "-noreset", "-nolisten", "tcp"}
	path := "Xvfb"
	if o.Server == "Xtigervnc" {
		path = o.Server
		args = append(args, "-geometry", strings.TrimSuffix(o.Screen, "x24"), "-depth", "24", "-SecurityTypes", "None", "-rfbport", "-1", "-rfbunixpath", d.Seat())
	} else {
		args = append(args, "-screen", "0", o.Screen)
	}
	if o.Auth != "" {
		args = append(args, "-auth", o.Auth)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	d.server, err = start(command{name: path, path: path, args: args, env: os.Environ(), stdout: d.log, stderr: d.log, user: o.User, files: []*os.File{w}})
	w.Close()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { r.Close() })
	defer stop()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		return fmt.Errorf("%s did not say its display: %w", path, errors.Join(err, context.Cause(ctx)))
	}
	d.Display = ":" + strings.TrimSpace(line)
	d.Env = append(cleanEnv(), "DISPLAY="+d.Display, "HOME="+d.Dir, "XDG_CONFIG_HOME="+filepath.Join(d.Dir, "config"),
		"XDG_CACHE_HOME="+filepath.Join(d.Dir, "cache"), "XDG_RUNTIME_DIR="+filepath.Join(d.Dir, "run"),
		"TMPDIR="+filepath.Join(d.Dir, "tmp"), "GTK_A11Y=none", "NO_AT_BRIDGE=1", "GTK_USE_PORTAL=0", "LANG=C.UTF-8")
	if o.Auth != "" {
		d.Env = append(d.Env, "XAUTHORITY="+o.Auth)
	}
	if err := d.mkdir("tmp", 0o700); err != nil {
		return err
	}
	return d.mkdir("run", 0o700)
}

// cleanEnv is our environment without what names another desktop.
func cleanEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "HOME", "LANG", "LC_ALL":
		default:
			if !strings.HasPrefix(name, "XDG_") {
				env = append(env, kv)
			}
		}
	}
	return env
}

func (d *Desktop) mkdir(name string, mode os.FileMode) error {
	path := filepath.Join(d.Dir, name)
	if err := os.MkdirAll(path, mode); err != nil {
		return err
	}
	if d.user != nil {
		return os.Chown(path, int(d.user.Uid), int(d.user.Gid))
	}
	return nil
}

func (d *Desktop) startBus(ctx context.Context) error {
	p, address, err := startBus(ctx, command{env: d.Env, dir: d.Dir, stdout: d.log, stderr: d.log, user: d.user})
	if err != nil {
		return err
	}
	d.parts = append(d.parts, p)
	d.Env = append(d.Env, "DBUS_SESSION_BUS_ADDRESS="+address)
	return nil
}

// startBus starts a D-Bus daemon with the surroundings of c.
func startBus(ctx context.Context, c command) (p *Process, address string, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	defer r.Close()
	c.name, c.path, c.args = "bus", "dbus-daemon", []string{"--session", "--nofork", "--nopidfile", "--print-address=3"}
	c.files = []*os.File{w}
	p, err = start(c)
	w.Close()
	if err != nil {
		return nil, "", err
	}
	stop := context.AfterFunc(ctx, func() { r.Close() })
	defer stop()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		p.Kill()
		return nil, "", fmt.Errorf("bus did not say its address: %w", err)
	}
	return p, strings.TrimSpace(line), nil
}

// Start starts a program on the desktop, to be stopped with it.
func (d *Desktop) Start(path string, args ...string) (*Process, error) {
	p, err := start(command{name: path, path: path, args: args, env: d.Env, dir: d.Dir, stdout: d.log, stderr: d.log, user: d.user})
	if err != nil {
		return nil, err
	}
	d.parts = append(d.parts, p)
	return p, nil
}

// Close ends everything on the desktop and the X server, if it is ours.
func (d *Desktop) Close() {
	for i := len(d.parts) - 1; i >= 0; i-- {
		d.parts[i].Kill()
	}
	if d.server != nil {
		d.server.Kill()
	}
	if d.free != nil {
		d.free()
	}
}

// RestartServer starts the X server again on the same display, and the window
// manager on it.
func (d *Desktop) RestartServer(ctx context.Context) error {
	var err error
	d.server, err = start(command{
		name: "Xvfb", path: "Xvfb", env: os.Environ(), stdout: d.log, stderr: d.log, user: d.user,
		args: []string{d.Display, "-screen", "0", d.screen, "-noreset", "-nolisten", "tcp"},
	})
	if err != nil {
		return err
	}
	if err := Until(ctx, "the X server to return", func() (bool, error) {
		_, err := d.output("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
		return err == nil, err
	}); err != nil {
		return err
	}
	return d.startManager(ctx)
}

// KillServer ends the X server as a crash would, leaving the rest.
func (d *Desktop) KillServer() { d.server.Kill() }

// SetMonitors divides the desktop of an Xtigervnc into monitors, the first of
// which is primary.
func (d *Desktop) SetMonitors(rects ...image.Rectangle) error {
	out, err := d.output("xrandr", "--query")
	if err != nil {
		return err
	}
	screen := ""
	for _, line := range strings.Split(out, "\n") {
		if name, rest, ok := strings.Cut(line, " "); ok && strings.HasPrefix(rest, "connected") {
			screen = name
		}
	}
	for i, r := range rects {
		name, on := fmt.Sprintf("*part-%d", i+1), screen
		if i > 0 {
			name, on = strings.TrimPrefix(name, "*"), "none"
		}
		geometry := fmt.Sprintf("%d/300x%d/200+%d+%d", r.Dx(), r.Dy(), r.Min.X, r.Min.Y)
		if _, err := d.output("xrandr", "--setmonitor", name, geometry, on); err != nil {
			return fmt.Errorf("monitor %v: %w", r, err)
		}
	}
	return nil
}

// AdoptDesktop is a desktop that somebody else runs, of which those variables of
// the environment tell. It gets a session bus.
func AdoptDesktop(ctx context.Context, dir, display string, log io.Writer, env ...string) (*Desktop, error) {
	d := &Desktop{Display: display, Dir: dir, log: log}
	d.Env = append(cleanEnv(), "DISPLAY="+display, "HOME="+dir, "XDG_RUNTIME_DIR="+filepath.Join(dir, "run"), "LANG=C.UTF-8")
	d.Env = append(d.Env, env...)
	if err := d.mkdir("run", 0o700); err != nil {
		return nil, err
	}
	return d, d.startBus(ctx)
}
