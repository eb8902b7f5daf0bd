package ipc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// nobody is a user that everything has.
const nobody = 65534

// TestMain is also the program of another user: with a socket's path it sends a
// consent answer there and prints what it is answered.
func TestMain(m *testing.M) {
	if path := os.Getenv("IPC_TEST_FORGE"); path != "" {
		fmt.Print(forge(path))
		return
	}
	os.Exit(m.Run())
}

func answer() *ipcpb.FromTray {
	return &ipcpb.FromTray{Kind: &ipcpb.FromTray_Answer{Answer: &ipcpb.ConsentAnswer{Nonce: []byte("guess")}}}
}

func forge(path string) string {
	res, err := raw(path, answer())
	if err != nil {
		return "error: " + err.Error()
	}
	return res.Code.String()
}

// raw sends any message to the endpoint.
func raw(path string, m proto.Message) (*ipcpb.LocalResponse, error) {
	nc, err := net.Dial("unix", path)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	c := New(nc, nc)
	_ = c.Send(m) // it may be refused before it is read
	res := &ipcpb.LocalResponse{}
	_, _, err = c.Receive(res)
	return res, err
}

type handler struct {
	mu     sync.Mutex
	opened int
	button []byte
	asked  int
}

func (*handler) Allow(p Peer) bool { return p.UID == uint32(os.Geteuid()) && p.PID > 0 }

func (h *handler) Open(_ context.Context, _ Peer, button []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opened++
	h.button = button
	return nil
}

func (h *handler) Status(context.Context, Peer) (*ipcpb.TrayStatus, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	return &ipcpb.TrayStatus{Organisation: "Example"}, nil
}

func (h *handler) untouched(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.opened+h.asked != 0 {
		t.Errorf("a verb was done: %d opens, %d status", h.opened, h.asked)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// serve runs an endpoint where every user can reach it.
func serve(t *testing.T) (path string, h *handler, log *syncBuffer) {
	t.Helper()
	top, err := os.MkdirTemp("", "ipc") //nolint:usetesting // t.TempDir is below a directory of mode 0700
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(top, "run", "service.sock")
	h, log = &handler{}, &syncBuffer{}
	e, err := Listen(path, h, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("serve: %v", err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("socket left behind: %v", err)
		}
	})
	return path, h, log
}

func TestC3_ForgedAnswerFromAnotherUserIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NEEDS ROOT, for a process of another user: not proved in this run")
	}
	path, h, log := serve(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The test binary is below a directory that only we can read.
	program := filepath.Join(filepath.Dir(filepath.Dir(path)), "forge")
	copyFile(t, program, self)
	cmd := exec.Command(program)
	cmd.Env = []string{"IPC_TEST_FORGE=" + path}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := string(out); got != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN.String() {
		t.Errorf("the forger was told %s", got)
	}
	h.untouched(t)
	if l := log.String(); !strings.Contains(l, fmt.Sprint("uid=", nobody)) || !strings.Contains(l, "refused") {
		t.Errorf("log: %s", l)
	}
}

func TestC3_ForgedAnswerFromTheSameUserIsRefused(t *testing.T) {
	path, h, _ := serve(t)
	res, err := raw(path, answer())
	if err != nil || res.Ok || res.Code != wirepb.ErrorCode_ERROR_CODE_MALFORMED {
		t.Errorf("%v, %v", res, err)
	}
	h.untouched(t)
}

func TestOnlyTheTwoVerbsAreDone(t *testing.T) {
	path, h, _ := serve(t)
	res, err := Call(t.Context(), path, &ipcpb.LocalRequest{Kind: &ipcpb.LocalRequest_Status{Status: &ipcpb.LocalStatus{}}})
	if err != nil || res.Status.Organisation != "Example" {
		t.Errorf("status: %v, %v", res, err)
	}
	if _, err := Call(t.Context(), path, &ipcpb.LocalRequest{Kind: &ipcpb.LocalRequest_Open{Open: &ipcpb.LocalOpen{}}}); err != nil {
		t.Errorf("open: %v", err)
	}
	if h.opened != 1 || h.asked != 1 {
		t.Errorf("%d opens, %d status", h.opened, h.asked)
	}
	if _, err := Call(t.Context(), path, &ipcpb.LocalRequest{}); !errors.Is(err, ErrNotAVerb) {
		t.Errorf("empty: %v", err)
	}
	// More than the limit: the endpoint hangs up.
	if _, err := raw(path, &ipcpb.Notice{Detail: strings.Repeat("x", maxLocal)}); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("oversized: %v", err)
	}
	if h.opened != 1 || h.asked != 1 {
		t.Errorf("%d opens, %d status", h.opened, h.asked)
	}
}

func TestOneInstanceAtATime(t *testing.T) {
	path, _, _ := serve(t)
	if _, err := Listen(path, &handler{}, slog.Default()); !errors.Is(err, ErrEndpointInUse) {
		t.Errorf("second instance: %v", err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "service.sock")
	l, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if _, err := Call(t.Context(), path, &ipcpb.LocalRequest{}); !errors.Is(err, ErrNoService) {
		t.Errorf("nobody there: %v", err)
	}
	again, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestJ_PreparedDirectoryIsRefused(t *testing.T) {
	for name, prepare := range map[string]func(dir string) error{
		"writable by others": func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777))
		},
		"a link":     func(dir string) error { return os.Symlink(os.TempDir(), dir) },
		"a file":     func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"of another": func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, nobody, nobody)) },
	} {
		dir := filepath.Join(t.TempDir(), "run")
		if err := prepare(dir); err != nil {
			t.Fatal(err)
		}
		if l, err := listen(filepath.Join(dir, "service.sock")); err == nil {
			l.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

func copyFile(t *testing.T, to, from string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o755); err != nil {
		t.Fatal(err)
	}
}
