package wire

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// lockDomain is the prefix of what a passkey answers for a grant.
const lockDomain = "alongside jump lock v1"

// Parts of WebAuthn's authenticator data: the hash of the relying party's id, flags, and a
// counter (Web Authentication, 6.1).
const (
	authFlags     = sha256.Size
	authCounter   = authFlags + 1
	authDataSize  = authCounter + 4
	userPresent   = 1 << 0
	userVerified  = 1 << 2
	minModulus    = 2048 // bits of an RSA key
	maxModulus    = 4096
	maxCredential = 1023 // bytes of a credential id (5.8.3)
)

// Errors of a jump lock: refuse, never retry with the same.
var (
	ErrLockContent = errors.New("jump lock has no sense")
	ErrProof       = errors.New("the passkey's proof does not open this lock")
)

// LockChallenge is what a passkey answers for a grant.
func LockChallenge(grant []byte) []byte {
	h := sha256.Sum256(signed(lockDomain, grant))
	return h[:]
}

// CheckLock says what is wrong with a lock; nil: nothing.
func CheckLock(l *wirepb.JumpLock) error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", ErrLockContent, what) }
	u, err := url.Parse(l.GetOrigin())
	switch {
	case l.GetRpId() == "" || len(l.RpId) > MaxName:
		return bad("relying party")
	case err != nil || len(l.Origin) > MaxName || u.Scheme+"://"+u.Host != l.Origin || u.Hostname() != l.RpId:
		return bad("origin")
	case u.Scheme != "https" && l.RpId != "localhost": // as browsers have it
		return bad("scheme of the origin")
	case len(l.Keys) == 0 || len(l.Keys) > MaxJumpKeys:
		return bad("number of keys")
	}
	seen := map[string]bool{}
	for _, k := range l.Keys {
		if len(k.Id) == 0 || len(k.Id) > maxCredential || seen[string(k.Id)] {
			return bad("id of a key")
		}
		seen[string(k.Id)] = true
		if len(k.PublicKey) > MaxJumpKey {
			return bad("key")
		}
		if _, err := parseJumpKey(k.PublicKey); err != nil {
			return fmt.Errorf("%w: key: %w", ErrLockContent, err)
		}
	}
	return nil
}

// parseJumpKey takes the kinds of keys that passkeys have everywhere, each with the one
// algorithm that goes with it: ES256, EdDSA, RS256.
func parseJumpKey(der []byte) (any, error) {
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return nil, errors.New("curve unsupported")
		}
	case ed25519.PublicKey:
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minModulus || n > maxModulus {
			return nil, fmt.Errorf("modulus of %d bits", n)
		}
	default:
		return nil, fmt.Errorf("kind %T unsupported", key)
	}
	return key, nil
}

// VerifyJumpProof checks that a passkey of this lock has answered for exactly this grant,
// with its user present and verified, and returns the passkey's counter. That the grant
// counts once, and that the counter goes on, are for the caller, who remembers.
func VerifyJumpProof(l *wirepb.JumpLock, grant []byte, p *wirepb.JumpProof) (counter uint32, err error) {
	bad := func(what string) (uint32, error) { return 0, fmt.Errorf("%w: %s", ErrProof, what) }
	if len(p.GetAuthenticatorData()) > MaxJumpProof || len(p.GetClientData()) > MaxJumpProof || len(p.GetSignature()) > MaxJumpProof {
		return bad("too long")
	}
	var der []byte
	for _, k := range l.GetKeys() {
		if bytes.Equal(k.Id, p.GetKey()) {
			der = k.PublicKey
		}
	}
	if der == nil {
		return bad("another passkey")
	}
	key, err := parseJumpKey(der)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrProof, err)
	}
	client := sha256.Sum256(p.ClientData)
	if !verifyAssertion(key, append(bytes.Clone(p.AuthenticatorData), client[:]...), p.Signature) {
		return bad("signature")
	}
	data := p.AuthenticatorData
	rp := sha256.Sum256([]byte(l.RpId))
	switch {
	case len(data) < authDataSize || !bytes.Equal(data[:authFlags], rp[:]):
		return bad("relying party")
	case data[authFlags]&userPresent == 0:
		return bad("nobody was present")
	case data[authFlags]&userVerified == 0:
		return bad("the user was not verified")
	}
	if what := badClientData(p.ClientData, l.Origin, LockChallenge(grant)); what != "" {
		return bad(what)
	}
	return binary.BigEndian.Uint32(data[authCounter:]), nil
}

func verifyAssertion(key any, message, sig []byte) bool {
	h := sha256.Sum256(message)
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, h[:], sig)
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, h[:], sig) == nil
	}
	return false
}

// badClientData says what in the browser's part is not as it has to be; empty: nothing.
// Members that are not known are the browser's business (5.8.1).
func badClientData(b []byte, origin string, challenge []byte) string {
	var c struct {
		Type        string `json:"type"`
		Challenge   string `json:"challenge"`
		Origin      string `json:"origin"`
		CrossOrigin bool   `json:"crossOrigin"`
	}
	switch {
	case json.Unmarshal(b, &c) != nil:
		return "client data"
	case c.Type != "webauthn.get":
		return "kind"
	case c.Challenge != base64.RawURLEncoding.EncodeToString(challenge):
		return "for another grant"
	case c.Origin != origin || c.CrossOrigin:
		return "origin"
	}
	return ""
}
