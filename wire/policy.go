package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Errors of SignPolicy and VerifyPolicy: refuse, never retry.
var (
	ErrPolicyContent = errors.New("policy has no sense") // a field is missing, too long or unfit
	ErrPolicyDevice  = errors.New("policy is for another device")
)

// SignPolicy serialises p and signs it with the broker's grant key.
func SignPolicy(key ed25519.PrivateKey, p *wirepb.DevicePolicy) (policy, sig []byte, err error) {
	if err := checkPolicy(p); err != nil {
		return nil, nil, err
	}
	return sign(key, policyDomain, p)
}

// VerifyPolicy checks that policy was signed by key for this device. That it is
// newer than the last one, and not expired, is for the caller, who knows both.
func VerifyPolicy(key ed25519.PublicKey, device [sha256.Size]byte, policy, sig []byte) (*wirepb.DevicePolicy, error) {
	p := new(wirepb.DevicePolicy)
	if err := verify(key, policyDomain, policy, sig, p); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if err := checkPolicy(p); err != nil {
		return nil, err
	}
	if [sha256.Size]byte(p.DeviceSpki) != device {
		return nil, ErrPolicyDevice
	}
	return p, nil
}

// PolicyHash is what a PolicyReport carries: the SHA-256 of the serialised
// policy that is in force.
func PolicyHash(p *wirepb.DevicePolicy) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode policy: %w", err)
	}
	h := sha256.Sum256(b)
	return h[:], nil
}

func checkPolicy(p *wirepb.DevicePolicy) error {
	what := ""
	switch {
	case len(p.DeviceSpki) != sha256.Size:
		what = "device"
	case p.Version == 0:
		what = "version"
	case p.ExpiresUnixMs <= 0:
		what = "expiry"
	case p.ReasonMin > MaxText:
		what = "length of the reason"
	case !GoodIconName(p.DesktopIconName), p.DesktopIcon && p.DesktopIconName == "":
		what = "name of the icon"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrPolicyContent, what)
}

// GoodIconName reports whether a desktop icon may be called s: one line without
// anything that a file system or a desktop entry could take for more than a
// letter. Empty is good where there is no icon.
func GoodIconName(s string) bool {
	return len(s) <= MaxName && utf8.ValidString(s) && !strings.HasPrefix(s, ".") && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || strings.ContainsRune(`/\:*?"<>|`, r)
		})
}
