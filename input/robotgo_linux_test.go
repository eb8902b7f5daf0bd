//go:build robotgo && linux && cgo

package input_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/input/inputtest"
)

func openRobotgo(t *testing.T, d *inputtest.XDesk) input.Injector {
	t.Helper()
	t.Setenv("DISPLAY", d.Server.Display)
	in, err := input.Open(t.Context(), input.Options{Backend: "robotgo", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

func TestRobotgoConformance(t *testing.T) {
	inputtest.Run(t, func(t *testing.T) (input.Injector, inputtest.Desk) {
		d := inputtest.NewXDesk(t, "us", true)
		return openRobotgo(t, d), d
	})
}

// TestRobotgoText measures what docs/adr/0003-input-backends.md tells of: what
// robotgo makes of text. On ru alone the first Latin letter ends the process.
func TestRobotgoText(t *testing.T) {
	for _, c := range []struct{ layout, text, arrives string }{
		{"us", "Hello, World! 100% user@example.com", "Hello, World! 100% user@example.com"},
		{"us", "äöüß€ éèçàù Привет 漢字", "äöüß€ éèçàù Привет 漢字"},
		{"us", "a😀b", "ab"},
		{"de", "Hello, World! 100% user@example.com", "Hello, World! 100% userQexample.com"},
		{"fr", "Hello, World! 100% user@example.com", "Hello, World§ &àà% user0example;com"},
		{"fr", "äöüß€ éèçàù Привет 漢字", "äöüß€ éèçàù Привет 漢字"},
	} {
		t.Run("", func(t *testing.T) {
			d := inputtest.NewXDesk(t, c.layout, true)
			in := openRobotgo(t, d)
			put(t, in, text(c.text))
			put(t, in, inputtest.Tap(enter, "")...)
			inputtest.Wait(t, func() bool { return strings.HasSuffix(d.Text(), "\r") })
			if got := strings.TrimSuffix(d.Text(), "\r"); got != c.arrives {
				t.Errorf("on %s %q arrived as %q, not %q", c.layout, c.text, got, c.arrives)
			}
		})
	}
}
