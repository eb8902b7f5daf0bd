package elevation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/alongside-remote/alongside/elevation/terminal"
)

const nobody = 65534

// report is what a started process says of itself.
type report struct {
	Args     []string
	Env      []string
	UID, GID int
	Groups   []int
	Files    []string // what descriptors 3 and up are
	Cores    uint64
	Group    bool // leads its process group
	Dir      string
	PID      int
	Child    int
}

// TestMain is also the started role: it reports about itself on descriptor 4
// and stays until descriptor 3 closes.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "helper":
		role()
	case os.Getenv("ELEVATION_TEST_PARENT") != "":
		parent()
	default:
		os.Exit(m.Run())
	}
}

func role() {
	signal.Ignore(syscall.SIGTERM)
	r := report{Args: os.Args[1:], Env: os.Environ(), UID: os.Geteuid(), GID: os.Getegid(), Group: unix.Getpgrp() == os.Getpid(), PID: os.Getpid()}
	r.Groups, _ = os.Getgroups()
	r.Dir, _ = os.Getwd()
	for fd := 3; fd < 64; fd++ {
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil {
			// The runtime's own are marked for nobody else.
			if f, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); f&unix.FD_CLOEXEC == 0 {
				r.Files = append(r.Files, strconv.Itoa(fd))
			}
		}
	}
	var lim unix.Rlimit
	_ = unix.Getrlimit(unix.RLIMIT_CORE, &lim)
	r.Cores = lim.Cur
	child := exec.Command("/bin/sleep", "1000")
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // when the role is killed alone
	if child.Start() == nil {
		r.Child = child.Process.Pid
	}
	fmt.Fprintln(os.Stderr, "log line")
	_ = json.NewEncoder(os.NewFile(4, "out")).Encode(r)
	_, _ = io.Copy(io.Discard, os.NewFile(3, "in"))
}

// parent launches a role, says so, and stays.
func parent() {
	in, _, out, w := pipes()
	p, err := Launch(context.Background(), Spec{Session: own(), Args: []string{"helper"}, Files: []*os.File{in, w}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var r report
	_ = json.NewDecoder(out).Decode(&r)
	fmt.Println(p.PID())
	select {}
}

func pipes() (in, inW, outR, out *os.File) {
	in, inW, _ = os.Pipe()
	outR, out, _ = os.Pipe()
	return in, inW, outR, out
}

func own() terminal.Session {
	return terminal.Session{
		User: "me", UID: uint32(os.Geteuid()), GID: uint32(os.Getegid()), Home: "/home/me", Display: ":77",
		XAuthority: "/home/me/.Xauthority", RuntimeDir: "/run/user/1", Bus: "unix:path=/run/user/1/bus",
		Locale: map[string]string{"LANG": "C.UTF-8", "LC_ALL": "C", "LD_PRELOAD": "/evil.so"},
	}
}

// launched starts a role and reads its report.
func launched(t *testing.T, s Spec) (*Process, report, *os.File) {
	t.Helper()
	in, inW, outR, out := pipes()
	s.Files = []*os.File{in, out}
	p, err := Launch(t.Context(), s)
	in.Close()
	out.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Kill(); <-p.Done(); inW.Close(); outR.Close() })
	var r report
	if err := json.NewDecoder(outR).Decode(&r); err != nil {
		t.Fatal(err)
	}
	return p, r, inW
}

func TestD18_EnvironmentIsScrubbed(t *testing.T) {
	for _, k := range []string{"LD_PRELOAD", "GODEBUG", "SSLKEYLOGFILE", "HTTPS_PROXY", "SECRET"} {
		t.Setenv(k, "")
	}
	t.Setenv("GODEBUG", "netdns=go")
	t.Setenv("SECRET", "1")
	_, r, _ := launched(t, Spec{Session: own(), Args: []string{"helper", "--log-level=debug"}})
	want := []string{
		"PATH=" + fixedPath, "HOME=/home/me", "USER=me", "LOGNAME=me", "DISPLAY=:77", "XAUTHORITY=/home/me/.Xauthority",
		"XDG_RUNTIME_DIR=/run/user/1", "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1/bus", "LANG=C.UTF-8", "LC_ALL=C",
	}
	slices.Sort(want)
	slices.Sort(r.Env)
	if !slices.Equal(r.Env, want) {
		t.Errorf("environment %q\n       want %q", r.Env, want)
	}
	if r.Cores != 0 || !r.Group || r.Dir != "/" || !slices.Equal(r.Args, []string{"helper", "--log-level=debug"}) {
		t.Errorf("report %+v", r)
	}
}

func TestOnlyTheNamedFilesAreInherited(t *testing.T) {
	// One that a careless library, or whoever started the service, left inheritable.
	fd, err := unix.Open("/dev/null", unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	_, r, _ := launched(t, Spec{Session: own(), Args: []string{"helper"}})
	if !slices.Equal(r.Files, []string{"3", "4"}) {
		t.Errorf("inherited %v", r.Files)
	}
}

func TestRunsAsTheSessionsUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NEEDS ROOT, to start processes of another user: not proved in this run")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The test binary is below a directory that only root can read.
	for d := filepath.Dir(self); d != "/" && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s := own()
	s.UID, s.GID = nobody, nobody
	_, r, _ := launched(t, Spec{Session: s, Args: []string{"helper"}})
	if r.UID != nobody || r.GID != nobody || slices.Contains(r.Groups, 0) {
		t.Errorf("runs as %d:%d %v", r.UID, r.GID, r.Groups)
	}
	s.UID = 4242 // has no account
	if _, err := Launch(t.Context(), Spec{Session: s, Args: []string{"helper"}}); err == nil {
		t.Error("started for a user that does not exist")
	}
}

func TestOnlyRolesAreStarted(t *testing.T) {
	for _, args := range [][]string{nil, {}, {"sh"}, {"helper", "-c"}, {"service"}, {"helper", "--log-level=debug;id"}} {
		if _, err := Launch(t.Context(), Spec{Session: own(), Args: args}); !errors.Is(err, ErrNotARole) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestKillTakesEverythingAlong(t *testing.T) {
	p, r, _ := launched(t, Spec{Session: own(), Args: []string{"helper"}})
	if r.Child == 0 {
		t.Fatal("no child to begin with")
	}
	p.Kill()
	var exit *exec.ExitError
	if err := p.Wait(); !errors.As(err, &exit) {
		t.Errorf("wait: %v", err)
	}
	gone(t, r.Child)
}

func TestEndSweepsWhatWasLeft(t *testing.T) {
	p, r, in := launched(t, Spec{Session: own(), Args: []string{"helper"}})
	in.Close() // the order to end
	if err := p.Wait(); err != nil {
		t.Errorf("wait: %v", err)
	}
	gone(t, r.Child)
}

func TestContextEndsTheProcess(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, _, outR, out := pipes()
	var log bytes.Buffer
	p, err := Launch(ctx, Spec{Session: own(), Args: []string{"helper"}, Files: []*os.File{in, out}, Output: &log})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(outR).Decode(&report{}); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-p.Done()
	if !strings.Contains(log.String(), "log line") {
		t.Errorf("output %q", log.String())
	}
}

func TestProcessDiesWithItsParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = []string{"ELEVATION_TEST_PARENT=1"}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	gone(t, pid)
}

// gone waits until a process that is not our child has ended.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(b), ") Z ") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("process %d is still there", pid)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
