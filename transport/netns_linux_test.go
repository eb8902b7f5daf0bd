package transport_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/alongside-remote/alongside/transport"
)

// These tests need root: they put the agent and the broker into a network
// namespace each, joined by a pair of veth interfaces, and break the path between
// them as the world does. The whole test process is started again in the agent's
// namespace, so that nothing of the machine's own network is touched.

const (
	inNamespace = "ALONGSIDE_TEST_NETNS"
	brokerIP    = "10.231.0.2"
)

// namespaces runs the rest of the calling test in a namespace of its own; in the
// process outside it returns false.
func namespaces(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		return true
	}
	needRoot(t)
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "unshare", "--net", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	out, err := cmd.CombinedOutput()
	t.Logf("in its namespace:\n%s", out)
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in its namespace: %v", err)
	}
	return false
}

// world is the two namespaces; the process is in the agent's.
type world struct{ jobs chan func() }

// newWorld makes the broker's namespace on a thread of its own and joins both.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{jobs: make(chan func())}
	ready := make(chan error)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // and never unlocked: the thread ends with its namespace
		ready <- unix.Unshare(unix.CLONE_NEWNET)
		for f := range w.jobs {
			f()
		}
	}()
	if err := <-ready; err != nil {
		t.Fatalf("unshare: %v", err)
	}
	t.Cleanup(func() { close(w.jobs); <-ended })
	var there string
	w.broker(func() { there = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid()) })
	run(t, "ip", "link", "add", "agent0", "type", "veth", "peer", "name", "broker0", "netns", there)
	run(t, "ip", "addr", "add", "10.231.0.1/24", "dev", "agent0")
	run(t, "ip", "link", "set", "agent0", "up")
	w.broker(func() {
		run(t, "ip", "addr", "add", brokerIP+"/24", "dev", "broker0")
		run(t, "ip", "link", "set", "broker0", "up")
		// Routing rules of ours come before the local table, so that they can
		// drop what comes in: no packet filter is needed.
		run(t, "ip", "rule", "add", "pref", "100", "lookup", "local")
		run(t, "ip", "rule", "del", "pref", "0")
	})
	return w
}

// block drops or rejects what comes in to the broker and matches; the function
// that it returns ends that.
func (w *world) block(t *testing.T, verdict string, match ...string) (lift func()) {
	t.Helper()
	rule := func(verb string) []string {
		return append(append([]string{"rule", verb, "pref", "10"}, match...), verdict)
	}
	w.broker(func() { run(t, "ip", rule("add")...) })
	return func() { w.broker(func() { run(t, "ip", rule("del")...) }) }
}

// broker runs f in the broker's namespace: sockets and processes it makes stay there.
func (w *world) broker(f func()) {
	done := make(chan struct{})
	w.jobs <- func() { defer close(done); f() }
	<-done
}

func (w *world) listen(t *testing.T) (s *transport.Server, id *transport.Identity) {
	t.Helper()
	id = identity(t)
	var err error
	w.broker(func() {
		s, err = transport.Listen(transport.ServerConfig{Addr: brokerIP + ":0", Identity: id, Log: quiet()})
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, id
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

func TestTrap_NetnsUDPBlocked(t *testing.T) {
	if !namespaces(t) {
		return
	}
	w := newWorld(t)
	s, id := w.listen(t)
	for _, verdict := range []string{"blackhole", "unreachable", "prohibit"} {
		lift := w.block(t, verdict, "iif", "broker0", "ipproto", "udp")
		d := dialer(t, s, id.Pin())
		begin := time.Now()
		agent, broker := linked(t, s, d)
		took := time.Since(begin)
		t.Logf("%s: linked over %s after %v", verdict, agent.Info().Transport, took)
		if agent.Info().Transport != transport.WSS || took > 2*time.Second {
			t.Errorf("%s: linked over %s after %v", verdict, agent.Info().Transport, took)
		}
		echo(t, agent, broker)
		// When UDP works again, so does QUIC, though WSS starts beside it.
		lift()
		agent.Close(nil)
		d.Transport = transport.QUIC
		agent, broker = linked(t, s, d)
		echo(t, agent, broker)
	}
}

func TestTrap_NetnsLinkFlapOf3sKeepsTheConnection(t *testing.T) {
	if !namespaces(t) {
		return
	}
	w := newWorld(t)
	s, id := w.listen(t)
	d := dialer(t, s, id.Pin())
	d.Transport = transport.QUIC
	agent, broker := linked(t, s, d)
	at, from := echo(t, agent, broker)
	flapped(t, agent, at, from,
		func() { run(t, "ip", "link", "set", "agent0", "down") }, // no route any more: ENETUNREACH
		func() { run(t, "ip", "link", "set", "agent0", "up") })
	// The other end's route goes as well, and the agent comes back elsewhere.
	flapped2(t, w, agent, broker)
}

// flapped2 takes the broker's interface down and gives the agent a new address.
func flapped2(t *testing.T, w *world, agent, broker transport.Link) {
	t.Helper()
	at, from := echo(t, agent, broker)
	flapped(t, agent, at, from,
		func() {
			w.broker(func() { run(t, "ip", "link", "set", "broker0", "down") })
			run(t, "ip", "addr", "del", "10.231.0.1/24", "dev", "agent0")
		},
		func() {
			w.broker(func() { run(t, "ip", "link", "set", "broker0", "up") })
			run(t, "ip", "addr", "add", "10.231.0.7/24", "dev", "agent0")
		})
	if broker.Cause() != nil {
		t.Errorf("broker's end: %v", broker.Cause())
	}
}

func TestTrap_NetnsHalfOpenPeerIsNoticed(t *testing.T) {
	if !namespaces(t) {
		return
	}
	w := newWorld(t)
	s, id := w.listen(t)
	var links []transport.Link
	for _, kind := range []string{transport.QUIC, transport.WSS} {
		d := dialer(t, s, id.Pin())
		d.Transport = kind
		agent, broker := linked(t, s, d)
		echo(t, agent, broker)
		links = append(links, broker, agent)
	}
	begin := time.Now()
	defer w.block(t, "blackhole", "iif", "broker0")()
	var work sync.WaitGroup
	for _, l := range links {
		work.Go(func() {
			select {
			case <-l.Done():
				t.Logf("%s: noticed after %v: %v", l.Info().Transport, time.Since(begin), l.Cause())
			case <-time.After(2 * patience):
				t.Errorf("%s: not noticed", l.Info().Transport)
			}
		})
	}
	work.Wait()
}
