package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Costs of argon2id: OWASP's figures for a login, some 30 ms of one core.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
	// hashers bounds what sign-ins cost at the same time: 38 MiB and two cores.
	hashers = 2
)

// Length of a password in bytes. The upper bound keeps hashing cheap.
const (
	minPassword = 10
	maxPassword = 256
)

// hasher hashes passwords, a few at a time.
type hasher struct{ free chan struct{} }

func newHasher() *hasher { return &hasher{free: make(chan struct{}, hashers)} }

func (h *hasher) derive(ctx context.Context, password Secret, salt []byte) ([]byte, error) {
	select {
	case h.free <- struct{}{}:
		defer func() { <-h.free }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash: %w", context.Cause(ctx))
	}
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey), nil
}

// hash makes the string that is stored.
func (h *hasher) hash(ctx context.Context, password Secret) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails
	key, err := h.derive(ctx, password, salt)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, enc(salt), enc(key)), nil
}

// nobody is compared with when there is no such account, so that the answer
// takes as long as for one.
var nobody = "$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)

// check compares a password with a stored string.
func (h *hasher) check(ctx context.Context, password Secret, stored string) (bool, error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", argonMemory, argonTime, argonLanes) {
		return false, fmt.Errorf("stored password: unknown form")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("stored password: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("stored password: %w", err)
	}
	got, err := h.derive(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}
