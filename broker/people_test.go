package broker

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/policy"
)

// people is the part of a client for accounts and second factors.
func (c *client) people() apipbconnect.AccountServiceClient {
	return apipbconnect.NewAccountServiceClient(c.http, c.base)
}

func (c *client) mfa() apipbconnect.MfaServiceClient {
	return apipbconnect.NewMfaServiceClient(c.http, c.base)
}

// must is the answer of a call that has to succeed.
func must[T any](t *testing.T) func(*connect.Response[T], error) *T {
	return func(a *connect.Response[T], err error) *T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a.Msg
	}
}

// with makes an account that holds exactly some permissions and signs it in.
func (n *bench) with(admin *client, name string, of ...policy.Permission) (*client, *apipb.Account) {
	n.t.Helper()
	role := must[apipb.SaveRoleResponse](n.t)(admin.people().SaveRole(n.t.Context(), connect.NewRequest(&apipb.SaveRoleRequest{
		Role: &apipb.Role{Name: "only " + name, Permissions: policy.SetOf(of...).Names()},
	}))).Role
	a := must[apipb.CreateAccountResponse](n.t)(admin.people().CreateAccount(n.t.Context(), connect.NewRequest(&apipb.CreateAccountRequest{
		Name: name, DisplayName: name, Password: password, Roles: []string{role.Id},
	}))).Account
	// Written where the bench's own accounts are: an address may not sign in so often.
	return n.rep(name), a
}

// key makes an API key of the caller.
func (c *client) key(t *testing.T, of ...policy.Permission) *apipb.CreateKeyResponse {
	t.Helper()
	return must[apipb.CreateKeyResponse](t)(c.people().CreateKey(t.Context(), connect.NewRequest(&apipb.CreateKeyRequest{
		Name: "script", Permissions: policy.SetOf(of...).Names(),
	})))
}

// ask calls a procedure in JSON, as curl does, and returns the name of the refusal
// or "ok".
func (n *bench) ask(path, body string, header ...string) string {
	n.t.Helper()
	content := []byte(body)
	kind := "application/json"
	stream := strings.HasSuffix(path, "/Watch") || strings.HasSuffix(path, "/Export") || strings.HasSuffix(path, "/ReadSegment") || strings.HasSuffix(path, "/MaskRecording")
	if stream {
		kind = "application/connect+json"
		content = append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(body))), body...)
	}
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, "http://"+n.b.plain.Addr().String()+path, bytes.NewReader(content))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Connect-Protocol-Version", "1")
	for _, h := range header {
		k, v, _ := strings.Cut(h, ": ")
		r.Header.Set(k, v)
	}
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer a.Body.Close()
	var refusal struct {
		Message string
		Error   struct{ Message string }
	}
	if stream && a.StatusCode == http.StatusOK {
		head := make([]byte, 5)
		if _, err := io.ReadFull(a.Body, head); err != nil {
			n.t.Fatalf("%s: %v", path, err)
		}
		if head[0]&2 == 0 {
			return "ok"
		}
	} else if a.StatusCode == http.StatusOK {
		return "ok"
	}
	_ = json.NewDecoder(a.Body).Decode(&refusal)
	name, _, _ := strings.Cut(refusal.Message+refusal.Error.Message, ":")
	if stream && name == "" && a.StatusCode == http.StatusOK {
		return "ok"
	}
	if name == "" {
		n.t.Fatalf("%s: %s", path, a.Status)
	}
	return name
}

// asRep and asKey are the headers of a sign-in and of an API key.
func asRep(c *client) string { return "Cookie: __Host-alongside=" + c.cookie }

func asKey(k *apipb.CreateKeyResponse) string { return "Authorization: Bearer " + k.Secret }
