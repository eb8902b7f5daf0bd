package terminal_test

import (
	"bufio"
	"log/slog"
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
