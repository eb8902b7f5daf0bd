package broker

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/oidc"
	"github.com/alongside-remote/alongside/policy"
)

// foreignIDP runs a provider that is not ours (tools/idp) for a broker at that
// address, and returns the broker's configuration file and the provider's CA.
func foreignIDP(t *testing.T, broker string) (conf string, roots *x509.CertPool) {
	t.Helper()
	dir := t.TempDir()
	program, secret, ca := filepath.Join(dir, "idp"), filepath.Join(dir, "secret"), filepath.Join(dir, "ca.pem")
	// With the flags of all tests: what is compiled already is not compiled again.
	build := exec.CommandContext(t.Context(), "go", append(append([]string{"build", "-race"}, strings.Fields(os.Getenv("RACEFLAGS"))...), "-o", program, ".")...)
	build.Dir = filepath.Join("..", "tools", "idp")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(secret, []byte(clientSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	idp := exec.CommandContext(t.Context(), program, "-redirect", broker+oidc.CallbackPath, "-client", clientID, "-secret-file", secret, "-ca", ca)
	idp.Stderr = os.Stderr
	stop, err := idp.StdinPipe()
	must1(t, err)
	out, err := idp.StdoutPipe()
	must1(t, err)
	must1(t, idp.Start())
	t.Cleanup(func() {
		_ = stop.Close()
		_ = idp.Wait()
	})
	issuer, err := bufio.NewReader(out).ReadString('\n')
	must1(t, err)
	pem, err := os.ReadFile(ca)
	must1(t, err)
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	b, err := json.Marshal(oidc.Config{
		Name: "Foreign", Issuer: strings.TrimSpace(issuer), ClientID: clientID, ClientSecretFile: secret, CAFile: ca,
		RolesClaim: "groups", Roles: map[string]string{"helpdesk": policy.Representative},
	})
	must1(t, err)
	conf = filepath.Join(dir, "oidc.json")
	must1(t, os.WriteFile(conf, b, 0o600))
	return conf, roots
}

// A provider of somebody else's code lets in whom it knows and who has a role, by its
// own form, and nobody else.
func TestOIDC_AProviderThatIsNotOurs(t *testing.T) {
	n := newBench(t)
	base := "http://" + n.b.plain.Addr().String()
	conf, roots := foreignIDP(t, base)
	n.conf = func(c *Config) { c.OIDC = conf }
	n.restart()
	signIn := func(user, password string) (at string, in *client) {
		b := &browser{t, &http.Client{
			Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}, map[string]string{}}
		form, err := url.Parse(b.to(b.to(base + oidc.StartPath)))
		must1(t, err)
		entry := url.Values{"id": {form.Query().Get("authRequestID")}, "username": {user}, "password": {password}}
		form.RawQuery = ""
		a, err := b.http.PostForm(form.String(), entry)
		must1(t, err)
		must1(t, a.Body.Close())
		l, err := a.Location()
		if err != nil {
			return "", nil // the form again
		}
		in = n.visitor()
		at = b.to(b.to(l.String()))
		in.cookie = b.cookies[account.CookieName]
		return at, in
	}
	at, in := signIn("test-user2", "verysecure")
	if at != base+"/sign-in?failed=sign_in_failed" || in.cookie != "" {
		t.Errorf("without a role: led to %s", at)
	}
	if at, _ = signIn("test-user@127.0.0.1", "wrong"); at != "" {
		t.Errorf("with a wrong password: led to %s", at)
	}
	if at, in = signIn("test-user@127.0.0.1", "verysecure"); at != base+"/" {
		t.Fatalf("led to %s", at)
	}
	s := must[apipb.StateResponse](t)(in.signIn.State(t.Context(), connect.NewRequest(&apipb.StateRequest{})))
	if s.Rep.GetDisplayName() != "Test User" || s.Rep.Admin || !slices.Contains(s.Rep.Permissions, string(policy.SessionStart)) {
		t.Errorf("signed in as %v", s.Rep)
	}
}
