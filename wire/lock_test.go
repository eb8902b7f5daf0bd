package wire

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// assertion is what a passkey says, before it signs it.
type assertion struct {
	rp, kind, origin string
	challenge        []byte
	flags            byte
	counter          uint32
	cross            bool
}

func goodAssertion(grant []byte) assertion {
	return assertion{"help.example", "webauthn.get", "https://help.example:8443", LockChallenge(grant), 0x05, 7, false}
}

// passkey signs as an authenticator of its kind does.
func (a assertion) sign(t testing.TB, id []byte, key crypto.Signer) *wirepb.JumpProof {
	t.Helper()
	client, err := json.Marshal(map[string]any{
		"type": a.kind, "challenge": base64.RawURLEncoding.EncodeToString(a.challenge), "origin": a.origin, "crossOrigin": a.cross, "other": "member",
	})
	if err != nil {
		t.Fatal(err)
	}
	rp, hash := sha256.Sum256([]byte(a.rp)), sha256.Sum256(client)
	data := binary.BigEndian.AppendUint32(append(rp[:], a.flags), a.counter)
	message, opts := append(bytes.Clone(data), hash[:]...), crypto.SignerOpts(crypto.Hash(0))
	if _, pure := key.(ed25519.PrivateKey); !pure {
		h := sha256.Sum256(message)
		message, opts = h[:], crypto.SHA256
	}
	sig, err := key.Sign(rand.Reader, message, opts)
	if err != nil {
		t.Fatal(err)
	}
	return &wirepb.JumpProof{Key: id, AuthenticatorData: data, ClientData: client, Signature: sig}
}

func lockOf(t testing.TB, keys ...crypto.Signer) *wirepb.JumpLock {
	t.Helper()
	l := &wirepb.JumpLock{RpId: "help.example", Origin: "https://help.example:8443"}
	for i, k := range keys {
		der, err := x509.MarshalPKIXPublicKey(k.Public())
		if err != nil {
			t.Fatal(err)
		}
		l.Keys = append(l.Keys, &wirepb.JumpKey{Id: []byte{byte(i + 1)}, PublicKey: der})
	}
	return l
}

func newP256(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestD9_AProofIsAPasskeysForThisGrant(t *testing.T) {
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys := []crypto.Signer{newP256(t), testKey(9), rs}
	l, grant := lockOf(t, keys...), []byte("a grant")
	if err := CheckLock(l); err != nil {
		t.Fatal(err)
	}
	for i, k := range keys {
		p := goodAssertion(grant).sign(t, []byte{byte(i + 1)}, k)
		if n, err := VerifyJumpProof(l, grant, p); err != nil || n != 7 {
			t.Errorf("key %d: %d, %v", i, n, err)
		}
		for what, edit := range map[string]func(*assertion){
			"another relying party": func(a *assertion) { a.rp = "evil.example" },
			"another kind":          func(a *assertion) { a.kind = "webauthn.create" },
			"another origin":        func(a *assertion) { a.origin = "https://help.example" },
			"a frame of another":    func(a *assertion) { a.cross = true },
			"another grant":         func(a *assertion) { a.challenge = LockChallenge([]byte("another")) },
			"the grant itself":      func(a *assertion) { h := sha256.Sum256(grant); a.challenge = h[:] },
			"nobody present":        func(a *assertion) { a.flags = 0x04 },
			"nobody verified":       func(a *assertion) { a.flags = 0x01 },
		} {
			a := goodAssertion(grant)
			edit(&a)
			if _, err := VerifyJumpProof(l, grant, a.sign(t, []byte{byte(i + 1)}, k)); !errors.Is(err, ErrProof) {
				t.Errorf("key %d, %s: %v", i, what, err)
			}
		}
	}
	good := goodAssertion(grant).sign(t, []byte{1}, keys[0])
	for what, edit := range map[string]func(*wirepb.JumpProof){
		"a key of no lock": func(p *wirepb.JumpProof) { p.Key = []byte{9} },
		"another's key":    func(p *wirepb.JumpProof) { p.Key = []byte{2} },
		"signature":        func(p *wirepb.JumpProof) { p.Signature[9] ^= 1 },
		"data":             func(p *wirepb.JumpProof) { p.AuthenticatorData[36] ^= 1 },
		"short data":       func(p *wirepb.JumpProof) { p.AuthenticatorData = p.AuthenticatorData[:36] },
		"client":           func(p *wirepb.JumpProof) { p.ClientData = append(p.ClientData, ' ') },
		"nothing":          func(p *wirepb.JumpProof) { proto.Reset(p) },
		"long":             func(p *wirepb.JumpProof) { p.Signature = make([]byte, MaxJumpProof+1) },
	} {
		p := proto.Clone(good).(*wirepb.JumpProof)
		edit(p)
		if _, err := VerifyJumpProof(l, grant, p); !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := VerifyJumpProof(nil, grant, good); !errors.Is(err, ErrProof) {
		t.Errorf("no lock: %v", err)
	}
	if _, err := VerifyJumpProof(l, grant, nil); !errors.Is(err, ErrProof) {
		t.Errorf("no proof: %v", err)
	}
}

func TestD9_LocksThatMakeNoSenseAreRefused(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for what, edit := range map[string]func(*wirepb.JumpLock){
		"no keys":     func(l *wirepb.JumpLock) { l.Keys = nil },
		"too many":    func(l *wirepb.JumpLock) { l.Keys = make([]*wirepb.JumpKey, MaxJumpKeys+1) },
		"twice":       func(l *wirepb.JumpLock) { l.Keys = append(l.Keys, l.Keys[0]) },
		"no id":       func(l *wirepb.JumpLock) { l.Keys[0].Id = nil },
		"no key":      func(l *wirepb.JumpLock) { l.Keys[0].PublicKey = nil },
		"long key":    func(l *wirepb.JumpLock) { l.Keys[0].PublicKey = make([]byte, MaxJumpKey+1) },
		"other curve": func(l *wirepb.JumpLock) { l.Keys = lockOf(t, p384).Keys },
		"no party":    func(l *wirepb.JumpLock) { l.RpId = "" },
		"other party": func(l *wirepb.JumpLock) { l.RpId = "example" },
		"plain":       func(l *wirepb.JumpLock) { l.Origin = "http://help.example:8443" },
		"a path":      func(l *wirepb.JumpLock) { l.Origin += "/" },
	} {
		l := lockOf(t, newP256(t))
		edit(l)
		if err := CheckLock(l); !errors.Is(err, ErrLockContent) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := CheckLock(nil); err == nil {
		t.Error("no lock")
	}
	local := lockOf(t, newP256(t))
	local.RpId, local.Origin = "localhost", "http://localhost:8080"
	if err := CheckLock(local); err != nil {
		t.Error(err)
	}
}

func FuzzVerifyJumpProof(f *testing.F) {
	key := testKey(9)
	l, grant := lockOf(f, key), []byte("a grant")
	p := goodAssertion(grant).sign(f, []byte{1}, key)
	f.Add(p.AuthenticatorData, p.ClientData, p.Signature)
	f.Add([]byte{}, []byte("{}"), []byte{})
	f.Fuzz(func(t *testing.T, data, client, sig []byte) {
		_, err := VerifyJumpProof(l, grant, &wirepb.JumpProof{Key: []byte{1}, AuthenticatorData: data, ClientData: client, Signature: sig})
		// The key is not the fuzzer's: what verifies is what was signed.
		if err == nil && (!bytes.Equal(data, p.AuthenticatorData) || !bytes.Equal(client, p.ClientData)) {
			t.Errorf("a proof was made: %x %q", data, client)
		}
		if what := badClientData(client, l.Origin, LockChallenge(grant)); what == "" && err != nil && !errors.Is(err, ErrProof) {
			t.Error(err)
		}
	})
}
