package terminal_test

import (
	"bufio"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
)

const login1 = "org.freedesktop.login1"

// login is as much of systemd-logind as is asked for, on a real bus of its own.
type login struct {
	t   *testing.T
	bus *dbus.Conn

	mu  sync.Mutex
	all map[dbus.ObjectPath]terminal.Session
}

// bus starts a D-Bus daemon and returns its address.
func bus(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("dbus-daemon (`make deps` installs it): %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func newLogin(t *testing.T, address string) *login {
	t.Helper()
	c, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	l := &login{t: t, bus: c, all: map[dbus.ObjectPath]terminal.Session{}}
	if err := c.Export(l, "/org/freedesktop/login1", login1+".Manager"); err != nil {
		t.Fatal(err)
	}
	if r, err := c.RequestName(login1, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(r, err)
	}
	return l
}

type entry struct {
	ID   string
	UID  uint32
	User string
	Seat string
	Path dbus.ObjectPath
}

// ListSessions is the manager's method.
func (l *login) ListSessions() ([]entry, *dbus.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []entry{}
	for p, s := range l.all {
		list = append(list, entry{s.ID, s.UID, s.User, "seat0", p})
	}
	return list, nil
}

type properties struct {
	l    *login
	path dbus.ObjectPath
}

// GetAll is the properties' method of a session.
func (p properties) GetAll(string) (map[string]dbus.Variant, *dbus.Error) {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	s, ok := p.l.all[p.path]
	if !ok {
		return nil, dbus.NewError("org.freedesktop.DBus.Error.UnknownObject", nil)
	}
	class := "user"
	if s.Greeter {
		class = "greeter"
	}
	return map[string]dbus.Variant{
		"Id": dbus.MakeVariant(s.ID), "Name": dbus.MakeVariant(s.User), "Display": dbus.MakeVariant(s.Display),
		"User": dbus.MakeVariant(struct {
			UID  uint32
			Path dbus.ObjectPath
		}{s.UID, "/u"}),
		"Active": dbus.MakeVariant(s.Active), "Remote": dbus.MakeVariant(s.Remote), "LockedHint": dbus.MakeVariant(s.Locked),
		"Class": dbus.MakeVariant(class), "Type": dbus.MakeVariant("x11"), "State": dbus.MakeVariant("active"),
	}, nil
}

// put makes, changes or ends a session and emits what logind emits.
func (l *login) put(s terminal.Session) {
	path := dbus.ObjectPath("/org/freedesktop/login1/session/_3" + s.ID)
	l.mu.Lock()
	_, known := l.all[path]
	if s.Gone {
		delete(l.all, path)
	} else {
		l.all[path] = s
	}
	l.mu.Unlock()
	signal := func(name string) {
		if err := l.bus.Emit("/org/freedesktop/login1", login1+".Manager."+name, s.ID, path); err != nil {
			l.t.Error(err)
		}
	}
	switch {
	case s.Gone:
		signal("SessionRemoved")
	case !known:
		if err := l.bus.Export(properties{l, path}, path, "org.freedesktop.DBus.Properties"); err != nil {
			l.t.Error(err)
		}
		signal("SessionNew")
	default:
		if err := l.bus.Emit(path, "org.freedesktop.DBus.Properties.PropertiesChanged", login1+".Session",
			map[string]dbus.Variant{"Active": dbus.MakeVariant(s.Active)}, []string{}); err != nil {
			l.t.Error(err)
		}
	}
}

func TestLogind(t *testing.T) {
	terminaltest.Run(t, func(t *testing.T) terminaltest.Stage {
		address := bus(t)
		t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
		l := newLogin(t, address)
		want := terminaltest.Desktop("1", "root", 0)
		l.put(want)
		w, err := terminal.Open(t.Context(), terminal.Options{Backend: "logind", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		if err != nil {
			t.Fatal(err)
		}
		return terminaltest.Stage{Watcher: w, Want: want, Put: l.put}
	})
}

func TestLogindThatIsNotThereIsUnsupported(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", bus(t)) // a bus without logind
	if w, err := terminal.Open(t.Context(), terminal.Options{Backend: "logind", Log: slog.Default()}); err == nil {
		w.Close()
		t.Error("opened")
	}
	w, err := terminal.Open(t.Context(), terminal.Options{Log: slog.Default()})
	if err != nil {
		t.Fatalf("nothing else was tried: %v", err)
	}
	w.Close()
}
