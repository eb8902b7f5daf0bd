package broker

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/go-jose/go-jose/v4"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/oidc"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	clientID     = "alongside"
	clientSecret = "a secret & of the client" // has to be escaped
)

// idp is an OpenID Connect provider over TLS: discovery, keys, the authorization
// endpoint and the token endpoint, strict in what it takes. It signs in whoever
// comes as its claims say, which tests bend.
type idp struct {
	t   *testing.T
	srv *httptest.Server
	key *rsa.PrivateKey

	mu     sync.Mutex
	codes  map[string]url.Values // what was asked with each code that is not redeemed
	claims map[string]any
	info   map[string]any              // what the UserInfo endpoint says
	bend   func(claims map[string]any) // of the next tokens
	signer *rsa.PrivateKey             // nil: its own
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{t: t, key: k, codes: map[string]url.Values{}, claims: map[string]any{
		"sub": "4711", "preferred_username": "Olga", "name": "Olga Operator", "email": "olga@example.com", "groups": []string{"staff", "helpdesk"},
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": p.srv.URL, "authorization_endpoint": p.srv.URL + "/authorize", "token_endpoint": p.srv.URL + "/token", "jwks_uri": p.srv.URL + "/keys",
			"userinfo_endpoint":        p.srv.URL + "/userinfo",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer x" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(p.info)
	})
	p.srv = httptest.NewTLSServer(mux)
	t.Cleanup(p.srv.Close)
	return p
}

func (p *idp) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Path != oidc.CallbackPath || q.Get("client_id") != clientID || q.Get("response_type") != "code" ||
		!strings.Contains(" "+q.Get("scope")+" ", " openid ") || q.Get("state") == "" || q.Get("nonce") == "" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.srv.URL}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(why string) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": why})
	}
	id, secret, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	if id != clientID || secret != clientSecret {
		refuse("invalid_client")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	q, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != q.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
		refuse("invalid_grant")
		return
	}
	claims := map[string]any{
		"iss": p.srv.URL, "aud": clientID, "nonce": q.Get("nonce"), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	for k, v := range p.claims {
		claims[k] = v
	}
	if p.bend != nil {
		p.bend(claims)
	}
	key := p.key
	if p.signer != nil {
		key = p.signer
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		p.t.Error(err)
		return
	}
	b, _ := json.Marshal(claims)
	signed, err := s.Sign(b)
	if err != nil {
		p.t.Error(err)
		return
	}
	token, _ := signed.CompactSerialize()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token})
}

// file writes the broker's configuration for this provider.
func (p *idp) file() string {
	p.t.Helper()
	dir := p.t.TempDir()
	write := func(name string, b []byte) string {
		f := filepath.Join(dir, name)
		if err := os.WriteFile(f, b, 0o600); err != nil {
			p.t.Fatal(err)
		}
		return f
	}
	b, err := json.Marshal(oidc.Config{
		Name: "Example", Issuer: p.srv.URL, ClientID: clientID, ClientSecretFile: write("secret", []byte(clientSecret+"\n")),
		CAFile:     write("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.srv.Certificate().Raw})),
		RolesClaim: "groups", Roles: map[string]string{"helpdesk": policy.Representative, "audit": policy.Auditor, "it": policy.Administrator},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return write("oidc.json", b)
}

// browser keeps cookies and follows nobody by itself.
type browser struct {
	t       *testing.T
	http    *http.Client
	cookies map[string]string
}

func (p *idp) browser() *browser {
	c := p.srv.Client()
	return &browser{p.t, &http.Client{
		Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, map[string]string{}}
}

// to opens an address and returns where it leads.
func (b *browser) to(address string) string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	for k, v := range b.cookies {
		// What is Strict does not come along from another site.
		if k != account.CookieName {
			r.AddCookie(&http.Cookie{Name: k, Value: v})
		}
	}
	a, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer a.Body.Close()
	for _, c := range a.Cookies() {
		if !c.Secure || !c.HttpOnly || (c.SameSite != http.SameSiteStrictMode) == (c.Name == account.CookieName) {
			b.t.Errorf("cookie %v", c)
		}
		b.cookies[c.Name] = c.Value
	}
	if a.StatusCode/100 != 3 {
		body, _ := io.ReadAll(a.Body)
		b.t.Fatalf("%s: %s %s", address, a.Status, body)
	}
	l, err := a.Location()
	if err != nil {
		b.t.Fatal(err)
	}
	return l.String()
}

func TestOIDC(t *testing.T) {
	p := newIDP(t)
	n := newBench(t)
	n.conf = func(c *Config) { c.OIDC = p.file() }
	n.restart()
	base := "http://" + n.b.plain.Addr().String()
	if s := must[apipb.StateResponse](t)(n.visitor().signIn.State(t.Context(), connect.NewRequest(&apipb.StateRequest{}))); s.OidcName != "Example" {
		t.Fatal(s)
	}
	home := func(b *browser) *client {
		c := n.visitor()
		c.cookie = b.cookies[account.CookieName]
		return c
	}
	there := func(b *browser) string { return b.to(b.to(base + oidc.StartPath)) }
	state := func(b *browser) *apipb.StateResponse {
		return must[apipb.StateResponse](t)(home(b).signIn.State(t.Context(), connect.NewRequest(&apipb.StateRequest{})))
	}
	signIn := func() (*browser, string) {
		b := p.browser()
		return b, b.to(there(b))
	}

	b, at := signIn()
	if at != base+"/" {
		t.Fatal(at)
	}
	rob := must[apipb.StateResponse](t)(n.rep("rob").signIn.State(t.Context(), connect.NewRequest(&apipb.StateRequest{}))).Rep
	if s := state(b); s.Rep.GetName() != "olga" || s.Rep.DisplayName != "Olga Operator" || s.Rep.Admin ||
		!slices.Contains(s.Rep.Permissions, "session.start") || !slices.Equal(s.Rep.Permissions, rob.Permissions) {
		t.Fatal(s)
	}
	// The same subject is the same account, whatever else it says; roles follow.
	p.claims["groups"], p.claims["preferred_username"] = "audit", "rob"
	again, _ := signIn()
	if s, was := state(again), state(b); s.Rep.Id != was.Rep.Id || s.Rep.Name != "olga" || strings.Contains(strings.Join(s.Rep.Permissions, " "), "session.start") {
		t.Fatal(s)
	}
	// Another subject of a name that is taken is another account, never that one.
	p.claims["sub"], p.claims["email"] = "4712", "rob@example.com"
	other, _ := signIn()
	if s := state(other); !strings.HasPrefix(s.Rep.GetName(), "rob-") {
		t.Fatal(s)
	}
	// There is no password to guess, and none to be given.
	_, err := n.visitor().signIn.SignIn(t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: "olga"}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED)
	fresh := "another password"
	err = n.rep("ada").update(t.Context(), &apipb.UpdateAccountRequest{Id: state(b).Rep.Id, Password: &fresh})
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)

	const failed = "/sign-in?failed=sign_in_failed"
	refused := func(what string, b *browser, at string) {
		t.Helper()
		if at != base+failed || b.cookies[account.CookieName] != "" {
			t.Errorf("%s: led to %s", what, at)
		}
	}
	// No role, no sign-in; and who had one has none any more.
	p.claims["groups"] = []string{"staff"}
	b2, at := signIn()
	refused("without a role", b2, at)
	_, err = home(other).inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{}))
	if err != nil {
		t.Error(err) // anybody may who is signed in
	}
	_, err = home(other).audit.ListAudit(t.Context(), connect.NewRequest(&apipb.ListAuditRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	p.claims["groups"] = []string{"helpdesk"}

	// Another browser's answer, one's own twice, one without what was asked.
	mine, yours := p.browser(), p.browser()
	back := there(mine)
	refused("without a cookie", yours, yours.to(back))
	there(yours)
	refused("another browser's", yours, yours.to(back))
	if at := mine.to(back); at != base+"/" {
		t.Fatal(at)
	}
	delete(mine.cookies, account.CookieName)
	refused("a second time", mine, mine.to(back))
	late := p.browser()
	back = there(late)
	n.advance(6 * time.Minute)
	refused("too late", late, late.to(back))
	n.advance(-6 * time.Minute)
	for what, change := range map[string]func(url.Values){
		"state":      func(q url.Values) { q.Set("state", "x") },
		"two states": func(q url.Values) { q.Add("state", q.Get("state")) },
		"issuer":     func(q url.Values) { q.Set("iss", "https://evil.example") },
		"code":       func(q url.Values) { q.Set("code", "x") },
		"no code":    func(q url.Values) { q.Del("code") },
		"an error":   func(q url.Values) { q.Set("error", "access_denied") },
	} {
		b := p.browser()
		u, _ := url.Parse(there(b))
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		refused(what, b, b.to(u.String()))
	}
	wrong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for what, bend := range map[string]func(map[string]any){
		"nonce":     func(c map[string]any) { c["nonce"] = "x" },
		"no nonce":  func(c map[string]any) { delete(c, "nonce") },
		"audience":  func(c map[string]any) { c["aud"] = "another" },
		"issuer":    func(c map[string]any) { c["iss"] = "https://evil.example" },
		"expired":   func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
		"nobody":    func(c map[string]any) { c["sub"] = "" },
		"signature": func(map[string]any) { p.signer = wrong },
	} {
		p.bend = bend
		b, at := signIn()
		refused("token: "+what, b, at)
		p.bend, p.signer = nil, nil
	}
	// What the token lacks is asked of the provider, and taken for the same person only.
	p.bend = func(c map[string]any) { delete(c, "groups") }
	p.info = map[string]any{"sub": p.claims["sub"], "groups": "helpdesk", "name": "Not Her"}
	asked, _ := signIn()
	if s := state(asked); s.Rep.GetDisplayName() != "Olga Operator" || !slices.Contains(s.Rep.Permissions, "session.start") {
		t.Errorf("by the UserInfo endpoint: %v", s)
	}
	for what, info := range map[string]map[string]any{"another's": {"sub": "x", "groups": "helpdesk"}, "nobody's": {"groups": "helpdesk"}} {
		p.info = info
		b, at := signIn()
		refused("user info: "+what, b, at)
	}
	p.bend = nil
	// A disabled account stays out.
	yes := true
	if err := n.rep("ada").update(t.Context(), &apipb.UpdateAccountRequest{Id: state(again).Rep.Id, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	p.claims["sub"] = "4711"
	b3, at := signIn()
	refused("disabled", b3, at)
}

// A provider that cannot be reached stops nobody else, and a file that is wrong
// stops the start.
func TestOIDCThatIsNotThere(t *testing.T) {
	p := newIDP(t)
	n := newBench(t)
	n.conf = func(c *Config) { c.OIDC = p.file() }
	n.restart()
	p.srv.Close()
	b := p.browser()
	base := "http://" + n.b.plain.Addr().String()
	if at := b.to(base + oidc.StartPath); at != base+"/sign-in?failed=sign_in_failed" {
		t.Fatal(at)
	}
	n.rep("ada")
	for what, content := range map[string]string{
		"key": `{"issuer":"https://x","client_id":"y","roles_claim":"z","roles":{"a":"auditor"},"secret":"s"}`,
		"tls": `{"issuer":"http://x","client_id":"y","roles_claim":"z","roles":{"a":"auditor"}}`, "roles": `{"issuer":"https://x","client_id":"y"}`,
		"secret": `{"issuer":"https://x","client_id":"y","roles_claim":"z","roles":{"a":"auditor"},"client_secret_file":"/nowhere"}`,
	} {
		f := filepath.Join(t.TempDir(), "oidc.json")
		if err := os.WriteFile(f, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := oidc.Load(f); err == nil {
			t.Error(what)
		}
	}
}
