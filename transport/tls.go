package transport

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
)

// This is the only file with InsecureSkipVerify. A link trusts pins and no
// authority, so the usual verification is replaced, never just left out: each
// config here has a VerifyConnection, which TLS calls before a byte of ours is sent
// or read. Tickets are off, so every connection proves its key anew.

// alpnHTTP are the protocols of browsers on TCP, alpnHTTP3 the one on QUIC. The
// last of them is the challenge of a certificate authority (RFC 8737), which ends
// with the handshake.
var (
	alpnHTTP  = []string{"h2", "http/1.1", "acme-tls/1"}
	alpnHTTP3 = []string{"h3"}
)

// clientTLS is the agent's side: it proves id and takes a broker with one of pins.
func clientTLS(id *Identity, pins []Pin, host string) *tls.Config {
	pins = slices.Clone(pins)
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{ALPN},
		ServerName:             host,
		SessionTicketsDisabled: true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &id.cert, nil
		},
		InsecureSkipVerify: true, //nolint:gosec // the pins below are stricter
		VerifyConnection: func(cs tls.ConnectionState) error {
			_, p, err := peerOf(cs)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrPinMismatch, err)
			}
			if !pinned(pins, p) {
				return fmt.Errorf("%w: got %s", ErrPinMismatch, p)
			}
			return nil
		},
	}
}

// agentTLS is the broker's side towards agents: it proves id and takes any
// ed25519 key, which becomes the identity of the link.
func agentTLS(id *Identity) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{ALPN},
		Certificates:           []tls.Certificate{id.cert},
		SessionTicketsDisabled: true,
		ClientAuth:             tls.RequireAnyClientCert,
		VerifyConnection: func(cs tls.ConnectionState) error {
			_, _, err := peerOf(cs)
			return err
		},
	}
}

// serverTLS tells agents from browsers by what the client offers. A client that
// offers the link's protocol is an agent, whatever else it offers.
func serverTLS(id *Identity, web func(*tls.ClientHelloInfo) (*tls.Certificate, error), webProtos []string) *tls.Config {
	agents := agentTLS(id)
	browsers := &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: webProtos, GetCertificate: web,
		// Small records help a page that is drawn while it comes. The first picture
		// of a viewer would be a hundred of them, each with a system call.
		DynamicRecordSizingDisabled: true,
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		// Never used, as each client gets one of the configs above; QUIC wants it.
		NextProtos: append([]string{ALPN}, webProtos...),
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			switch {
			case slices.Contains(h.SupportedProtos, ALPN):
				return agents, nil
			case web == nil:
				return nil, errors.New("no certificate for browsers")
			default:
				return browsers, nil
			}
		},
	}
}

// peerOf is the key that the peer proved in a completed handshake.
func peerOf(cs tls.ConnectionState) (ed25519.PublicKey, Pin, error) {
	if len(cs.PeerCertificates) == 0 {
		return nil, Pin{}, errors.New("peer without a certificate")
	}
	leaf := cs.PeerCertificates[0]
	k, ok := leaf.PublicKey.(ed25519.PublicKey)
	if !ok {
		return nil, Pin{}, fmt.Errorf("peer key is %s, want Ed25519", leaf.PublicKeyAlgorithm)
	}
	if cs.NegotiatedProtocol != ALPN {
		return nil, Pin{}, fmt.Errorf("protocol %q, want %s", cs.NegotiatedProtocol, ALPN)
	}
	return k, PinOf(leaf), nil
}

// peer is what a link knows of the other end.
type peer struct {
	state tls.ConnectionState
	key   ed25519.PublicKey
	pin   Pin
}

func newPeer(cs tls.ConnectionState) (peer, error) {
	k, p, err := peerOf(cs)
	return peer{state: cs, key: k, pin: p}, err
}

// Peer implements Link.
func (p *peer) Peer() Pin { return p.pin }

// PeerKey is for the function of that name.
func (p *peer) PeerKey() ed25519.PublicKey { return p.key }

// Export implements Link.
func (p *peer) Export(label string) ([]byte, error) {
	b, err := p.state.ExportKeyingMaterial(label, nil, derivedSize)
	if err != nil {
		return nil, fmt.Errorf("export key: %w", err)
	}
	return b, nil
}
