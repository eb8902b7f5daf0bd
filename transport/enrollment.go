package transport

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
)

const (
	enrollmentFile = "enrollment.json"
	maxEnrollment  = 16 << 10

	// enrollExport is the exporter label of the proof, enrollDomain what its
	// signed message starts with.
	enrollExport = "EXPORTER-alongside-enroll-v1"
	enrollDomain = "alongside enroll v1"
)

// Enrollment is what a device remembers of the broker that knows it. It stands
// beside the identity, under the same protection.
type Enrollment struct {
	Broker       string            `json:"broker"` // host:port
	Pins         []Pin             `json:"pins"`
	Organisation string            `json:"organisation"`
	DeviceID     string            `json:"device_id"`
	GrantKey     ed25519.PublicKey `json:"grant_key"` // signs grants
}

// LoadEnrollment reads the record from dir. It is fs.ErrNotExist if the device
// is not enrolled and ErrExposed if the record cannot be trusted.
func LoadEnrollment(dir string) (*Enrollment, error) {
	b, err := readOwnFile(filepath.Join(dir, enrollmentFile), maxEnrollment)
	if err != nil {
		return nil, fmt.Errorf("load enrollment: %w", err)
	}
	e, err := ParseEnrollment(b)
	if err != nil {
		return nil, fmt.Errorf("load enrollment: %w", err)
	}
	return e, nil
}

// ParseEnrollment reads the record as it stands in its file.
func ParseEnrollment(b []byte) (*Enrollment, error) {
	if len(b) > maxEnrollment {
		return nil, fmt.Errorf("record of %d bytes", len(b))
	}
	e := new(Enrollment)
	if err := json.Unmarshal(b, e); err != nil {
		return nil, err
	}
	return e, e.check()
}

// SaveEnrollment writes the record to dir, over an older one.
func SaveEnrollment(dir string, e *Enrollment) error {
	if err := e.check(); err != nil {
		return fmt.Errorf("save enrollment: %w", err)
	}
	if err := makeOwnDir(dir); err != nil {
		return err
	}
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("save enrollment: %w", err)
	}
	if err := replaceOwnFile(filepath.Join(dir, enrollmentFile), append(b, '\n')); err != nil {
		return fmt.Errorf("save enrollment: %w", err)
	}
	return nil
}

func (e *Enrollment) check() error {
	if err := checkAddress(e.Broker); err != nil {
		return err
	}
	if len(e.Pins) == 0 || len(e.Pins) > maxPins {
		return fmt.Errorf("%d pins", len(e.Pins))
	}
	if len(e.GrantKey) != ed25519.PublicKeySize {
		return fmt.Errorf("grant key of %d bytes", len(e.GrantKey))
	}
	return nil
}

// ProveEnroll is Enroll.proof: the device key's signature over this connection
// and the token, worth nothing on any other connection.
func ProveEnroll(i *Identity, l Link, token string) ([]byte, error) {
	m, err := enrollMessage(l, token)
	if err != nil {
		return nil, err
	}
	return i.Sign(m), nil
}

// VerifyEnroll checks Enroll.proof against the key of the link's TLS handshake.
func VerifyEnroll(l Link, token string, proof []byte) error {
	k, err := PeerKey(l)
	if err != nil {
		return err
	}
	m, err := enrollMessage(l, token)
	if err != nil {
		return err
	}
	if !ed25519.Verify(k, m, proof) {
		return errors.New("enrollment proof does not verify")
	}
	return nil
}

func enrollMessage(l Link, token string) ([]byte, error) {
	x, err := l.Export(enrollExport)
	if err != nil {
		return nil, fmt.Errorf("enrollment proof: %w", err)
	}
	h := sha256.Sum256([]byte(token))
	return append(append([]byte(enrollDomain), x...), h[:]...), nil
}
