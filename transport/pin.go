package transport

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// Pin is the SHA-256 of a public key's SubjectPublicKeyInfo (RFC 7469, 2.4).
type Pin [sha256.Size]byte

const pinPrefix = "sha256/"

// PinOf is the pin of a certificate's key.
func PinOf(c *x509.Certificate) Pin { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }

// String is "sha256/" and unpadded base64url: safe in files and addresses.
func (p Pin) String() string { return pinPrefix + base64.RawURLEncoding.EncodeToString(p[:]) }

// ParsePin reads what String wrote, and nothing that merely decodes to the same.
func ParsePin(s string) (Pin, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(s, pinPrefix))
	if err != nil || len(b) != len(Pin{}) || Pin(b).String() != s {
		return Pin{}, fmt.Errorf("pin %q: want %s and 32 bytes of base64url", s, pinPrefix)
	}
	return Pin(b), nil
}

// MarshalText is String, for JSON.
func (p Pin) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is ParsePin.
func (p *Pin) UnmarshalText(b []byte) (err error) {
	*p, err = ParsePin(string(b))
	return err
}

// pinned compares in plain time: pins are public.
func pinned(pins []Pin, p Pin) bool { return slices.Contains(pins, p) }
