package broker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/fxamacker/cbor/v2"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// authenticator is a security key in software: it makes real signatures and keeps
// a counter.
type authenticator struct {
	t      *testing.T
	origin string // what the browser says
	id     []byte
	key    *ecdsa.PrivateKey
	count  uint32
}

func newAuthenticator(t *testing.T, origin string) *authenticator {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &authenticator{t, origin, id, k, 0}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// options is what the broker asks.
type options struct {
	PublicKey struct {
		Challenge string
		RPID      string `json:"rpId"`
		RP        struct{ ID string }
		Allow     []struct{ ID string } `json:"allowCredentials"`
	}
}

func (a *authenticator) read(s string) (o options) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(s), &o); err != nil || o.PublicKey.Challenge == "" {
		a.t.Fatalf("%s: %v", s, err)
	}
	return o
}

func (a *authenticator) client(kind, challenge string) []byte {
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	return b
}

// data is authenticator data: the user was there and verified.
func (a *authenticator) data(rp string, flags byte) []byte {
	h := sha256.Sum256([]byte(rp))
	return binary.BigEndian.AppendUint32(append(h[:], flags), a.count)
}

func (a *authenticator) create(ask string) string {
	a.t.Helper()
	o := a.read(ask)
	public, err := a.key.PublicKey.ECDH()
	if err != nil {
		a.t.Fatal(err)
	}
	point := public.Bytes()
	cose, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		a.t.Fatal(err)
	}
	d := append(a.data(o.PublicKey.RP.ID, 0x45), make([]byte, 16)...)
	d = binary.BigEndian.AppendUint16(d, uint16(len(a.id)))
	d = append(append(d, a.id...), cose...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": d})
	if err != nil {
		a.t.Fatal(err)
	}
	b, _ := json.Marshal(map[string]any{
		"id": b64(a.id), "rawId": b64(a.id), "type": "public-key",
		"response": map[string]any{"clientDataJSON": b64(a.client("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64(object)},
	})
	return string(b)
}

func (a *authenticator) get(ask string) string {
	a.t.Helper()
	o := a.read(ask)
	a.count++
	d, client := a.data(o.PublicKey.RPID, 0x05), a.client("webauthn.get", o.PublicKey.Challenge)
	h := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, d...), h[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	b, _ := json.Marshal(map[string]any{
		"id": b64(a.id), "rawId": b64(a.id), "type": "public-key",
		"response": map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(d), "signature": b64(sig)},
	})
	return string(b)
}

// local is a client that uses the broker's name, as passkeys need.
func (n *bench) local(name string) *client {
	n.t.Helper()
	c := n.rep(name)
	c.base = strings.Replace(c.base, "127.0.0.1", "localhost", 1)
	return c
}

func (c *client) challenge(t *testing.T) *apipb.ChallengeResponse {
	t.Helper()
	return must[apipb.ChallengeResponse](t)(c.mfa().Challenge(t.Context(), connect.NewRequest(&apipb.ChallengeRequest{})))
}

func byPasskey(id, assertion string) *apipb.ProveRequest {
	return &apipb.ProveRequest{Proof: &apipb.ProveRequest_Passkey{Passkey: &apipb.PasskeyProof{Id: id, AssertionJson: assertion}}}
}

func TestA8_PasskeysAnswerOnce(t *testing.T) {
	n := newBench(t)
	rob := n.local("rob")
	key := newAuthenticator(t, rob.base)
	begin := func() *apipb.BeginPasskeyResponse {
		return must[apipb.BeginPasskeyResponse](t)(rob.mfa().BeginPasskey(t.Context(), connect.NewRequest(&apipb.BeginPasskeyRequest{Name: "key"})))
	}
	finish := func(id, credential string) (*connect.Response[apipb.FinishPasskeyResponse], error) {
		return rob.mfa().FinishPasskey(t.Context(), connect.NewRequest(&apipb.FinishPasskeyRequest{Id: id, CredentialJson: credential}))
	}
	stale, invalid := wirepb.ErrorCode_ERROR_CODE_MFA_STALE, wirepb.ErrorCode_ERROR_CODE_MFA_INVALID
	// A page of another site has another origin.
	b := begin()
	evil := *key
	evil.origin = "http://evil.example"
	_, err := finish(b.Id, evil.create(b.OptionsJson))
	wantCode(t, err, invalid)
	_, err = finish(b.Id, key.create(b.OptionsJson)) // its challenge is spent
	wantCode(t, err, stale)
	b = begin()
	if added := must[apipb.FinishPasskeyResponse](t)(finish(b.Id, key.create(b.OptionsJson))); added.Factor.Kind != "passkey" || len(added.RecoveryCodes) != 10 {
		t.Fatal(added)
	}

	c := rob.challenge(t)
	if c.Totp || c.OptionsJson == "" {
		t.Fatal(c)
	}
	answer := key.get(c.OptionsJson)
	if err := rob.prove(t, byPasskey(c.Id, answer)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, rob.prove(t, byPasskey(c.Id, answer)), stale)
	// The same answer to another challenge.
	c = rob.challenge(t)
	wantCode(t, rob.prove(t, byPasskey(c.Id, answer)), invalid)
	// Another's key, another site's page, a signature that is not whole.
	c = rob.challenge(t)
	wantCode(t, rob.prove(t, byPasskey(c.Id, newAuthenticator(t, rob.base).get(c.OptionsJson))), invalid)
	c = rob.challenge(t)
	evil = *key
	evil.origin = "http://evil.example"
	wantCode(t, rob.prove(t, byPasskey(c.Id, evil.get(c.OptionsJson))), invalid)
	// A copy of the key counts on its own.
	c = rob.challenge(t)
	clone := *key
	clone.count = 0
	wantCode(t, rob.prove(t, byPasskey(c.Id, clone.get(c.OptionsJson))), invalid)
	// Five wrong ones were within the limit; the right key goes on.
	c = rob.challenge(t)
	if err := rob.prove(t, byPasskey(c.Id, key.get(c.OptionsJson))); err != nil {
		t.Fatal(err)
	}
	// A challenge is of the sign-in that asked for it, and runs out.
	other := n.local("rob")
	c = other.challenge(t)
	answer = key.get(c.OptionsJson)
	wantCode(t, rob.prove(t, byPasskey(c.Id, answer)), stale)
	n.advance(6 * 60e9)
	wantCode(t, other.prove(t, byPasskey(c.Id, answer)), stale)
	n.advance(2 * 60e9)
	c = other.challenge(t)
	if err := other.prove(t, byPasskey(c.Id, key.get(c.OptionsJson))); err != nil {
		t.Fatal(err)
	}
	for _, r := range n.records(func(store.Record) bool { return true }) {
		if strings.Contains(r.Detail, b64(key.id)) {
			t.Error("a credential is in the audit log")
		}
	}
}

// By an address there is no passkey, and a code does.
func TestPasskeysNeedAName(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	_, err := rob.mfa().BeginPasskey(t.Context(), connect.NewRequest(&apipb.BeginPasskeyRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	n.enroll(rob)
	if c := rob.challenge(t); !c.Totp || c.OptionsJson != "" {
		t.Fatal(c)
	}
}
