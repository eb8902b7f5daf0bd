package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// factorFile has the keys that seal secrets of second factors, one a line in
// base64, the newest last. It is not in the database: who has only that, or a copy
// of it, has no secrets.
const factorFile = "factor.key"

const (
	sealKeySize = 32   // AES-256
	sealMark    = "s1" // version of what is sealed; no base32 text begins with it, for it has no 1
)

// Errors of opening what is sealed. Both concern one secret, not the others.
var (
	ErrSealKeyLost = errors.New("its key is not in " + factorFile +
		": put the lost line back from a copy of the data folder, or take the factor away with alongside-broker account mfa reset NAME")
	ErrSeal = errors.New("not sealed by this broker for this account")
)

// Seal encrypts secrets that the database keeps, each bound to whom it belongs to.
// Its methods may be called from any goroutine.
type Seal struct{ keys []sealKey }

type sealKey struct {
	id   string
	aead cipher.AEAD
}

// FactorSeal reads the keys of second factors, of which it makes one where there is
// no file.
func (k *Keyring) FactorSeal() (*Seal, error) {
	b, err := k.read(factorFile)
	if errors.Is(err, fs.ErrNotExist) {
		if err = k.writeNew(factorFile, []byte(newSealKey()+"\n")); err == nil || errors.Is(err, fs.ErrExist) {
			b, err = k.read(factorFile)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("key of second factors: %w", err)
	}
	s, err := parseSeal(string(b))
	if err != nil {
		return nil, fmt.Errorf("key of second factors: %s: %w", factorFile, err)
	}
	return s, nil
}

// codesFile has the key under which short codes are hashed.
const codesFile = "codes.key"

// CodesKey is the key of hashes of short codes, which it makes where there is none.
// A plain hash of a code that a person can type is found by trying; who has only the
// database cannot try.
func (k *Keyring) CodesKey() ([]byte, error) {
	b, err := k.read(codesFile)
	if errors.Is(err, fs.ErrNotExist) {
		if err = k.writeNew(codesFile, []byte(newSealKey()+"\n")); err == nil || errors.Is(err, fs.ErrExist) {
			b, err = k.read(codesFile)
		}
	}
	if err == nil {
		b, err = base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	}
	if err == nil && len(b) != sealKeySize {
		err = errKey
	}
	if err != nil {
		return nil, fmt.Errorf("key of codes: %s: %w", codesFile, err)
	}
	return b, nil
}

var errKey = errors.New("it is not a key")

func newSealKey() string {
	b := make([]byte, sealKeySize)
	_, _ = rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}

func parseSeal(lines string) (*Seal, error) {
	s := new(Seal)
	for line := range strings.FieldsSeq(lines) {
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != sealKeySize {
			return nil, errors.New("a line is not a key") // and not what it is
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(append([]byte("alongside seal key "), key...))
		s.keys = append(s.keys, sealKey{hex.EncodeToString(sum[:4]), aead})
	}
	if len(s.keys) == 0 {
		return nil, errors.New("there is no key in it")
	}
	return s, nil
}

// Seal encrypts a secret for an owner with the newest key: s1.<key>.<nonce and text>.
func (s *Seal) Seal(owner, secret string) string {
	k := s.keys[len(s.keys)-1]
	b := k.aead.Seal(nil, nil, []byte(secret), []byte(owner)) //nolint:gosec // it makes its nonce itself
	return sealMark + "." + k.id + "." + base64.RawURLEncoding.EncodeToString(b)
}

// Open decrypts what was sealed for an owner.
func (s *Seal) Open(owner, sealed string) (string, error) {
	mark, rest, _ := strings.Cut(sealed, ".")
	id, text, whole := strings.Cut(rest, ".")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if mark != sealMark || !whole || err != nil {
		return "", ErrSeal
	}
	found := ErrSealKeyLost
	for _, k := range s.keys {
		if k.id != id {
			continue
		}
		if plain, err := k.aead.Open(nil, nil, b, []byte(owner)); err == nil {
			return string(plain), nil
		}
		found = ErrSeal
	}
	return "", found
}

// Sealed tells what is sealed from a base32 text, which secrets were before.
func (*Seal) Sealed(s string) bool { return strings.HasPrefix(s, sealMark+".") }
