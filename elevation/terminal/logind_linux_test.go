package terminal_test

import (
	"bufio"
	"cmp"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
)

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

func TestLogind(t *testing.T) {
	terminaltest.Run(t, func(t *testing.T) terminaltest.Stage {
		address := bus(t)
		t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
		l, err := terminaltest.NewLogin(address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		put := func(s terminal.Session) {
			if err := l.Put(s); err != nil {
				t.Error(err)
			}
		}
		want := terminaltest.Desktop("1", "root", 0)
		put(want)
		w, err := terminal.Open(t.Context(), terminal.Options{Backend: "logind", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		if err != nil {
			t.Fatal(err)
		}
		return terminaltest.Stage{Watcher: w, Want: want, Put: put}
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

// opened is a watcher of a played logind.
func opened(t *testing.T, backend string) (*terminaltest.Login, terminal.Watcher) {
	t.Helper()
	address := bus(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	l, err := terminaltest.NewLogin(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w, err := terminal.Open(t.Context(), terminal.Options{Backend: backend, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return l, w
}

// until waits for an event of a session.
func until(t *testing.T, w terminal.Watcher, is func(terminal.Session) bool) {
	t.Helper()
	for {
		select {
		case s, ok := <-w.Events():
			if !ok {
				t.Fatal("no events any more")
			}
			if is(s) {
				return
			}
		case <-t.Context().Done():
			t.Fatal("the event did not come")
		}
	}
}

// Lock and LogOff reach the session that was meant, and nobody else's; that it came about
// is an event. Who may not is told so.
func TestD13_LogindLocksAndLogsOff(t *testing.T) {
	l, w := opened(t, "logind")
	k := w.(terminal.Keeper)
	s := terminaltest.Desktop("1", "root", 0)
	put := func(s terminal.Session) {
		t.Helper()
		if err := l.Put(s); err != nil {
			t.Fatal(err)
		}
	}
	put(s)
	mallory := s
	mallory.UID = 1000
	none := s
	none.ID = "2"
	for _, wrong := range []terminal.Session{mallory, none} {
		if err := errors.Join(k.Lock(t.Context(), wrong), k.LogOff(t.Context(), wrong)); !errors.Is(err, terminal.ErrGone) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	l.Deny(true)
	if err := k.Lock(t.Context(), s); !errors.Is(err, terminal.ErrDenied) {
		t.Error(err)
	}
	l.Deny(false)
	if err := k.Lock(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	until(t, w, func(e terminal.Session) bool { return e.ID == "1" && e.Locked && !e.Gone })
	if err := k.LogOff(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	until(t, w, func(e terminal.Session) bool { return e.ID == "1" && e.Gone })
	if all, err := w.Sessions(); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
}

// A program that serves the session it runs in knows it by its environment, in the state
// that logind tells; other sessions are not its business.
func TestX9_OwnSessionHasTheSystemsState(t *testing.T) {
	for _, id := range []string{"7", ""} { // a display is enough to know it by
		t.Setenv("XDG_SESSION_ID", id)
		t.Setenv("DISPLAY", ":7.0")
		t.Setenv("WAYLAND_DISPLAY", "")
		t.Setenv("XAUTHORITY", "/somewhere")
		l, w := opened(t, "environment")
		one := func() terminal.Session {
			t.Helper()
			all, err := w.Sessions()
			if err != nil || len(all) != 1 {
				t.Fatalf("%v %v", all, err)
			}
			return all[0]
		}
		if s := one(); !s.Active || s.Away() || s.XAuthority != "/somewhere" {
			t.Errorf("before logind knows it: %+v", s)
		}
		me := terminal.Session{ID: "7", User: "me", UID: uint32(os.Getuid()), Display: ":7", Seat: "seat0", Active: true, Locked: true}
		other := terminaltest.Desktop("8", "other", me.UID)
		for _, s := range []terminal.Session{other, me} {
			if err := l.Put(s); err != nil {
				t.Fatal(err)
			}
		}
		until(t, w, func(e terminal.Session) bool { return e.ID == "7" })
		if s := one(); s.ID != cmp.Or(id, "own") || !s.Locked || s.Away() || s.Display != ":7.0" || s.XAuthority != "/somewhere" || !s.Graphical {
			t.Errorf("%+v", s)
		}
		me.Active, me.Locked = false, false
		if err := l.Put(me); err != nil {
			t.Fatal(err)
		}
		until(t, w, func(e terminal.Session) bool { return e.ID == "7" })
		if s := one(); !s.Away() || s.Locked {
			t.Errorf("%+v", s)
		}
		if err := w.(terminal.Keeper).LogOff(t.Context(), one()); err != nil {
			t.Fatal(err)
		}
		until(t, w, func(e terminal.Session) bool { return e.Gone })
		if all, err := w.Sessions(); err != nil || len(all) != 0 {
			t.Errorf("gone, and listed: %v %v", all, err)
		}
	}
}

// Whoever starts the program over a connection of their own, for a desktop that has none
// of its own, does not take that connection's state for the desktop's.
func TestX9_ALoginWithoutADesktopIsNotOurs(t *testing.T) {
	t.Setenv("XDG_SESSION_ID", "7")
	t.Setenv("DISPLAY", ":7")
	l, w := opened(t, "environment")
	ssh := terminal.Session{ID: "7", User: "me", UID: uint32(os.Getuid()), Remote: true, Locked: true}
	if err := l.Put(ssh); err != nil {
		t.Fatal(err)
	}
	until(t, w, func(e terminal.Session) bool { return e.ID == "7" })
	all, err := w.Sessions()
	if err != nil || len(all) != 1 || all[0].Locked || all[0].Remote {
		t.Errorf("%+v %v", all, err)
	}
}
