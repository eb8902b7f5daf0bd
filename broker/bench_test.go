package broker

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/guest"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	password = "a password for tests"
	patience = time.Minute // for what takes milliseconds, on a busy machine
)

// bench is a running broker with an administrator and a rep.
type bench struct {
	t    *testing.T
	data string
	mu   sync.Mutex
	skew time.Duration
	b    *Broker
	stop func()
	conf func(*Config) // changes the configuration; nil: does not
}

func newBench(t *testing.T) *bench {
	t.Helper()
	n := &bench{t: t, data: filepath.Join(t.TempDir(), "data")}
	files, err := furnished()
	if err == nil {
		err = files.put(n.data)
	}
	if err != nil {
		t.Fatal(err)
	}
	n.start("127.0.0.1:0", "127.0.0.1:0")
	t.Cleanup(func() { n.stop() })
	return n
}

// start runs a broker on the bench's data folder until stop.
func (n *bench) start(listen, plain string) {
	n.t.Helper()
	c := Config{
		Data: n.data, Listen: listen, Plain: plain, Log: slog.New(slog.NewTextHandler(n.t.Output(), nil)), Now: n.now,
	}
	if n.conf != nil {
		n.conf(&c)
	}
	b, err := Open(n.t.Context(), c)
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	n.b = b
	n.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			n.t.Errorf("run: %v", err)
		}
	})
}

// restart stops the broker and starts it on the same ports.
func (n *bench) restart() {
	n.t.Helper()
	listen, plain := n.b.agents.Addr().String(), n.b.plain.Addr().String()
	n.stop()
	n.start(listen, plain)
}

func (n *bench) now() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Now().Add(n.skew)
}

// advance moves the broker's clock.
func (n *bench) advance(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.skew += d
}

// client is a signed-in rep.
type client struct {
	base      string
	http      *http.Client
	cookie    string
	guest     string // cookie of an external rep
	signIn    apipbconnect.SignInServiceClient
	inventory apipbconnect.InventoryServiceClient
	session   apipbconnect.SessionServiceClient
	live      apipbconnect.LiveServiceClient
	audit     apipbconnect.AuditServiceClient
}

// RoundTrip sends the cookie, as a browser does also without TLS on a loopback.
func (c *client) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, value := range map[string]string{account.CookieName: c.cookie, guest.CookieName: c.guest} {
		if value != "" {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	a, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		for _, k := range a.Cookies() {
			switch k.Name {
			case account.CookieName:
				c.cookie = k.Value
			case guest.CookieName:
				c.guest = k.Value
			}
		}
	}
	return a, err
}

func (n *bench) visitor() *client {
	c := &client{base: "http://" + n.b.plain.Addr().String()}
	c.http = &http.Client{Transport: c}
	c.signIn = apipbconnect.NewSignInServiceClient(c.http, c.base)
	c.inventory = apipbconnect.NewInventoryServiceClient(c.http, c.base)
	c.session = apipbconnect.NewSessionServiceClient(c.http, c.base)
	c.live = apipbconnect.NewLiveServiceClient(c.http, c.base)
	c.audit = apipbconnect.NewAuditServiceClient(c.http, c.base)
	return c
}

func (n *bench) rep(name string) *client {
	n.t.Helper()
	c := n.visitor()
	if _, err := c.signIn.SignIn(n.t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: name, Password: password})); err != nil {
		n.t.Fatal(err)
	}
	return c
}

// token makes a bundle's content.
func (n *bench) token(uses uint32) *transport.Bundle {
	n.t.Helper()
	a, err := n.rep("ada").inventory.CreateEnrollmentToken(n.t.Context(),
		connect.NewRequest(&apipb.CreateEnrollmentTokenRequest{Uses: uses}))
	if err != nil {
		n.t.Fatal(err)
	}
	b, err := transport.ParseBundle([]byte(a.Msg.Bundle), time.Now())
	if err != nil {
		n.t.Fatal(err)
	}
	return b
}

// records lists what the audit log says, oldest first.
func (n *bench) records(match func(store.Record) bool) []store.Record {
	n.t.Helper()
	all, err := n.b.store.Records(n.t.Context(), store.RecordFilter{Limit: 10_000})
	if err != nil {
		n.t.Fatal(err)
	}
	var found []store.Record
	for i := len(all) - 1; i >= 0; i-- {
		if match(all[i]) {
			found = append(found, all[i])
		}
	}
	return found
}

func action(name string) func(store.Record) bool {
	return func(r store.Record) bool { return r.Action == name }
}

// start asks for a session.
func (c *client) start(t *testing.T, device string) *apipb.Session {
	t.Helper()
	a, err := c.session.Start(t.Context(), connect.NewRequest(&apipb.StartRequest{DeviceId: device, Path: "inventory"}))
	if err != nil {
		t.Fatal(err)
	}
	return a.Msg.Session
}

func (c *client) get(t *testing.T, id string) *apipb.Session {
	t.Helper()
	a, err := c.session.Get(t.Context(), connect.NewRequest(&apipb.GetRequest{Id: id}))
	if err != nil {
		t.Fatal(err)
	}
	return a.Msg.Session
}

// code is the ErrorDetail's code of an API error.
func code(err error) wirepb.ErrorCode {
	var ce *connect.Error
	if !errors.As(err, &ce) {
		return -1
	}
	for _, d := range ce.Details() {
		if v, err := d.Value(); err == nil {
			if e, ok := v.(*apipb.ErrorDetail); ok {
				return e.Code
			}
		}
	}
	return -2
}

func wantCode(t *testing.T, err error, want wirepb.ErrorCode) {
	t.Helper()
	if got := code(err); got != want {
		t.Fatalf("%v: code %v, want %v", err, got, want)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

func (n *bench) phase(c *client, id string, want apipb.SessionPhase) *apipb.Session {
	n.t.Helper()
	var s *apipb.Session
	eventually(n.t, want.String(), func() bool { s = c.get(n.t, id); return s.Phase == want })
	return s
}
