package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Prefixes of what is signed: no signature of one kind can pass for another.
const (
	grantDomain   = "alongside grant v1"
	consentDomain = "alongside consent v1"
	policyDomain  = "alongside policy v1"
	summaryDomain = "alongside summary v1"
	buttonDomain  = "alongside buttons v1"
)

// Bounds of a grant.
const (
	// MaxGrantWindow is the longest time in which a session may be started.
	MaxGrantWindow = 60 * time.Second
	// GrantSkew is how far the agent's idea of the broker's time may be off: it
	// was taken from a Welcome, which took half a round trip to arrive.
	GrantSkew = 5 * time.Second
	// MaxDuration is the longest that a session or a Yes may last, where either
	// has an end: more is a mistake and not a wish.
	MaxDuration = 31 * 24 * time.Hour
)

// Errors of VerifyGrant and VerifyReceipt: refuse, never retry. Those about a
// grant are ERROR_CODE_GRANT_INVALID to the peer.
var (
	ErrSignature     = errors.New("signature does not verify")
	ErrWrongDevice   = errors.New("grant is for another device")
	ErrWrongSession  = errors.New("statement is for another session")
	ErrNotYetValid   = errors.New("grant is not valid yet")
	ErrGrantExpired  = errors.New("grant has expired")
	ErrGrantContent  = errors.New("grant has no sense") // a field is missing, too long or unknown
	ErrReceiptForged = errors.New("receipt does not answer this grant")
)

// SignGrant serialises g and signs it with the broker's grant key.
func SignGrant(key ed25519.PrivateKey, g *wirepb.SessionGrant) (grant, sig []byte, err error) {
	if err := checkGrant(g); err != nil {
		return nil, nil, err
	}
	return sign(key, grantDomain, g)
}

// VerifyGrant checks that grant was signed by key for this device and session
// and may be started now, in the broker's time. Single use of the jti is for
// the caller, who remembers them.
func VerifyGrant(key ed25519.PublicKey, device [sha256.Size]byte, session SessionID, grant, sig []byte, now time.Time) (*wirepb.SessionGrant, error) {
	g := new(wirepb.SessionGrant)
	if err := verify(key, grantDomain, grant, sig, g); err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	if err := checkGrant(g); err != nil {
		return nil, err
	}
	start, end := time.UnixMilli(g.NotBeforeUnixMs), time.UnixMilli(g.StartBeforeUnixMs)
	switch {
	case [sha256.Size]byte(g.DeviceSpki) != device:
		return nil, ErrWrongDevice
	case SessionID(g.Session) != session:
		return nil, fmt.Errorf("grant: %w", ErrWrongSession)
	case now.Before(start.Add(-GrantSkew)):
		return nil, ErrNotYetValid
	case now.After(end.Add(GrantSkew)):
		return nil, ErrGrantExpired
	}
	return g, nil
}

func checkGrant(g *wirepb.SessionGrant) error {
	what := ""
	switch {
	case len(g.Session) != SessionIDSize:
		what = "session"
	case len(g.DeviceSpki) != sha256.Size:
		what = "device"
	case len(g.Jti) != SessionIDSize:
		what = "jti"
	case g.RepId == "" || len(g.RepId) > MaxName || g.RepName == "" || len(g.RepName) > MaxName || len(g.Organisation) > MaxName:
		what = "names"
	case !goodPermissions(g.Permissions):
		what = "permissions"
	case g.StartBeforeUnixMs < g.NotBeforeUnixMs || g.StartBeforeUnixMs-g.NotBeforeUnixMs > MaxGrantWindow.Milliseconds():
		what = "window"
	case g.ConsentTimeoutS == 0:
		what = "consent timeout"
	case g.MaxDurationS > uint32(MaxDuration/time.Second), g.ConsentValidS > uint32(MaxDuration/time.Second):
		what = "duration"
	case !knownRule(g.Consent), !knownRule(g.ConsentAbsent), !knownAnswer(g.OnTimeout):
		what = "consent rule"
	case g.AtEnd < wirepb.AtEnd_AT_END_UNSPECIFIED || g.AtEnd > wirepb.AtEnd_AT_END_LOG_OFF:
		what = "end"
	case len(g.Reason) > MaxText:
		what = "reason"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrGrantContent, what)
}

// What is not known might be looser than what is: it is refused, not guessed.
func knownRule(r wirepb.ConsentRule) bool {
	return r >= wirepb.ConsentRule_CONSENT_RULE_UNSPECIFIED && r <= wirepb.ConsentRule_CONSENT_RULE_NOTIFY
}

func knownAnswer(t wirepb.TimeoutAnswer) bool {
	return t >= wirepb.TimeoutAnswer_TIMEOUT_ANSWER_UNSPECIFIED && t <= wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW
}

// goodPermissions: something is granted, nothing twice and nothing unknown, nobody
// controls what they may not see, and nobody brings anything in or restricts the person
// who may not control.
func goodPermissions(ps []wirepb.Permission) bool {
	for i, p := range ps {
		known := p >= wirepb.Permission_PERMISSION_VIEW && p <= wirepb.Permission_PERMISSION_PRIVACY_SCREEN
		if !known || slices.Contains(ps[:i], p) || needsControl(p) && !slices.Contains(ps, wirepb.Permission_PERMISSION_CONTROL) {
			return false
		}
	}
	return slices.Contains(ps, wirepb.Permission_PERMISSION_VIEW)
}

func needsControl(p wirepb.Permission) bool {
	switch p {
	case wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT, wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT,
		wirepb.Permission_PERMISSION_RESTRICT_INPUT, wirepb.Permission_PERMISSION_PRIVACY_SCREEN:
		return true
	default:
		return false
	}
}

func sign(key ed25519.PrivateKey, domain string, m proto.Message) (b, sig []byte, err error) {
	b, err = proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return b, ed25519.Sign(key, signed(domain, b)), nil
}

// verify parses b into m only after the signature has been found good.
func verify(key ed25519.PublicKey, domain string, b, sig []byte, m proto.Message) error {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, signed(domain, b), sig) {
		return ErrSignature
	}
	if err := proto.Unmarshal(b, m); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

func signed(domain string, b []byte) []byte { return append([]byte(domain), b...) }
