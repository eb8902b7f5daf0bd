package transport_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// web makes a browser's certificate for 127.0.0.1 and what trusts it.
func web(t testing.TB) (func(*tls.ClientHelloInfo) (*tls.Certificate, error), *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	c := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c, nil }, pool
}

// serveHTTP answers browsers on TCP with the protocol they came by.
func serveHTTP(t *testing.T, s *transport.Server) {
	t.Helper()
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })}
	var work sync.WaitGroup
	work.Go(func() { _ = srv.Serve(s.HTTPListener()) })
	t.Cleanup(func() { _ = srv.Close(); work.Wait() })
}

func TestBrowsersAndAgentsShareOnePort(t *testing.T) {
	cert, pool := web(t)
	s, id := listen(t, transport.ServerConfig{WebCertificate: cert})
	serveHTTP(t, s)
	for proto, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(!h2)
		protocols.SetHTTP2(h2)
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, Protocols: protocols}}
		resp, err := c.Get("https://" + s.Addr().String() + "/")
		if err != nil {
			t.Errorf("%s: %v", proto, err)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(body) != proto {
			t.Errorf("spoke %s, want %s", body, proto)
		}
		c.CloseIdleConnections()
	}
	for _, kind := range []string{transport.QUIC, transport.WSS} {
		d := dialer(t, s, id.Pin())
		d.Transport = kind
		agent, broker := linked(t, s, d)
		if agent.Peer() != id.Pin() || broker.Peer() != d.Identity.Pin() {
			t.Errorf("%s: peers are %s and %s", kind, agent.Peer(), broker.Peer())
		}
		if k, err := transport.PeerKey(broker); err != nil || !k.Equal(d.Identity.Public()) {
			t.Errorf("%s: key of the agent: %v", kind, err)
		}
		if agent.Info() != (transport.Info{Transport: kind, Remote: s.Addr().String()}) {
			t.Errorf("%s: info %+v", kind, agent.Info())
		}
	}
}

func TestWebTransportStreamThroughTheServer(t *testing.T) {
	cert, pool := web(t)
	s, _ := listen(t, transport.ServerConfig{WebCertificate: cert})
	mux := http.NewServeMux()
	wt := &webtransport.Server{H3: &http3.Server{Handler: mux}, CheckOrigin: func(*http.Request) bool { return true }}
	mux.HandleFunc("/viewer", func(w http.ResponseWriter, r *http.Request) {
		sess, err := wt.Upgrade(w, r)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		st, err := sess.AcceptStream(r.Context())
		if err != nil {
			t.Errorf("accept stream: %v", err)
			return
		}
		_, _ = io.Copy(st, st)
		_ = st.Close()
	})
	var work sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	work.Go(func() {
		for {
			c, err := s.AcceptHTTP3(ctx)
			if err != nil {
				return
			}
			work.Go(func() { _ = wt.ServeQUICConn(c) })
		}
	})
	defer work.Wait()
	defer wt.Close()
	defer cancel()

	d := webtransport.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, NextProtos: []string{"h3"}},
		QUICConfig:      &quic.Config{EnableDatagrams: true, EnableStreamResetPartialDelivery: true},
	}
	defer d.Close()
	_, sess, err := d.Dial(ctx, "https://"+s.Addr().String()+"/viewer", nil)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	st, err := sess.OpenStreamSync(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Write([]byte("a viewer's bytes")); err != nil {
		t.Fatal(err)
	}
	_ = st.Close()
	if got, err := io.ReadAll(st); err != nil || string(got) != "a viewer's bytes" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestBrowsersAreTurnedAwayWithoutACertificateForThem(t *testing.T) {
	s, _ := listen(t, transport.ServerConfig{})
	if _, err := new(tls.Dialer).DialContext(t.Context(), "tcp", s.Addr().String()); err == nil {
		t.Error("handshake succeeded")
	}
}

func TestPlannedRestartTellsAgentsWhenToComeBack(t *testing.T) {
	s, id := listen(t, transport.ServerConfig{})
	var agents []transport.Link
	for _, kind := range []string{transport.QUIC, transport.WSS} {
		d := dialer(t, s, id.Pin())
		d.Transport = kind
		a, _ := linked(t, s, d)
		agents = append(agents, a)
	}
	// Nobody accepts these, so they come last: a link is told only once the server
	// has made it.
	for _, kind := range []string{transport.QUIC, transport.WSS} {
		d := dialer(t, s, id.Pin())
		d.Transport = kind
		waiting, err := d.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer wait(t, waiting)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	for _, a := range agents {
		wait(t, a)
		var retry *transport.RetryError
		if err := a.Cause(); !errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN}) || !errors.As(err, &retry) {
			t.Errorf("%s: cause %v", a.Info().Transport, err)
		}
	}
	if _, err := s.Accept(t.Context()); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}
}

func wait(t testing.TB, l transport.Link) {
	t.Helper()
	select {
	case <-l.Done():
	case <-time.After(patience):
		t.Fatal("link does not end")
	}
}
