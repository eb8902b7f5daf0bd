package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"

	"github.com/alongside-remote/alongside/internal/redact"
)

// Secret is a text that must not be shown: whatever prints it prints
// "[redacted]". Reveal is the only way to the text.
type Secret string

// Reveal is the text itself.
func (s Secret) Reveal() string { return string(s) }

// String, Format, MarshalText and LogValue keep the text out of every output.
func (s Secret) String() string { return redact.Shown }

// Format is for package fmt, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redact.Shown) }

// MarshalText is for JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redact.Shown), nil }

// LogValue is for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redact.Shown) }

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
