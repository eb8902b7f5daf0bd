package wire

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/sha256"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// What stands before the signed key of a session, before what credentials are bound
// to, and before the signed answer of the person who was asked.
const (
	sealingDomain   = "alongside sealing v1"
	elevateDomain   = "alongside elevate v1"
	elevationDomain = "alongside elevation v1"
)

// SealingKeySize is that of the public key that credentials are sealed to.
const SealingKeySize = 32

// Errors of an elevation: refuse, never retry.
var (
	ErrElevateContent = errors.New("elevate has no sense") // a field is missing, too long or unknown
	ErrSealed         = errors.New("credentials are not sealed for this session and nonce")
)

// NewSealingKey makes the key of one session, and its offer, signed by the device key.
func NewSealingKey(session SessionID, sign func([]byte) []byte) (hpke.PrivateKey, *wirepb.ElevationOffer, error) {
	key, err := hpke.DHKEM(ecdh.X25519()).GenerateKey()
	if err != nil {
		return nil, nil, fmt.Errorf("sealing key: %w", err)
	}
	pub := key.PublicKey().Bytes()
	return key, &wirepb.ElevationOffer{Key: pub, Signature: sign(sealingMessage(session, pub))}, nil
}

func sealingMessage(session SessionID, key []byte) []byte {
	return append(append([]byte(sealingDomain), session[:]...), key...)
}

// VerifyElevationOffer checks that an offer is the device's, for this session.
func VerifyElevationOffer(device ed25519.PublicKey, session SessionID, o *wirepb.ElevationOffer) error {
	if len(o.Key) != SealingKeySize {
		return fmt.Errorf("%w: key", ErrElevateContent)
	}
	if len(device) != ed25519.PublicKeySize || !ed25519.Verify(device, sealingMessage(session, o.Key), o.Signature) {
		return ErrSignature
	}
	return nil
}

// CheckElevate decides whether an order to elevate makes sense.
func CheckElevate(e *wirepb.Elevate) error {
	what := ""
	switch sealed := e.Method == wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER; {
	case len(e.Session) != SessionIDSize:
		what = "session"
	case e.RepId == "" || len(e.RepId) > MaxName:
		what = "rep"
	case !sealed && e.Method != wirepb.ElevationMethod_ELEVATION_METHOD_PROMPT_CUSTOMER:
		what = "method"
	case len(e.Nonce) != SessionIDSize:
		what = "nonce"
	case sealed != (len(e.Sealed) > 0), len(e.Sealed) > MaxSealed:
		what = "credentials"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrElevateContent, what)
}

// elevateInfo is what sealed credentials are bound to.
func elevateInfo(session SessionID, nonce []byte) []byte {
	return append(append([]byte(elevateDomain), session[:]...), nonce...)
}

// SealCredentials seals to the key of an offer, as a rep's browser does.
func SealCredentials(key []byte, session SessionID, nonce []byte, c *wirepb.ElevationCredentials) ([]byte, error) {
	pub, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	b, err := proto.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode credentials: %w", err)
	}
	defer clear(b)
	return hpke.Seal(pub, hpke.HKDFSHA256(), hpke.AES256GCM(), elevateInfo(session, nonce), b)
}

// OpenCredentials opens what was sealed for this session and nonce. The password is
// the caller's to clear: it is of the caller alone, and no string is made of it.
func OpenCredentials(key hpke.PrivateKey, session SessionID, nonce, sealed []byte) (user string, password []byte, err error) {
	b, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), elevateInfo(session, nonce), sealed)
	if err != nil {
		return "", nil, ErrSealed
	}
	defer clear(b)
	return parseCredentials(b)
}

// ElevationReceiptMessage serialises a person's answer in a session with this grant,
// whose hash it sets, and returns beside it what the device key signs.
func ElevationReceiptMessage(grant []byte, r *wirepb.ElevationReceipt) (receipt, message []byte, err error) {
	h := sha256.Sum256(grant)
	r.GrantHash = h[:]
	receipt, err = proto.MarshalOptions{Deterministic: true}.Marshal(r)
	if err != nil {
		return nil, nil, fmt.Errorf("encode receipt: %w", err)
	}
	return receipt, signed(elevationDomain, receipt), nil
}

// VerifyElevationReceipt checks that receipt was signed by the device key and answers
// this order, in the session with this grant.
func VerifyElevationReceipt(key ed25519.PublicKey, grant []byte, order *wirepb.Elevate, receipt, sig []byte) (*wirepb.ElevationReceipt, error) {
	r := new(wirepb.ElevationReceipt)
	if err := verify(key, elevationDomain, receipt, sig, r); err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	g := new(wirepb.SessionGrant)
	if err := proto.Unmarshal(grant, g); err != nil {
		return nil, fmt.Errorf("grant: %w: %w", ErrMalformed, err)
	}
	const notify = wirepb.ConsentRule_CONSENT_RULE_NOTIFY
	h := sha256.Sum256(grant)
	switch {
	case string(r.Session) != string(g.Session), string(r.Session) != string(order.Session):
		return nil, fmt.Errorf("receipt: %w", ErrWrongSession)
	case string(h[:]) != string(r.GrantHash), string(r.Nonce) != string(order.Nonce), r.RepId != order.RepId:
		return nil, ErrReceiptForged
	case r.Yes && r.Rule == notify && g.ConsentAbsent != notify:
		return nil, fmt.Errorf("%w: a person had to be asked", ErrReceiptForged)
	}
	return r, nil
}
