package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
)

// Secret is a text that must not be shown: whatever prints it prints
// "[redacted]". Reveal is the only way to the text.
type Secret string

const redacted = "[redacted]"

// Reveal is the text itself.
func (s Secret) Reveal() string { return string(s) }

// String, GoString, MarshalText and LogValue keep the text out of every output.
func (s Secret) String() string { return redacted }

// GoString is for %#v.
func (s Secret) GoString() string { return redacted }

// MarshalText is for JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue is for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// secretSize gives 256 bits: beyond guessing, so that a plain hash keeps them.
const secretSize = 32

// NewSecret makes a random secret that is safe in a URL and a header.
func NewSecret() Secret {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // never fails
	return Secret(base64.RawURLEncoding.EncodeToString(b))
}

// HashSecret is what is kept of a random secret.
func HashSecret(s Secret) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// NewID makes a random id.
func NewID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
