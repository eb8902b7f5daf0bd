package transport

import (
	"crypto/ed25519"
	"errors"
	"fmt"
)

// forgetExport is the exporter label of the proof in Forget, forgetDomain what its
// signed message starts with.
const (
	forgetExport = "EXPORTER-alongside-forget-v1"
	forgetDomain = "alongside forget v1"
)

// ProveForget is Forget.proof: the device key's signature over this connection.
func ProveForget(i *Identity, l Link) ([]byte, error) {
	m, err := forgetMessage(l)
	if err != nil {
		return nil, err
	}
	return i.Sign(m), nil
}

// VerifyForget checks Forget.proof against the key of the link's TLS handshake.
func VerifyForget(l Link, proof []byte) error {
	k, err := PeerKey(l)
	if err != nil {
		return err
	}
	m, err := forgetMessage(l)
	if err != nil {
		return err
	}
	if !ed25519.Verify(k, m, proof) {
		return errors.New("proof of who is to be forgotten does not verify")
	}
	return nil
}

func forgetMessage(l Link) ([]byte, error) {
	x, err := l.Export(forgetExport)
	if err != nil {
		return nil, fmt.Errorf("proof of who is to be forgotten: %w", err)
	}
	return append([]byte(forgetDomain), x...), nil
}
