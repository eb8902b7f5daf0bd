package input_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/input/inputtest"
)

// TestX4_TextArrivesInGTK types into a toolkit that reads the keyboard map its
// own way and composes by itself.
func TestX4_TextArrivesInGTK(t *testing.T) {
	path, err := exec.LookPath("zenity")
	if err != nil {
		t.Fatal("zenity is not installed: run `make deps`")
	}
	typeIntoGTK(t, path, func(put func(), _ *os.Process) { put() })
}

// TestX4_ABusyProgramGetsWhatWasTyped: a program that does nothing for a while reads keys
// late. None may have got another meaning by then.
func TestX4_ABusyProgramGetsWhatWasTyped(t *testing.T) {
	path, err := exec.LookPath("zenity")
	if err != nil {
		t.Fatal("zenity is not installed: run `make deps`")
	}
	typeIntoGTK(t, path, func(put func(), program *os.Process) {
		const busy = time.Second // several times what programs are given that do not tell
		if err := program.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		wakes := time.AfterFunc(busy, func() { _ = program.Signal(syscall.SIGCONT) })
		defer wakes.Stop()
		put()
	})
}

// typeIntoGTK types more odd characters than there are empty keys into an entry, and
// compares what the program read.
func typeIntoGTK(t *testing.T, path string, around func(put func(), program *os.Process)) {
	t.Helper()
	want := every()
	d := inputtest.NewXDesk(t, "de", false)
	cmd := exec.Command(path, "--entry", "--text=x")
	cmd.Env = append(d.Server.Env(), "LC_ALL=C.UTF-8", "NO_AT_BRIDGE=1", "GTK_IM_MODULE=gtk-im-context-simple")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	focusFirst(t, d)
	in := open(t, d)
	around(func() { put(t, in, text(want)) }, cmd.Process)
	put(t, in, events{}.tap(equal, "").tap(keyE, "").tap(enter, "")...)
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(inputtest.Patience):
		t.Fatal("the program did not take Enter")
	}
	if got := strings.TrimSuffix(out.String(), "\n"); got != want+"é" {
		t.Errorf("arrived %q\n want    %q", got, want+"é")
	}
}

// focusFirst waits for a program's window and gives it the keyboard, as a window
// manager does.
func focusFirst(t *testing.T, d *inputtest.XDesk) {
	t.Helper()
	inputtest.Wait(t, func() bool {
		tree, err := xproto.QueryTree(d.Conn.Conn, d.Conn.Root).Reply()
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range tree.Children {
			a, err := xproto.GetWindowAttributes(d.Conn.Conn, w).Reply()
			if err == nil && a.MapState == xproto.MapStateViewable && a.Class == xproto.WindowClassInputOutput {
				return xproto.SetInputFocusChecked(d.Conn.Conn, xproto.InputFocusParent, w, 0).Check() == nil
			}
		}
		return false
	})
}
