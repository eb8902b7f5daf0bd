package broker

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"github.com/alongside-remote/alongside/broker/keyring"
)

// certificates are what browsers are shown: one for HTTPS, and for HTTP/3 either
// the same or, where it is generated, the short-lived one that pages name by its
// hash.
type certificates struct {
	web   func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	first *tls.Certificate // generated or from files; nil with ACME

	mu     sync.Mutex
	byHash *keyring.ByHash // nil: browsers trust web
}

func newCertificates(c Config, k *keyring.Keyring, hosts []string) (*certificates, error) {
	switch {
	case c.ACMEHost != "":
		m := &autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(c.ACMEHost),
			Cache: autocert.DirCache(filepath.Join(c.Data, "acme")),
		}
		return &certificates{web: m.GetCertificate}, nil
	case c.TLSCert != "":
		cert, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("web certificate: %w", err)
		}
		return &certificates{web: always(&cert), first: &cert}, nil
	default:
		cert, err := k.Web(hosts, c.Now())
		if err != nil {
			return nil, err
		}
		h, err := k.ByHash(hosts, c.Now())
		if err != nil {
			return nil, err
		}
		return &certificates{web: always(cert), first: cert, byHash: &h}, nil
	}
}

func always(c *tls.Certificate) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c, nil }
}

// get is for the TLS handshake.
func (c *certificates) get(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if slices.Contains(h.SupportedProtos, "h3") {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.byHash != nil {
			return c.byHash.Current, nil
		}
	}
	return c.web(h)
}

// hashes are what pages pin; none where the certificate is trusted.
func (c *certificates) hashes() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byHash == nil {
		return nil
	}
	return c.byHash.Hashes()
}

// fingerprint is what a person compares; empty with ACME.
func (c *certificates) fingerprint() string {
	if c.first == nil {
		return ""
	}
	f := sha256.Sum256(c.first.Certificate[0])
	return fmt.Sprintf("%x", f)
}

// rotate keeps the certificates by hash fresh until ctx ends.
func (b *Broker) rotate(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if b.certs.hashes() == nil {
			return
		}
		h, err := b.keys.ByHash(b.names, b.conf.Now())
		if err != nil {
			b.conf.Log.Error("rotate certificates", "error", err)
			continue
		}
		b.certs.mu.Lock()
		b.certs.byHash = &h
		b.certs.mu.Unlock()
	}
}
