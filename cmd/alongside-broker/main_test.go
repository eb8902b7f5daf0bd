package main

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
)

const (
	asMain   = "ALONGSIDE_BROKER_TEST_AS_MAIN"
	password = "a password for tests"
	patience = time.Minute
)

// TestMain is the command itself when a test starts it so.
func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(t *testing.T, data string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], append([]string{"--data", data}, args...)...)
	c.Env = append(os.Environ(), asMain+"=1")
	return c
}

func do(t *testing.T, data, stdin string, args ...string) (string, error) {
	t.Helper()
	c := command(t, data, args...)
	c.Stdin = strings.NewReader(stdin)
	out, err := c.CombinedOutput()
	return string(out), err
}

// serve starts a broker and returns what its ready line says.
func serve(t *testing.T, data string) (*exec.Cmd, map[string]string, *bufio.Reader) {
	t.Helper()
	c := command(t, data, "serve", "--listen", "127.0.0.1:0", "--plain", "127.0.0.1:0")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	rest := bufio.NewReader(out)
	line, err := rest.ReadString('\n')
	if err != nil {
		t.Fatalf("no ready line: %v", err)
	}
	words := strings.Fields(line)
	if len(words) == 0 || words[0] != "ready" {
		t.Fatalf("first line %q", line)
	}
	ready := map[string]string{}
	for _, w := range words[1:] {
		k, v, _ := strings.Cut(w, "=")
		ready[k] = v
	}
	return c, ready, rest
}

type withCookie string

func (c withCookie) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Cookie", account.CookieName+"="+string(c))
	return http.DefaultTransport.RoundTrip(r)
}

func signIn(t *testing.T, base string) apipbconnect.InventoryServiceClient {
	t.Helper()
	a, err := apipbconnect.NewSignInServiceClient(http.DefaultClient, base).
		SignIn(t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: "ada", Password: password}))
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := http.ParseSetCookie(a.Header().Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	return apipbconnect.NewInventoryServiceClient(&http.Client{Transport: withCookie(cookie.Value)}, base)
}

// passwordsSuffice has the organisation demand no second factor.
func passwordsSuffice(t *testing.T, data string) {
	t.Helper()
	if out, err := do(t, data, "", "account", "mfa", "mandatory", "off"); err != nil {
		t.Fatal(out, err)
	}
}

// No audit record that was acknowledged is lost when the broker is killed.
func TestKilledBrokerLosesNoAcknowledgedRecord(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if out, err := do(t, data, password+"\n", "account", "create", "--name", "ada", "--display-name", "Ada", "--admin"); err != nil {
		t.Fatal(out, err)
	}
	passwordsSuffice(t, data)
	acknowledged := 0
	for range 4 {
		c, ready, _ := serve(t, data)
		api := signIn(t, ready["console"])
		var mu sync.Mutex
		enough := make(chan struct{})
		round := 0
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					if _, err := api.CreateEnrollmentToken(t.Context(), connect.NewRequest(&apipb.CreateEnrollmentTokenRequest{})); err != nil {
						return // killed
					}
					mu.Lock()
					round++
					if round == 40 {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		select {
		case <-enough:
		case <-time.After(patience):
			t.Error("too slow")
		}
		if err := c.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		acknowledged += round
		out, err := do(t, data, "", "audit", "verify")
		if err != nil || !strings.Contains(out, "the chain is whole") {
			t.Fatal(out, err)
		}
	}
	s, err := store.Open(t.Context(), filepath.Join(data, "broker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	created, err := s.Records(t.Context(), store.RecordFilter{Query: "enrollment.create", Limit: 1 << 20})
	if err != nil || len(created) < acknowledged {
		t.Fatalf("%d records of %d acknowledged, %v", len(created), acknowledged, err)
	}
	t.Logf("%d acknowledged, %d recorded", acknowledged, len(created))
}

func TestCommandsBesideARunningBroker(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	c, ready, rest := serve(t, data)
	secret, err := os.ReadFile(filepath.Join(data, "setup-secret"))
	if err != nil || len(secret) < 40 {
		t.Fatalf("%d bytes, %v", len(secret), err)
	}
	passwordFile := filepath.Join(dir, "password")
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := do(t, data, "", "account", "create", "--name", "bob", "--display-name", "Bob", "--password-file", passwordFile); err == nil {
		t.Fatalf("the first account is no administrator: %s", out)
	}
	if out, err := do(t, data, "", "account", "create", "--name", "ada", "--display-name", "Ada", "--admin", "--password-file", passwordFile); err != nil {
		t.Fatal(out, err)
	}
	passwordsSuffice(t, data)
	if _, err := os.Stat(filepath.Join(data, "setup-secret")); !os.IsNotExist(err) {
		t.Fatalf("the setup secret is still there: %v", err)
	}
	signIn(t, ready["console"])
	file := filepath.Join(dir, "bundle.json")
	if out, err := do(t, data, "", "enrollment", "create", "--uses", "2", "--valid", "1h", "--out", file); err != nil {
		t.Fatal(out, err)
	}
	b, err := transport.LoadBundle(file, time.Now())
	if err != nil || b.Broker != ready["agents"] || b.Pins[0].String() != ready["pin"] {
		t.Fatalf("%+v, %v", b, err)
	}
	if out, err := do(t, data, "", "device", "list"); err != nil || !strings.HasPrefix(out, "ID") {
		t.Fatal(out, err)
	}
	if out, err := do(t, data, "", "device", "revoke", "nothing"); err == nil {
		t.Fatal(out)
	}
	if out, err := do(t, data, "", "version"); err != nil || !strings.HasPrefix(out, "alongside-broker") {
		t.Fatal(out, err)
	}

	// A planned stop is quick and says nothing more on stdout.
	begun := time.Now()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	more, _ := rest.ReadString('\n')
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case err := <-done:
		if err != nil || more != "" {
			t.Fatalf("stop: %v, stdout %q", err, more)
		}
	case <-ctx.Done():
		t.Fatal("the broker did not stop")
	}
	t.Logf("stopped in %v", time.Since(begun).Round(time.Millisecond))
}

func TestPlainIsForLoopbackOnly(t *testing.T) {
	out, err := do(t, filepath.Join(t.TempDir(), "data"), "", "serve", "--listen", "127.0.0.1:0", "--plain", "0.0.0.0:0")
	if err == nil || !strings.Contains(out, "loopback") {
		t.Fatal(out, err)
	}
}
