package terminal_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
)

// program runs a program with an environment, as another user if it is not 0.
func program(t *testing.T, uid uint32, env ...string) {
	t.Helper()
	cmd := exec.Command("/bin/sleep", "1000")
	cmd.Env, cmd.Dir = env, "/"
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// TestSurroundingsAreTheSessionsOwn: the cookie is where the user's programs in
// this very session have it.
func TestSurroundingsAreTheSessionsOwn(t *testing.T) {
	const display = ":4107" // nobody else's
	s := terminaltest.Desktop("session-of-this-test", "me", uint32(os.Geteuid()))
	s.Display, s.XAuthority, s.Bus, s.Usual = display, "/home/me/.Xauthority", "unix:path=/usual", true

	if got := terminal.Surroundings(s); got.XAuthority != s.XAuthority || got.Bus != s.Bus {
		t.Errorf("nothing runs there and still %q, %q", got.XAuthority, got.Bus)
	}
	program(t, 0, "DISPLAY="+display, "XAUTHORITY=relative")
	program(t, 0, "DISPLAY=:4108", "XAUTHORITY=/other/display")
	if os.Geteuid() == 0 {
		program(t, 65534, "DISPLAY="+display, "XAUTHORITY=/other/user", "XDG_SESSION_ID="+s.ID)
	}
	if got := terminal.Surroundings(s); got.XAuthority != s.XAuthority {
		t.Errorf("took %q", got.XAuthority)
	}
	program(t, 0, "DISPLAY="+display+".0", "XAUTHORITY=/run/by-display")
	if got := terminal.Surroundings(s); got.XAuthority != "/run/by-display" || got.Bus != s.Bus {
		t.Errorf("by display: %q, %q", got.XAuthority, got.Bus)
	}
	program(t, 0, "XDG_SESSION_ID="+s.ID, "XAUTHORITY=/run/by-session", "DBUS_SESSION_BUS_ADDRESS=unix:path=/bus",
		"LANG=de_DE.UTF-8", "LD_PRELOAD=/evil.so")
	got := terminal.Surroundings(s)
	if got.XAuthority != "/run/by-session" || got.Bus != "unix:path=/bus" || len(got.Locale) != 1 || got.Locale["LANG"] != "de_DE.UTF-8" {
		t.Errorf("by session: %+v", got)
	}
	s.Usual = false
	if got := terminal.Surroundings(s); got.XAuthority != s.XAuthority {
		t.Errorf("what is known was replaced by %q", got.XAuthority)
	}
}
