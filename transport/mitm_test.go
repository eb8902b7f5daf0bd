package transport_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/alongside-remote/alongside/transport"
)

// impostor is a broker with another certificate. It counts what it is told.
type impostor struct {
	addr      string
	bytes     atomic.Int64 // of the application
	completed atomic.Int64 // handshakes
	dialled   atomic.Int64
}

// newImpostor listens on both transports with a certificate.
func newImpostor(t *testing.T, cert tls.Certificate) *impostor {
	t.Helper()
	conf := &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: []string{transport.ALPN},
		Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequestClientCert,
	}
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := &impostor{addr: raw.Addr().String()}
	udp, err := net.ListenPacket("udp", i.addr)
	if err != nil {
		t.Fatal(err)
	}
	q, err := quic.Listen(udp, conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); _ = raw.Close(); _ = q.Close(); _ = udp.Close() })
	go func() {
		for {
			c, err := raw.Accept()
			if err != nil {
				return
			}
			go i.listenTCP(tls.Server(c, conf))
		}
	}()
	go func() {
		for {
			c, err := q.Accept(ctx)
			if err != nil {
				return
			}
			i.completed.Add(1)
			go func() {
				s, err := c.AcceptStream(ctx)
				if err != nil {
					return
				}
				n, _ := s.Read(make([]byte, 1))
				i.bytes.Add(int64(n))
			}()
		}
	}()
	return i
}

func (i *impostor) listenTCP(c *tls.Conn) {
	defer c.Close()
	i.dialled.Add(1)
	if c.Handshake() != nil {
		return
	}
	i.completed.Add(1)
	n, _ := c.Read(make([]byte, 1))
	i.bytes.Add(int64(n))
}

// certificate wraps a key; parent nil signs itself.
func certificate(t *testing.T, key ed25519.PrivateKey, until time.Time, ca *tls.Certificate) tls.Certificate {
	t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(3), NotBefore: until.Add(-24 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: ca == nil, BasicConstraintsValid: true,
	}
	parent, signer := tmpl, any(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestH_ImpostorLearnsNothing(t *testing.T) {
	broker := certificate(t, newKey(t), time.Now().Add(time.Hour), nil)
	pin := transport.PinOf(broker.Leaf)
	// The pinned key's own certificate stands second in the chain: only the
	// first one is proved.
	behind := certificate(t, newKey(t), time.Now().Add(time.Hour), &broker)
	behind.Certificate = append(behind.Certificate, broker.Certificate...)
	rsaLike, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(4), NotAfter: time.Now().Add(time.Hour)}
	otherKind, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, rsaLike.Public(), rsaLike)
	if err != nil {
		t.Fatal(err)
	}
	for name, cert := range map[string]tls.Certificate{
		"OtherKey":           certificate(t, newKey(t), time.Now().Add(time.Hour), nil),
		"Expired":            certificate(t, newKey(t), time.Now().Add(-time.Hour), nil),
		"RightCAWrongKey":    certificate(t, newKey(t), time.Now().Add(time.Hour), &broker),
		"PinnedKeyOnlyChain": behind,
		"OtherKindOfKey":     {Certificate: [][]byte{otherKind}, PrivateKey: rsaLike},
	} {
		for _, kind := range []string{transport.QUIC, transport.WSS, ""} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				i := newImpostor(t, cert)
				id := identity(t)
				d := &transport.Dialer{Broker: i.addr, Pins: []transport.Pin{pin}, Identity: id, Log: quiet(), Transport: kind}
				l, err := d.Dial(t.Context())
				if err == nil {
					l.Close(nil)
					t.Fatal("linked with an impostor")
				}
				if !errors.Is(err, transport.ErrPinMismatch) || !transport.Terminal(err) {
					t.Errorf("dial: %v, want ErrPinMismatch", err)
				}
				if kind == "" && i.dialled.Load() != 0 {
					t.Error("tried WSS after QUIC met a wrong key")
				}
				if n := i.bytes.Load() + i.completed.Load(); n != 0 {
					t.Errorf("impostor completed %d handshakes and read %d bytes", i.completed.Load(), i.bytes.Load())
				}
			})
		}
	}
}

func TestNextPinIsAccepted(t *testing.T) {
	s, id := listen(t, transport.ServerConfig{})
	d := dialer(t, s, identity(t).Pin(), id.Pin())
	linked(t, s, d)
}

func TestG_ClientWithoutACertificateIsRefused(t *testing.T) {
	s, _ := listen(t, transport.ServerConfig{})
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(5), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, ecKey.Public(), ecKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, certs := range map[string][]tls.Certificate{
		"None":           nil,
		"OtherKindOfKey": {{Certificate: [][]byte{der}, PrivateKey: ecKey}},
	} {
		conf := stranger(certs...)
		t.Run("WSS/"+name, func(t *testing.T) {
			c, err := tls.Dial("tcp", s.Addr().String(), conf)
			if err == nil { // in TLS 1.3 the refusal comes after the client is done
				_ = c.SetDeadline(time.Now().Add(patience))
				_, err = c.Read(make([]byte, 1))
				_ = c.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("got %v, want a refusal for the certificate", err)
			}
		})
		t.Run("QUIC/"+name, func(t *testing.T) {
			c, err := quic.DialAddr(t.Context(), s.Addr().String(), conf, nil)
			if err == nil {
				_, err = c.AcceptStream(t.Context())
			}
			var te *quic.TransportError
			if !errors.As(err, &te) || !te.ErrorCode.IsCryptoError() || !te.Remote {
				t.Errorf("got %v, want a refusal in the handshake", err)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if l, err := s.Accept(ctx); err == nil {
		t.Errorf("server handed out %s", l.Peer())
	}
}

// stranger is a client's TLS that trusts anybody, as an attacker's tools do.
func stranger(certs ...tls.Certificate) *tls.Config {
	return &tls.Config{NextProtos: []string{transport.ALPN}, InsecureSkipVerify: true, Certificates: certs}
}

// ticketSpy is a session cache that only notes.
type ticketSpy struct{ tickets atomic.Int64 }

func (s *ticketSpy) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (s *ticketSpy) Put(string, *tls.ClientSessionState)        { s.tickets.Add(1) }

func TestD3_NoSessionTicketsForAgents(t *testing.T) {
	s, _ := listen(t, transport.ServerConfig{})
	spy := new(ticketSpy)
	conf := stranger(certificate(t, newKey(t), time.Now().Add(time.Hour), nil))
	conf.ClientSessionCache = spy
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	q, err := quic.DialAddr(ctx, s.Addr().String(), conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	broker, err := s.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	broker.Close(nil)
	<-q.Context().Done() // a ticket would have come before the close

	c, err := tls.Dial("tcp", s.Addr().String(), conf)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// The answer to rubbish comes after where tickets would have.
	if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if n := spy.tickets.Load(); n != 0 {
		t.Errorf("%d tickets", n)
	}
	if q.ConnectionState().Used0RTT || c.ConnectionState().DidResume {
		t.Error("resumed")
	}
}

func TestG_EnrollmentProofIsBoundToKeyAndConnection(t *testing.T) {
	s, id := listen(t, transport.ServerConfig{})
	for _, kind := range []string{transport.QUIC, transport.WSS} {
		d, e := dialer(t, s, id.Pin()), dialer(t, s, id.Pin())
		d.Transport, e.Transport = kind, kind
		agent, broker := linked(t, s, d)
		again, brokerAgain := linked(t, s, e)
		proof, err := transport.ProveEnroll(d.Identity, agent, "token")
		if err != nil {
			t.Fatal(err)
		}
		if err := transport.VerifyEnroll(broker, "token", proof); err != nil {
			t.Errorf("%s: honest proof: %v", kind, err)
		}
		if transport.VerifyEnroll(broker, "tokem", proof) == nil {
			t.Errorf("%s: proof for another token accepted", kind)
		}
		if transport.VerifyEnroll(brokerAgain, "token", proof) == nil {
			t.Errorf("%s: proof of another connection accepted", kind)
		}
		// Present key A, claim B: B's signature over A's connection is no proof.
		claim, err := transport.ProveEnroll(e.Identity, agent, "token")
		if err != nil {
			t.Fatal(err)
		}
		if transport.VerifyEnroll(broker, "token", claim) == nil {
			t.Errorf("%s: another key's proof accepted", kind)
		}
		if broker.Peer() != d.Identity.Pin() || brokerAgain.Peer() != e.Identity.Pin() {
			t.Errorf("%s: identity is not the handshake's key", kind)
		}
		again.Close(nil)
	}
}

func TestH_VerificationIsReplacedInOneFileOnly(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	alone := regexp.MustCompile(`InsecureSkipVerify: true,[^\n]*\n\t*VerifyConnection:`)
	var with []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code := string(b)
		if n := strings.Count(code, "InsecureSkipVerify:"); n > 0 && !strings.HasSuffix(f, "_test.go") {
			with = append(with, f)
			if n != 1 || !alone.MatchString(code) {
				t.Errorf("%s: want one InsecureSkipVerify, right before its VerifyConnection", f)
			}
		}
	}
	if len(with) != 1 || with[0] != "tls.go" {
		t.Errorf("InsecureSkipVerify in %v, want tls.go only", with)
	}
}
