package broker

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/gate"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// raw sends a request exactly as written and returns the answer's status and head.
func raw(t *testing.T, addr, target, method string, header ...string) *http.Response {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	host := "Host: " + addr
	if i := slices.IndexFunc(header, func(h string) bool { return strings.HasPrefix(h, "Host:") }); i >= 0 {
		host, header = header[i], slices.Delete(slices.Clone(header), i, i+1)
	}
	lines := append([]string{method + " " + target + " HTTP/1.1", host, "Connection: close"}, header...)
	if method == http.MethodPost {
		lines = append(lines, "Content-Type: application/json", "Content-Length: 2")
	}
	if _, err := io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n\r\n{}"); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	_ = r.Body.Close()
	return r
}

func (n *bench) routeTable(t *testing.T) []gate.Route {
	t.Helper()
	g, ok := n.b.http.Handler.(*gate.Gate)
	if !ok {
		t.Fatal("no gate")
	}
	return g.Routes()
}

// Class A: without a cookie only the list of public routes answers, however the
// path is written.
func TestRoutesAreDeniedByDefault(t *testing.T) {
	n := newBench(t)
	addr := n.b.plain.Addr().String()
	public := map[string]bool{
		"/": true, "/sign-in": true, "/audit": true, "/devices/*": true, "/sessions/*": true,
		"/queue": true, "/requests": true, "/inventory": true, "/recordings": true, "/recordings/*": true, "/jump": true, "/explain": true,
		"/settings": true, "/settings/*": true, "/account": true, "/join": true,
		"/alongside.console.v1.SignInService/State": true, "/alongside.console.v1.SignInService/Setup": true,
		"/alongside.console.v1.SignInService/SignIn": true,
		"/alongside.console.v1.GuestService/State":   true, "/alongside.console.v1.GuestService/Redeem": true,
		"/portal": true, "/portal/client/*": true, "/portal/logo": true,
	}
	for _, m := range []string{"DescribePortal", "BeginChat", "WatchChat", "SayChat", "AcknowledgeChat", "TypeChat", "DeclineClient", "FetchClient", "LeaveChat"} {
		public["/alongside.console.v1.PortalService/"+m] = true
	}
	checked := 0
	for _, r := range n.routeTable(t) {
		if r.Public != (public[r.Path] || strings.HasPrefix(r.Path, "/assets/")) {
			t.Errorf("%s: public is %v", r.Path, r.Public)
		}
		path := strings.Replace(r.Path, "*", "0a1b", 1)
		for _, method := range []string{"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"} {
			for name, target := range map[string]string{
				"plain": path, "slash": path + "/", "more": path + "/x", "semicolon": path + ";a", "encoded slash": path + "%2f",
				"dots": path + "/%2e%2e", "double": "/" + path, "case": strings.ToUpper(path), "dot": "/." + path,
				"backslash": path + "%5c", "encoded": "/%61" + strings.TrimPrefix(path, "/"), "nul": path + "%00",
				"absolute": "http://" + addr + path, "question": path + "?a=b",
			} {
				s := raw(t, addr, target, method, "X-HTTP-Method-Override: POST").StatusCode
				checked++
				refused := s == 401 || s == 403 || s == 404 || s == 405 || s == 400
				same := name == "plain" || name == "absolute" || name == "question" || target == path || name == "more" && public[path+"/*"]
				if !r.Public && !refused || r.Public && !refused && !same {
					t.Errorf("%s %s (%s): %d", method, target, name, s)
				}
			}
		}
	}
	for _, target := range []string{"/metrics", "/debug/pprof/", "/setup", "/api", "/index.html", "/assets/", "/assets", "/devices/", "/devices/a/b"} {
		if s := raw(t, addr, target, "GET").StatusCode; s != 404 {
			t.Errorf("%s: %d", target, s)
		}
	}
	t.Logf("%d requests", checked)
}

// Class E: another host's name, another site's page.
func TestHostAndOrigin(t *testing.T) {
	n := newBench(t)
	addr := n.b.plain.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	const state = "/alongside.console.v1.SignInService/State"
	for host, want := range map[string]int{
		addr: 200, "localhost:" + port: 200, "LOCALHOST:" + port: 200,
		"localhost": 421, "evil.example": 421, "evil.example:" + port: 421, "127.0.0.1:1": 421,
		"localhost." + ":" + port: 421, "127.0.0.1.evil.example:" + port: 421,
	} {
		if s := raw(t, addr, state, "POST", "Host: "+host).StatusCode; s != want {
			t.Errorf("Host %s: %d, want %d", host, s, want)
		}
	}
	rob := n.rep("rob")
	cookie := "Cookie: " + account.CookieName + "=" + rob.cookie
	upgrade := []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", cookie}
	for origin, want := range map[string]int{
		"http://" + addr: 101, "": 403, "null": 403, "https://" + addr: 403, "http://localhost:" + port: 403,
		"http://127.0.0.1:444": 403, "http://sub.localhost:" + port: 403, "http://" + addr + ".evil.example": 403,
		"http://" + addr + "@evil.example": 403, "http://" + addr + "/": 403,
	} {
		h := slices.Clone(upgrade)
		if origin != "" {
			h = append(h, "Origin: "+origin)
		}
		if s := rawUpgrade(t, addr, h); s != want {
			t.Errorf("WebSocket from %q: %d, want %d", origin, s, want)
		}
	}
	// A page of another site calls with the rep's cookie.
	for _, h := range [][]string{{"Origin: https://evil.example"}, {"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"}} {
		if s := raw(t, addr, "/alongside.console.v1.SignInService/SignOut", "POST", append(h, cookie)...).StatusCode; s != 403 {
			t.Errorf("call from another site %v: %d", h, s)
		}
	}
	if s := raw(t, addr, "/alongside.console.v1.InventoryService/ListDevices", "POST", cookie).StatusCode; s != 200 {
		t.Errorf("the rep's own call: %d", s)
	}
}

func rawUpgrade(t *testing.T, addr string, header []string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "GET /viewer/ws HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n", addr, strings.Join(header, "\r\n")); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	return r.StatusCode
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	n := newBench(t)
	addr := n.b.plain.Addr().String()
	for _, target := range []string{"/", "/assets/app.js", "/nothing", "/viewer/ws"} {
		h := raw(t, addr, target, "GET").Header
		csp := h.Get("Content-Security-Policy")
		for _, bad := range []string{"unsafe-inline", "'unsafe-eval'", "*", "http:"} {
			if strings.Contains(csp, bad) {
				t.Errorf("%s: policy %q", target, csp)
			}
		}
		if !strings.Contains(csp, "default-src 'none'") || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Cross-Origin-Opener-Policy") != "same-origin" || h.Get("Referrer-Policy") != "no-referrer" ||
			h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", target, h)
		}
	}
	csp := raw(t, addr, "/", "GET").Header.Get("Content-Security-Policy")
	for _, want := range []string{"frame-ancestors 'none'", "require-trusted-types-for 'script'", "connect-src 'self' https://" + n.b.public()} {
		if !strings.Contains(csp, want) {
			t.Errorf("page policy %q lacks %q", csp, want)
		}
	}
}

func TestFiftySetupsMakeOneAdmin(t *testing.T) {
	n := &bench{t: t, data: t.TempDir() + "/data"}
	n.start("127.0.0.1:0", "127.0.0.1:0")
	t.Cleanup(func() { n.stop() })
	v := n.visitor()
	if r, err := v.signIn.State(t.Context(), connect.NewRequest(&apipb.StateRequest{})); err != nil || !r.Msg.SetupNeeded {
		t.Fatalf("%v, %v", r, err)
	}
	_, err := v.signIn.Setup(t.Context(), connect.NewRequest(&apipb.SetupRequest{Secret: "guess", Name: "eve", DisplayName: "Eve", Password: password}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	secret := n.b.Setup.Reveal()
	for i := range 40 { // the address may try 50 times in a row
		wg.Go(func() {
			_, err := n.visitor().signIn.Setup(t.Context(), connect.NewRequest(&apipb.SetupRequest{
				Secret: secret, Name: fmt.Sprintf("admin%d", i), DisplayName: "Admin", Password: password, Organisation: "Example",
			}))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if code(err) != wirepb.ErrorCode_ERROR_CODE_NOT_FOUND {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if created := len(n.records(action("account.create"))); won != 1 || created != 1 {
		t.Fatalf("%d setups succeeded, %d accounts", won, created)
	}
	if r, err := n.visitor().signIn.State(t.Context(), connect.NewRequest(&apipb.StateRequest{})); err != nil || r.Msg.SetupNeeded || r.Msg.Organisation != "Example" {
		t.Fatalf("%v, %v", r, err)
	}
	if s := raw(t, n.b.plain.Addr().String(), "/alongside.console.v1.SignInService/Setup", "POST").StatusCode; s != 404 {
		t.Fatalf("setup after setup: %d", s)
	}
}

func TestSignInsAreLimitedAndTellNothing(t *testing.T) {
	n := newBench(t)
	try := func(name string) (wirepb.ErrorCode, string) {
		_, err := n.visitor().signIn.SignIn(t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: name, Password: "wrong password"}))
		return code(err), err.Error()
	}
	known, knownText := try("rob")
	unknown, unknownText := try("nobody")
	if known != wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED || known != unknown || knownText != unknownText {
		t.Fatalf("%v %q, %v %q", known, knownText, unknown, unknownText)
	}
	evaluated := 0
	for range 30 {
		c, _ := try("rob")
		if c == wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED {
			evaluated++
		} else if c != wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED {
			t.Fatal(c)
		}
	}
	if evaluated != 9 {
		t.Errorf("%d guesses of one account were evaluated", evaluated)
	}
	n.rep("ada") // others can still sign in
	for i := range 100 {
		if c, _ := try(fmt.Sprintf("user%d", i)); c == wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED {
			if i > 45 {
				t.Errorf("%d accounts were tried from one address", i)
			}
			return
		}
	}
	t.Error("an address may try accounts without end")
}

func TestSignInsRunOut(t *testing.T) {
	n := newBench(t)
	idle, long := n.rep("rob"), n.rep("ria")
	list := func(c *client) error {
		_, err := c.inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{}))
		return err
	}
	for passed := time.Duration(0); passed < account.Lifetime-time.Hour; passed += 20 * time.Minute {
		n.advance(20 * time.Minute)
		if err := list(long); err != nil {
			t.Fatalf("in use for %v: %v", passed, err)
		}
	}
	wantCode(t, list(idle), wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	for range 6 {
		n.advance(20 * time.Minute)
		_ = list(long)
	}
	wantCode(t, list(long), wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	old := n.rep("rob")
	before := old.cookie
	if _, err := old.signIn.SignIn(t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: "rob", Password: password})); err != nil {
		t.Fatal(err)
	}
	if old.cookie == before {
		t.Fatal("the id was not changed at sign-in")
	}
	old.cookie = before
	wantCode(t, list(old), wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
}

func TestNoSecretIsKeptOrShown(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	b := n.token(1)
	for _, secret := range []string{rob.cookie, b.Token, password} {
		for _, r := range n.records(func(store.Record) bool { return true }) {
			if strings.Contains(fmt.Sprint(r), secret) {
				t.Errorf("record %d holds a secret", r.Seq)
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%08.3f"} {
		for _, of := range []any{account.Secret("x1y2"), struct{ S account.Secret }{"x1y2"}} {
			if s := fmt.Sprintf(verb, of); strings.Contains(s, "x1y2") || strings.Contains(s, hex.EncodeToString([]byte("x1y2"))) {
				t.Errorf("%s: %s", verb, s)
			}
		}
	}
}
