package confine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// asRole names the folder in which this test program is a role that confines itself.
const asRole = "CONFINE_TEST_ROLE"

// threads are those of a role that are there before it confines itself.
const threads = 4

func TestMain(m *testing.M) {
	if dir := os.Getenv(asRole); dir != "" {
		role(dir, os.Getenv(asRole+"_KEEPS") != "")
		return
	}
	if len(os.Getenv(asOldProgram)) != 0 {
		oldProgram()
		return
	}
	os.Exit(m.Run())
}

// role confines itself and says how each try went, one on a line.
func role(dir string, keeps bool) {
	up, confined, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	for n := range threads {
		go func() {
			runtime.LockOSThread()
			up <- struct{}{}
			<-confined
			say(fmt.Sprint("thread ", n), func() error { return os.WriteFile(filepath.Join(dir, "thread"), nil, 0o600) })
			done <- struct{}{}
		}()
		<-up
	}
	if err := Role(Needs{Network: keeps, Files: keeps}); err != nil {
		fmt.Printf("confine: %v\n", err)
		return
	}
	close(confined)
	for range threads {
		<-done
	}
	say("read", func() error { _, err := os.ReadFile(filepath.Join(dir, "there")); return err })
	say("write", func() error { return os.WriteFile(filepath.Join(dir, "there"), []byte("x"), 0o600) })
	say("create", func() error { return os.WriteFile(filepath.Join(dir, "new"), nil, 0o600) })
	say("rename", func() error { return os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "newer")) })
	say("remove", func() error { return os.Remove(filepath.Join(dir, "old")) })
	say("link", func() error { return os.Symlink("there", filepath.Join(dir, "link")) })
	say("mode", func() error { return os.Chmod(filepath.Join(dir, "there"), 0o640) })
	say("run", func() error { return syscall.Exec("/bin/true", []string{"true"}, nil) })
	say("start", func() error { return exec.CommandContext(context.Background(), "/bin/true").Run() })
	say("trace", func() error { return unix.PtraceAttach(os.Getppid()) })
	say("namespace", func() error { return unix.Unshare(unix.CLONE_NEWUTS) })
	say("tcp", func() error { return dial("tcp", os.Getenv(asRole+"_TCP")) })
	say("udp", func() error { return dial("udp", os.Getenv(asRole+"_TCP")) })
	say("display", func() error { return dial("unix", filepath.Join(dir, "display")) })
	say("abstract", func() error { return dial("unix", "@"+filepath.Join(dir, "display")) })
	say("listen", func() error { _, err := net.Listen("unix", filepath.Join(dir, "socket")); return err })
	say("memory", func() error {
		fd, err := unix.MemfdCreate("m", 0)
		if err == nil {
			_, err = unix.Write(fd, []byte("x"))
		}
		return err
	})
}

func dial(network, address string) error {
	c, err := net.Dial(network, address)
	if err == nil {
		err = c.Close()
	}
	return err
}

// say tells how a try went.
func say(what string, f func() error) {
	how := "ok"
	if err := f(); errors.Is(err, syscall.EPERM) {
		how = "refused"
	} else if err != nil {
		how = err.Error()
	}
	fmt.Printf("%s: %s\n", what, how)
}

// A role reads files, has memory and reaches its display, and nothing else that it does
// not need; not from threads that were there before, either.
func TestD16_ARoleKeepsWhatItNeeds(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		t.Run(fmt.Sprintf("keeps=%t", keeps), func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range []string{"there", "old"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("before"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			tcp := listen(t, "tcp", "127.0.0.1:0")
			listen(t, "unix", filepath.Join(dir, "display"))
			listen(t, "unix", "@"+filepath.Join(dir, "display"))
			me, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), me)
			cmd.Env = append(os.Environ(), asRole+"="+dir, asRole+"_TCP="+tcp)
			kept := "refused"
			if keeps {
				cmd.Env = append(cmd.Env, asRole+"_KEEPS=1")
				kept = "ok"
			}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			got := map[string]string{}
			for line := range strings.Lines(string(out)) {
				name, how, _ := strings.Cut(strings.TrimSpace(line), ": ")
				got[name] = how
			}
			want := map[string]string{
				"read": "ok", "memory": "ok", "display": "ok", "abstract": "ok",
				"write": kept, "create": kept, "rename": kept, "remove": kept, "link": kept, "mode": kept, "tcp": kept, "udp": kept,
				"run": "refused", "start": "refused", "trace": "refused", "namespace": "refused", "listen": "refused",
			}
			for n := range threads {
				want[fmt.Sprint("thread ", n)] = kept
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if b, err := os.ReadFile(filepath.Join(dir, "there")); err != nil || (string(b) == "before") == keeps {
				t.Errorf("the file is %q, %v", b, err)
			}
		})
	}
}

// listen takes connections at an address until the test ends.
func listen(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}
