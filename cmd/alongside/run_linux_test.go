package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const patience = 30 * time.Second

// TestMain is also the program itself, in every role.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-test.") {
		main()
		return
	}
	os.Exit(m.Run())
}

// broker is as much of one as a link needs.
type broker struct {
	t      *testing.T
	id     *transport.Identity
	server *transport.Server
	refuse wirepb.ErrorCode // answers every hello

	hellos chan *wirepb.Hello
	caps   chan *wirepb.CapabilityReport
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{t: t, hellos: make(chan *wirepb.Hello, 8), caps: make(chan *wirepb.CapabilityReport, 64)}
	var err error
	if b.id, err = transport.NewIdentity(); err != nil {
		t.Fatal(err)
	}
	b.server, err = transport.Listen(transport.ServerConfig{Addr: "127.0.0.1:0", Identity: b.id, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	wg.Go(func() {
		for {
			l, err := b.server.Accept(ctx)
			if err != nil {
				return
			}
			wg.Go(func() { b.serve(ctx, l) })
		}
	})
	t.Cleanup(func() { cancel(); b.server.Close(); wg.Wait() })
	return b
}

func (b *broker) serve(ctx context.Context, l transport.Link) {
	defer l.Close(nil)
	s, _, err := l.Accept(ctx)
	if err != nil {
		return
	}
	for {
		m := &wirepb.AgentMessage{}
		if wire.ReadControl(s, m) != nil {
			return
		}
		var answer *wirepb.BrokerMessage
		key := b.id.Public()
		switch k := m.Kind.(type) {
		case *wirepb.AgentMessage_Enroll:
			answer = &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Enrolled{Enrolled: &wirepb.Enrolled{Version: 1, DeviceId: "d1", Organisation: "Example", GrantKey: key}}}
			if err := transport.VerifyEnroll(l, k.Enroll.Token, k.Enroll.Proof); err != nil || k.Enroll.Token != "token" {
				answer = &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Refusal{Refusal: &wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID}}}
			}
		case *wirepb.AgentMessage_Hello:
			answer = &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Welcome{Welcome: &wirepb.Welcome{
				Version: 1, Organisation: "Example", HeartbeatIntervalMs: 5000, ServerTimeUnixMs: time.Now().UnixMilli(), GrantKey: ed25519.PublicKey(key),
			}}}
			if b.refuse != 0 {
				answer = &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Refusal{Refusal: &wirepb.Refusal{Code: b.refuse}}}
			}
			b.hellos <- k.Hello
		case *wirepb.AgentMessage_Heartbeat:
			answer = &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Heartbeat{Heartbeat: k.Heartbeat}}
		case *wirepb.AgentMessage_Capabilities:
			b.caps <- k.Capabilities
			continue
		default:
			continue
		}
		if wire.WriteControl(s, answer) != nil {
			return
		}
	}
}

func (b *broker) bundle() string {
	b.t.Helper()
	content, err := (&transport.Bundle{
		Broker: b.server.Addr().String(), Pins: []transport.Pin{b.id.Pin()}, Organisation: "Example",
		Token: "token", Expires: time.Now().Add(time.Hour),
	}).Sign(b.id)
	if err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join(b.t.TempDir(), "enroll.alongside")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return file
}

type program struct {
	cmd *exec.Cmd
	log bytes.Buffer
}

// alongside is the program with arguments, not started.
func alongside(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: exec.Command(self, args...)}
	p.cmd.Env = env
	p.cmd.Stderr, p.cmd.Stdout = &p.log, &p.log
	p.cmd.WaitDelay = time.Second
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	t.Cleanup(func() {
		if p.cmd.Process != nil && p.cmd.ProcessState == nil {
			_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
			_ = p.cmd.Wait()
		}
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	return p
}

func (p *program) run(t *testing.T) (code int, out string) {
	t.Helper()
	err := p.cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode(), p.log.String()
}

// family lists a process and all that descend from it.
func family(t *testing.T, pid int) []int {
	t.Helper()
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[i]))
		for _, f := range tasks {
			b, _ := os.ReadFile(f)
			for _, c := range strings.Fields(string(b)) {
				n, err := strconv.Atoi(c)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, n)
			}
		}
	}
	return all
}

func receive[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case x := <-c:
		return x
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

func TestL7_NothingIsLeftWhenRunEnds(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			server := x11test.Start(t, "640x400x24")
			b := newBroker(t)
			home := t.TempDir()
			state := filepath.Join(home, "state")
			env := []string{"HOME=" + home, "DISPLAY=" + server.Display, "PATH=" + os.Getenv("PATH")}
			p := alongside(t, env, "run", "--state", state, "--bundle", b.bundle(), "--log-level", "debug")
			if err := p.cmd.Start(); err != nil {
				t.Fatal(err)
			}
			receive(t, "hello", b.hellos)
			for {
				c := receive(t, "working screen and prompt", b.caps)
				if c.Screen.Reason == wirepb.Reason_REASON_OK && c.Input.Reason == wirepb.Reason_REASON_OK && c.Consent.Reason == wirepb.Reason_REASON_OK {
					if len(c.Monitors) != 1 || c.Monitors[0].Width != 640 {
						t.Errorf("monitors %v", c.Monitors)
					}
					break
				}
			}
			if code, out := alongside(t, env, "status", "--state", state).run(t); code != exitOK || !strings.Contains(out, "link: online") || !strings.Contains(out, "organisation: Example") {
				t.Errorf("status %d: %s", code, out)
			}
			if code, out := alongside(t, env, "run", "--state", state).run(t); code != exitRunning {
				t.Errorf("second instance %d: %s", code, out)
			}
			pids := family(t, p.cmd.Process.Pid)
			if len(pids) < 3 {
				t.Errorf("%d processes, want service, helper and tray", len(pids))
			}
			if err := p.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := p.cmd.Wait(); err != nil {
				t.Errorf("run ended with %v", err)
			}
			for _, pid := range pids {
				if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
					t.Errorf("process %d is still there: %v", pid, err)
				}
			}
			if _, err := os.Stat(endpointOf(state)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("socket: %v", err)
			}
			if code, _ := alongside(t, env, "status", "--state", state).run(t); code != exitNoService {
				t.Errorf("status after the end: %d", code)
			}
		})
	}
}

func TestExitCodesTellWhatToDo(t *testing.T) {
	b := newBroker(t)
	b.refuse = wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED
	home := t.TempDir()
	state := filepath.Join(home, "state")
	env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	bad := filepath.Join(home, "bad")
	if err := os.WriteFile(bad, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		args []string
	}{
		{exitOK, []string{"version"}},
		{exitOK, []string{"--help"}},
		{exitUsage, []string{"bogus"}},
		{exitUsage, []string{"enroll"}},
		{exitFailed, []string{"helper"}},
		{exitFailed, []string{"tray"}},
		{exitNotEnrolled, []string{"run", "--state", state}},
		{exitNotEnrolled, []string{"service", "--state", state}},
		{exitRefused, []string{"enroll", "--state", state, "--bundle", bad}},
		{exitOK, []string{"enroll", "--state", state, "--bundle", b.bundle()}},
		{exitOK, []string{"enroll", "--state", state, "--bundle", b.bundle()}}, // once more is no harm
		{exitNotEnrolled, []string{"run", "--state", state}},                   // the broker forgot us
	} {
		if code, out := alongside(t, env, c.args...).run(t); code != c.code {
			t.Errorf("%q: exit code %d, want %d: %s", c.args, code, c.code, out)
		}
	}
}
