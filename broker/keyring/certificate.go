package keyring

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
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
	"net"
	"time"
)

// Lives of generated certificates. Browsers take one by its hash only when its
// validity is at most 14 days (W3C WebTransport, 6.9).
const (
	webLife     = 365 * 24 * time.Hour
	hashLife    = 14*24*time.Hour - time.Hour
	rotateEvery = 7 * 24 * time.Hour
	// clockSlack dates a certificate back for browsers whose clock is late.
	clockSlack = 24 * time.Hour
)

// Fingerprint is the SHA-256 of a certificate.
func Fingerprint(c *tls.Certificate) [sha256.Size]byte { return sha256.Sum256(c.Certificate[0]) }

// generate makes a self-signed certificate for hosts.
func generate(hosts []string, from time.Time, life time.Duration) (*tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Alongside broker"},
		NotBefore: from, NotAfter: from.Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else if h != "" {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	_ = pem.Encode(&b, &pem.Block{Type: keyType, Bytes: keyDER}) // a Buffer takes it all
	_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	c, err := tls.X509KeyPair(b.Bytes(), b.Bytes())
	return &c, b.Bytes(), err
}

// certificate loads the certificate of a file.
func (k *Keyring) certificate(name string) (*tls.Certificate, error) {
	b, err := k.read(name)
	if err != nil {
		return nil, err
	}
	c, err := tls.X509KeyPair(b, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &c, nil
}

// Web is the generated certificate for HTTPS, whose fingerprint a person
// compares. It is kept as long as it is valid and fits the hosts.
func (k *Keyring) Web(hosts []string, now time.Time) (*tls.Certificate, error) {
	const file = "web.pem"
	c, err := k.certificate(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if c != nil && now.Add(30*24*time.Hour).Before(c.Leaf.NotAfter) && covers(c, hosts) {
		return c, nil
	}
	c, b, err := generate(hosts, now.Add(-clockSlack), webLife)
	if err != nil {
		return nil, fmt.Errorf("web certificate: %w", err)
	}
	return c, k.write(file, b)
}

func covers(c *tls.Certificate, hosts []string) bool {
	for _, h := range hosts {
		if c.Leaf.VerifyHostname(h) != nil {
			return false
		}
	}
	return true
}

// ByHash are the certificates that browsers take by their hash: the one in use
// and the next, both published.
type ByHash struct{ Current, Next *tls.Certificate }

// Hashes are what a page is given.
func (h ByHash) Hashes() [][]byte {
	a, b := Fingerprint(h.Current), Fingerprint(h.Next)
	return [][]byte{a[:], b[:]}
}

// ByHash loads the pair, and makes or rotates it where that is due.
func (k *Keyring) ByHash(hosts []string, now time.Time) (ByHash, error) {
	const current, next = "webtransport.pem", "webtransport-next.pem"
	var h ByHash
	for _, f := range []struct {
		name string
		to   **tls.Certificate
	}{{current, &h.Current}, {next, &h.Next}} {
		c, err := k.certificate(f.name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return h, err
		}
		if c != nil && covers(c, hosts) {
			*f.to = c
		}
	}
	// The next one begins its validity when the current one is a week old, so
	// that each is in use for its first week and valid for one more.
	due := h.Current == nil || !now.Before(h.Current.Leaf.NotBefore.Add(clockSlack+rotateEvery))
	if due && h.Next != nil && !now.Before(h.Next.Leaf.NotBefore) && now.Before(h.Next.Leaf.NotAfter.Add(-clockSlack)) {
		h.Current, h.Next = h.Next, nil
		if err := k.store(current, h.Current); err != nil {
			return h, err
		}
	} else if due {
		h.Next = nil
		c, b, err := generate(hosts, now.Add(-clockSlack), hashLife)
		if err != nil {
			return h, fmt.Errorf("WebTransport certificate: %w", err)
		}
		if err := k.write(current, b); err != nil {
			return h, err
		}
		h.Current = c
	}
	if h.Next == nil {
		c, b, err := generate(hosts, h.Current.Leaf.NotBefore.Add(rotateEvery), hashLife)
		if err != nil {
			return h, fmt.Errorf("WebTransport certificate: %w", err)
		}
		if err := k.write(next, b); err != nil {
			return h, err
		}
		h.Next = c
	}
	return h, nil
}

func (k *Keyring) store(name string, c *tls.Certificate) error {
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return err
	}
	b := pem.EncodeToMemory(&pem.Block{Type: keyType, Bytes: der})
	return k.write(name, append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})...))
}
