package transport

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path/filepath"
	"time"
)

const (
	keyFile     = "identity.key"
	keyPEMType  = "PRIVATE KEY"
	maxKeyFile  = 4 << 10 // a PKCS #8 ed25519 key in PEM is 119 bytes
	derivedSize = 32
)

// Identity is the key of a device or of a broker. It is made where it is used
// and never leaves the machine: what others know of it is its Pin.
type Identity struct {
	key  ed25519.PrivateKey
	cert tls.Certificate
	pin  Pin
}

// NewIdentity makes a fresh identity that lives in memory only.
func NewIdentity() (*Identity, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("identity key: %w", err)
	}
	return identityOf(key)
}

// LoadOrCreateIdentity loads the key from dir, or makes dir and the key if there
// is none. The directory must be ours and nobody else's (mode 0700, not a
// symbolic link) and so must the file (0600): anything else is an ErrExposed and
// the key is not used.
func LoadOrCreateIdentity(dir string) (*Identity, error) {
	if err := makeOwnDir(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, keyFile)
	b, err := readOwnFile(path, maxKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path); err != nil {
			return nil, fmt.Errorf("create identity: %w", err)
		}
		// Read back what is there: another process may have been first.
		b, err = readOwnFile(path, maxKeyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	return parseIdentity(b)
}

func createKey(path string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	err = createOwnFile(path, pem.EncodeToMemory(&pem.Block{Type: keyPEMType, Bytes: der}))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func parseIdentity(b []byte) (*Identity, error) {
	block, rest := pem.Decode(b)
	if block == nil || block.Type != keyPEMType || len(rest) != 0 {
		return nil, errors.New("load identity: not one PEM private key")
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	key, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("load identity: not an ed25519 key")
	}
	return identityOf(key)
}

// identityOf wraps the key in a certificate, which TLS needs and nobody reads:
// the same key always gives the same bytes, it names nobody and never expires
// (RFC 5280, 4.1.2.5), so that a wrong clock cannot lock a device out.
func identityOf(key ed25519.PrivateKey) (*Identity, error) {
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "alongside"},
		NotBefore:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("identity certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("identity certificate: %w", err)
	}
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	return &Identity{key: key, cert: cert, pin: PinOf(leaf)}, nil
}

// IdentityOf is the identity whose seed another process of this program handed over.
func IdentityOf(seed []byte) (*Identity, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("identity key of %d bytes", len(seed))
	}
	return identityOf(ed25519.NewKeyFromSeed(seed))
}

// Seed is the key itself, to be handed to a process of this program that goes on in
// this one's place, and to nobody else.
func (i *Identity) Seed() []byte { return i.key.Seed() }

// Pin is the pin of the public key.
func (i *Identity) Pin() Pin { return i.pin }

// Public is the public key.
func (i *Identity) Public() ed25519.PublicKey { return i.key.Public().(ed25519.PublicKey) }

// Sign signs a message. The caller starts it with a text that no other kind of
// message starts with.
func (i *Identity) Sign(message []byte) []byte { return ed25519.Sign(i.key, message) }

// Derive is a secret that only this key gives, one for each label, for a use
// beside signing.
func (i *Identity) Derive(label string) [derivedSize]byte {
	b, err := hkdf.Key(sha256.New, i.key.Seed(), nil, label, derivedSize)
	if err != nil {
		panic("transport: 32 bytes are within what HKDF gives")
	}
	return [derivedSize]byte(b)
}

// String keeps the key out of logs.
func (i *Identity) String() string { return i.pin.String() }
