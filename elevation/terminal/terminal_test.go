package terminal_test

import (
	"log/slog"
	"os"
	"testing"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
)

func TestScript(t *testing.T) {
	terminaltest.Run(t, func(*testing.T) terminaltest.Stage {
		want := terminaltest.Desktop("1", "alice", 1000)
		s := terminaltest.NewScript(want)
		return terminaltest.Stage{Watcher: s, Want: want, Put: s.Put}
	})
}

func TestEnvironment(t *testing.T) {
	t.Setenv("DISPLAY", ":42")
	t.Setenv("XDG_SESSION_ID", "c7")
	t.Setenv("WAYLAND_DISPLAY", "")
	terminaltest.Run(t, func(t *testing.T) terminaltest.Stage {
		w, err := terminal.Open(t.Context(), terminal.Options{Backend: "environment", Log: slog.Default()})
		if err != nil {
			t.Fatal(err)
		}
		all, err := w.Sessions()
		if err != nil || len(all) != 1 || all[0].UID != uint32(os.Geteuid()) {
			t.Fatalf("%+v, %v", all, err)
		}
		return terminaltest.Stage{Watcher: w, Want: terminal.Session{
			ID: "c7", User: all[0].User, UID: uint32(os.Geteuid()), Display: ":42", Graphical: true,
		}}
	})
}

func TestFrontIsThePersonAtTheScreen(t *testing.T) {
	at := func(id string, edit func(s *terminal.Session)) terminal.Session {
		s := terminaltest.Desktop(id, "u"+id, 1000)
		edit(&s)
		return s
	}
	local := at("5", func(*terminal.Session) {})
	remote := at("1", func(s *terminal.Session) { s.Remote = true })
	back := at("2", func(s *terminal.Session) { s.Active = false })
	greeter := at("3", func(s *terminal.Session) { s.Greeter = true })
	away := at("4", func(s *terminal.Session) { s.Seat, s.Active = "seat0", false })
	text := at("0", func(s *terminal.Session) { s.Graphical = false })
	gone := at("0", func(s *terminal.Session) { s.Gone = true })
	for want, all := range map[string][]terminal.Session{
		"5": {greeter, back, remote, text, gone, local},
		"1": {greeter, back, remote, text},
		"2": {greeter, back, text},
		"3": {away, greeter, text, gone},
		"4": {away, text},
		"":  {text, gone},
	} {
		if s, ok := terminal.Front(all); s.ID != want || ok != (want != "") {
			t.Errorf("in front is %q, want %q", s.ID, want)
		}
	}
}
