package transport

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// BundleVersion is the version of the bundle's format.
const BundleVersion = 1

// MaxBundle is the size of a bundle's file; real ones are under 2 KiB.
const MaxBundle = 16 << 10

const (
	maxBundleText  = 256     // organisation, token, address: what a prompt can show
	maxPins        = 2       // current and next
	maxBundleFloor = 8 << 10 // a floor with every key is under 1 KiB
	bundleDomain   = "alongside bundle v1\x00"
)

// ErrBundle means that a bundle is not what its broker signed, or is no longer
// valid: get a new one.
var ErrBundle = errors.New("bundle refused")

// ErrBundleExpired is the ErrBundle of one that was good until lately.
var ErrBundleExpired = fmt.Errorf("%w: expired", ErrBundle)

// Bundle tells a fresh endpoint which broker to enroll with. It is a file beside
// the unmodified binary, signed by the broker's identity.
type Bundle struct {
	Version      int               `json:"version"`
	Broker       string            `json:"broker"` // host:port
	Pins         []Pin             `json:"pins"`   // the broker's current key, then the next one
	Organisation string            `json:"organisation"`
	Token        string            `json:"token"`
	Expires      time.Time         `json:"expires"`
	Floor        string            `json:"floor,omitempty"` // policy.toml for a machine that has none
	Adhoc        *Adhoc            `json:"adhoc,omitempty"` // nil: for a device that stays
	KeyID        string            `json:"key_id"`          // pin of Key, one of Pins
	Key          ed25519.PublicKey `json:"key"`             // base64 in the file
	Signature    []byte            `json:"signature"`
}

// Sign fills Version, KeyID, Key and Signature and returns the file's content.
func (b *Bundle) Sign(broker *Identity) ([]byte, error) {
	b.Version = BundleVersion
	b.Expires = b.Expires.UTC().Truncate(time.Second)
	b.KeyID, b.Key = broker.Pin().String(), broker.Public()
	m, err := b.message()
	if err != nil {
		return nil, err
	}
	b.Signature = broker.Sign(m)
	if err := b.check(); err != nil {
		return nil, err
	}
	return b.encode()
}

// LoadBundle reads and verifies a bundle file. One for a single session has to be
// called as its broker called it.
func LoadBundle(path string, now time.Time) (*Bundle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	defer f.Close()
	c, err := io.ReadAll(io.LimitReader(f, MaxBundle+1))
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	b, err := ParseBundle(c, now)
	if err == nil && b.Adhoc != nil && !b.Adhoc.named(filepath.Base(path)) {
		err = fmt.Errorf("%w: renamed, it was %s", ErrBundle, b.Adhoc.FileName())
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// ParseBundle verifies the content of a bundle file. It takes exactly the bytes
// that Sign made: JSON that merely means the same is refused too.
func ParseBundle(content []byte, now time.Time) (*Bundle, error) {
	if len(content) > MaxBundle {
		return nil, fmt.Errorf("%w: over %d bytes", ErrBundle, MaxBundle)
	}
	b := new(Bundle)
	if err := json.Unmarshal(content, b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if again, err := b.encode(); err != nil || !bytes.Equal(again, content) {
		return nil, fmt.Errorf("%w: not as it was written", ErrBundle)
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	m, err := b.message()
	if err != nil {
		return nil, err
	}
	if !ed25519.Verify(b.Key, m, b.Signature) {
		return nil, fmt.Errorf("%w: signature", ErrBundle)
	}
	if !now.Before(b.Expires) {
		return nil, fmt.Errorf("%w %s", ErrBundleExpired, b.Expires.Format(time.DateOnly))
	}
	return b, nil
}

// check is everything but the signature and the time.
func (b *Bundle) check() error {
	if b.Version != BundleVersion {
		return fmt.Errorf("%w: version %d", ErrBundle, b.Version)
	}
	if err := checkAddress(b.Broker); err != nil {
		return fmt.Errorf("%w: broker %w", ErrBundle, err)
	}
	if !plain(b.Organisation) || !plain(b.Token) {
		return fmt.Errorf("%w: organisation or token", ErrBundle)
	}
	if len(b.Floor) > maxBundleFloor || !utf8.ValidString(b.Floor) {
		return fmt.Errorf("%w: policy floor", ErrBundle)
	}
	if b.Adhoc != nil {
		if _, ok := b.Adhoc.SessionID(); !ok || b.Token == "" || b.Floor != "" {
			return fmt.Errorf("%w: for one session, and without its id or a token, or with a policy for the machine", ErrBundle)
		}
	}
	if len(b.Pins) == 0 || len(b.Pins) > maxPins {
		return fmt.Errorf("%w: %d pins", ErrBundle, len(b.Pins))
	}
	p, err := pinOfKey(b.Key)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if b.KeyID != p.String() || !pinned(b.Pins, p) {
		return fmt.Errorf("%w: signed by a key that it does not pin", ErrBundle)
	}
	return nil
}

func (b *Bundle) message() ([]byte, error) {
	c := *b
	c.Signature = nil
	m, err := c.encode()
	return append([]byte(bundleDomain), m...), err
}

func (b *Bundle) encode() ([]byte, error) {
	c, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode bundle: %w", err)
	}
	return append(c, '\n'), nil
}

func pinOfKey(k ed25519.PublicKey) (Pin, error) {
	if len(k) != ed25519.PublicKeySize {
		return Pin{}, fmt.Errorf("ed25519 key of %d bytes", len(k))
	}
	der, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		return Pin{}, err
	}
	return PinOf(&x509.Certificate{RawSubjectPublicKeyInfo: der}), nil
}

// checkAddress accepts host:port with a numeric port.
func checkAddress(a string) error {
	host, port, err := net.SplitHostPort(a)
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || host == "" || !plain(host) || strings.ContainsAny(host, " /@?#") {
		return fmt.Errorf("address %q: want host:port", a)
	}
	return nil
}

// plain says that a text is short and has only characters that print.
func plain(s string) bool {
	return len(s) <= maxBundleText && utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
