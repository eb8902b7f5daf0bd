package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/transport"
)

// machine is a device with a place for a bundle, and a service manager.
type machine struct {
	drop
	env     *env
	cancel  context.CancelCauseFunc
	manager *net.UnixConn
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	etc := filepath.Join(dir, "etc")
	if err := os.Mkdir(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { manager.Close() })
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "30000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	ctx, cancel := context.WithCancelCause(t.Context())
	m := &machine{env: &env{ctx: ctx, log: slog.New(slog.DiscardHandler)}, cancel: cancel, manager: manager}
	m.drop = drop{
		path: filepath.Join(etc, "enroll.bundle"), state: filepath.Join(dir, "state"), floor: filepath.Join(etc, "policy.toml"),
		note: newNotifier(m.env.log),
	}
	if _, there := os.LookupEnv("NOTIFY_SOCKET"); there {
		t.Error("children would get NOTIFY_SOCKET")
	}
	return m
}

// leave puts a bundle into its place.
func (m *machine) leave(t *testing.T, content []byte) {
	t.Helper()
	if err := os.WriteFile(m.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// files tells what is where the bundle was: the bundle, or what it became.
func (m *machine) files(t *testing.T, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(m.path))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, e := range entries {
		got[e.Name()] = true
	}
	for _, name := range want {
		if !got[name] {
			t.Errorf("no %s beside %v", name, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("there are %v, want %v", got, want)
	}
}

// hears waits for a message to the service manager.
func (m *machine) hears(t *testing.T, want string) {
	t.Helper()
	b := make([]byte, 1024)
	if err := m.manager.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for {
		n, err := m.manager.Read(b)
		if err != nil {
			t.Fatalf("no %s: %v", want, err)
		}
		if string(b[:n]) == want {
			return
		}
	}
}

func (b *broker) signed(change func(*transport.Bundle)) []byte {
	b.t.Helper()
	n := &transport.Bundle{
		Broker: b.server.Addr().String(), Pins: []transport.Pin{b.id.Pin()}, Organisation: "Example",
		Token: "token", Expires: time.Now().Add(time.Hour), Floor: "view_only = true\n",
	}
	if change != nil {
		change(n)
	}
	content, err := n.Sign(b.id)
	if err != nil {
		b.t.Fatal(err)
	}
	return content
}

func TestSilentInstall_BundleIsUsedOnce(t *testing.T) {
	b, m := newBroker(t), newMachine(t)
	if _, err := m.enrollment(m.env); !errors.Is(err, errNotEnrolled) {
		t.Fatalf("without a bundle: %v", err)
	}
	m.leave(t, b.signed(nil))
	en, err := m.enrollment(m.env)
	if err != nil || en.DeviceID != "d1" || en.Broker != b.server.Addr().String() {
		t.Fatalf("enrolled as %+v, %v", en, err)
	}
	m.files(t, "policy.toml")
	if text, err := os.ReadFile(m.floor); err != nil || string(text) != "view_only = true\n" {
		t.Errorf("policy %q, %v", text, err)
	}
	if again, err := m.enrollment(m.env); err != nil || again.DeviceID != "d1" {
		t.Errorf("next start: %+v, %v", again, err)
	}
	// Left once more, as configuration management does, and one of another broker.
	m.leave(t, b.signed(nil))
	if _, err := m.enrollment(m.env); err != nil {
		t.Error(err)
	}
	m.files(t, "policy.toml")
	m.leave(t, newBroker(t).signed(nil))
	if same, err := m.enrollment(m.env); err != nil || same.Broker != en.Broker {
		t.Errorf("another broker's bundle: %+v, %v", same, err)
	}
	m.files(t, "policy.toml", "enroll.bundle.refused")
}

func TestSilentInstall_OwnPolicyStays(t *testing.T) {
	b, m := newBroker(t), newMachine(t)
	const own = "remote_support = false\n"
	if err := os.WriteFile(m.floor, []byte(own), 0o644); err != nil {
		t.Fatal(err)
	}
	m.leave(t, b.signed(nil))
	if _, err := m.enrollment(m.env); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(m.floor); err != nil || string(text) != own {
		t.Errorf("policy %q, %v", text, err)
	}
	m.files(t, "policy.toml")
}

func TestSilentInstall_BadBundleIsKeptAside(t *testing.T) {
	b := newBroker(t)
	for name, content := range map[string][]byte{
		"NotSigned":    []byte("{}"),
		"Expired":      b.signed(func(n *transport.Bundle) { n.Expires = time.Now().Add(-time.Hour) }),
		"UnknownToken": b.signed(func(n *transport.Bundle) { n.Token = "another" }),
		"BadPolicy":    b.signed(func(n *transport.Bundle) { n.Floor = "view_onyl = true\n" }),
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.leave(t, content)
			if _, err := m.enrollment(m.env); exitCode(err) != exitRefused {
				t.Errorf("%v: exit code %d", err, exitCode(err))
			}
			m.files(t, "enroll.bundle.refused")
			if kept, err := os.ReadFile(m.path + refusedSuffix); err != nil || string(kept) != string(content) {
				t.Errorf("kept %d bytes of %d, %v", len(kept), len(content), err)
			}
			if _, err := transport.LoadEnrollment(m.state); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("enrollment: %v", err)
			}
		})
	}
	t.Run("OthersCanWriteIt", func(t *testing.T) {
		m := newMachine(t)
		m.leave(t, b.signed(nil))
		if err := os.Chmod(m.path, 0o622); err != nil {
			t.Fatal(err)
		}
		if _, err := m.enrollment(m.env); exitCode(err) != exitRefused {
			t.Errorf("%v", err)
		}
		m.files(t, "enroll.bundle.refused")
	})
}

func TestSilentInstall_WaitsForItsBroker(t *testing.T) {
	b, m := newBroker(t), newMachine(t)
	address := b.server.Addr().String()
	m.leave(t, b.signed(nil))
	b.server.Close()
	done := make(chan error, 1)
	go func() { _, err := m.enrollment(m.env); done <- err }()
	m.hears(t, "READY=1")
	m.hears(t, "STATUS=waiting for "+address+" to enroll with")
	m.hears(t, "WATCHDOG=1")
	stop := errors.New("stopped")
	m.cancel(stop)
	if err := receive(t, "end", done); !errors.Is(err, stop) {
		t.Errorf("ended with %v", err)
	}
	m.files(t, "enroll.bundle")
}
