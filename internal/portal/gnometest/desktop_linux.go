package gnometest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/alongside-remote/alongside/internal/pipewire/pipewiretest"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
)

const (
	// patience bounds every wait for something that has to come.
	patience = time.Minute

	// wanted has tests with this desktop run. They need packages that nobody else does.
	wanted = "ALONGSIDE_TEST_GNOME"

	libexec = "/usr/libexec/"
)

// Options say what a desktop has.
type Options struct {
	Monitors []string // sizes, such as "1280x720"; none: one of that size
	// Fractional has it scale what X programs draw, and by parts of whole numbers.
	Fractional bool
}

// Desktop is a running compositor with its portal, and PipeWire.
type Desktop struct {
	Dir      string // XDG_RUNTIME_DIR
	t        testing.TB
	pipewire *pipewiretest.Server
	bus      *dbus.Conn
	address  string // of the bus
	env      []string
	scale    float64 // of the first monitor
}

// Start runs a desktop, makes it that of the test's environment and ends it with the
// test. Where the environment does not ask for such tests, the test is skipped.
func Start(t testing.TB, o Options) *Desktop {
	t.Helper()
	if os.Getenv(wanted) == "" {
		t.Skipf("%s is not set: test/beds/gnome.sh sets it", wanted)
	}
	dir, err := os.MkdirTemp("", "gn") //nolint:usetesting // t.TempDir is too long for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	portaltest.StartBus(t)
	d := &Desktop{Dir: dir, t: t, scale: 1, pipewire: pipewiretest.Start(t), address: os.Getenv("DBUS_SESSION_BUS_ADDRESS")}
	d.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "XDG_CONFIG_HOME=" + dir, "LC_ALL=C.UTF-8",
		"PIPEWIRE_RUNTIME_DIR=" + os.Getenv("PIPEWIRE_RUNTIME_DIR"), "DBUS_SESSION_BUS_ADDRESS=" + d.address,
		"XDG_CURRENT_DESKTOP=GNOME", "GSETTINGS_BACKEND=keyfile", "GTK_A11Y=none", "NO_AT_BRIDGE=1",
	}
	features := ""
	if o.Fractional {
		features = "'scale-monitor-framebuffer'"
	}
	settings := filepath.Join(dir, "glib-2.0", "settings", "keyfile")
	text := fmt.Sprintf("[org/gnome/mutter]\nexperimental-features=@as [%s]\n", features)
	if err := errors.Join(os.MkdirAll(filepath.Dir(settings), 0o700), os.WriteFile(settings, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	args := []string{"--headless", "--wayland", "--wayland-display", "wayland-0"}
	if len(o.Monitors) == 0 {
		o.Monitors = []string{"1280x720"}
	}
	for _, m := range o.Monitors {
		args = append(args, "--virtual-monitor", m)
	}
	d.run("mutter", args...)
	d.until("the compositor", func() bool {
		c, err := net.Dial("unix", filepath.Join(dir, "wayland-0"))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	var x []byte
	d.until("the name of XWayland", func() bool {
		if m := regexp.MustCompile(`public X11 display (:\d+)`).FindSubmatch(d.Log("mutter")); m != nil {
			x = m[1]
		}
		return x != nil
	})
	cookies, err := filepath.Glob(filepath.Join(dir, ".mutter-Xwaylandauth.*"))
	if err != nil || len(cookies) != 1 {
		t.Fatalf("cookies of XWayland: %v %v", cookies, err)
	}
	for name, value := range map[string]string{
		"XDG_RUNTIME_DIR": dir, "WAYLAND_DISPLAY": "wayland-0", "DISPLAY": string(x), "XAUTHORITY": cookies[0],
	} {
		t.Setenv(name, value)
		d.env = append(d.env, name+"="+value)
	}
	if d.bus, err = dbus.Connect(d.address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.bus.Close() })
	d.serve("xdg-permission-store", "org.freedesktop.impl.portal.PermissionStore")
	d.serve("xdg-desktop-portal-gnome", "org.freedesktop.impl.portal.desktop.gnome")
	d.serve("xdg-desktop-portal", "org.freedesktop.portal.Desktop")
	return d
}

// Env is the environment of a program of this desktop.
func (d *Desktop) Env() []string { return d.env }

// Log is what a program has said.
func (d *Desktop) Log(name string) []byte {
	out, _ := os.ReadFile(filepath.Join(d.Dir, name+".log"))
	return out
}

// Program starts a program of the desktop's user and ends it with the test.
func (d *Desktop) Program(name string, args ...string) { d.run(name, args...) }

// serve runs a program until it has its name on the bus.
func (d *Desktop) serve(program, name string) {
	d.t.Helper()
	d.run(libexec + program)
	d.until(name, func() bool {
		var there bool
		err := d.bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&there)
		return err == nil && there
	})
}

func (d *Desktop) run(name string, args ...string) {
	d.t.Helper()
	out, err := os.Create(filepath.Join(d.Dir, filepath.Base(name)+".log"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = d.env, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		d.t.Fatalf("`scripts/deps.sh gnome` installs it: %v", err)
	}
	d.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		if d.t.Failed() {
			d.t.Logf("%s said:\n%s", name, d.Log(filepath.Base(name)))
		}
	})
}

func (d *Desktop) until(what string, is func() bool) {
	d.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("waited in vain for %s", what)
		}
	}
}
