package terminal_test

import (
	"testing"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
)

// The handed session stands for what the system lists of the same user under that
// name, as long as it does; who only calls theirs the same is somebody else.
func TestV3_HandedSessionIsKnownBetter(t *testing.T) {
	own := terminaltest.Desktop("1", "alice", 1000)
	own.Display, own.XAuthority = ":7", "/somewhere"
	one := func(w terminal.Watcher, want int) terminal.Session {
		t.Helper()
		all, err := w.Sessions()
		if err != nil || len(all) != want {
			t.Fatalf("%v %v", all, err)
		}
		for _, s := range all {
			if s.ID == "1" && s.UID == 1000 {
				return s
			}
		}
		return terminal.Session{}
	}
	if got := one(terminal.Handed(own, nil), 1); got.Display != ":7" {
		t.Errorf("%+v", got)
	}
	listed := terminaltest.Desktop("1", "alice", 1000)
	listed.Locked, listed.Display = true, ""
	script := terminaltest.NewScript(listed, terminaltest.Desktop("2", "bob", 1001))
	w := terminal.Handed(own, script)
	defer w.Close()
	if got := one(w, 2); got.Display != ":7" || got.XAuthority != "/somewhere" || !got.Locked {
		t.Errorf("%+v", got)
	}
	nameless := own
	nameless.ID = "own"
	unnamed := terminaltest.Desktop("5", "alice", 1000)
	unnamed.Display = ":7.0"
	script3 := terminaltest.NewScript(unnamed, terminaltest.Desktop("2", "bob", 1001))
	w3 := terminal.Handed(nameless, script3)
	defer w3.Close()
	if all, err := w3.Sessions(); err != nil || len(all) != 2 || all[0].ID != "own" && all[1].ID != "own" {
		t.Errorf("one screen is listed twice: %v %v", all, err)
	}
	other := terminaltest.Desktop("1", "mallory", 1005)
	other.Display = ":7"
	script2 := terminaltest.NewScript(other)
	w2 := terminal.Handed(own, script2)
	defer w2.Close()
	if got := one(w2, 2); got.User != "alice" {
		t.Errorf("%+v", got)
	}
}
