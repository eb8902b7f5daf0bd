//go:build linux

package rig

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
)

// Rep is signed in at the broker over TLS.
type Rep struct {
	bed.Rep
	URL     string // of the console
	place   *Place
	cookies http.CookieJar
}

// SignIn signs the bench's rep in.
func (p *Place) SignIn(ctx context.Context) (*Rep, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	trust, err := p.tls()
	if err != nil {
		return nil, err
	}
	c := &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true}}
	r := &Rep{place: p, cookies: jar, URL: "https://" + p.Listen}
	r.Rep = bed.Rep{
		Name: repName, Password: p.Password, HTTP: c,
		SignInAPI: apipbconnect.NewSignInServiceClient(c, r.URL),
		Inventory: apipbconnect.NewInventoryServiceClient(c, r.URL),
		Sessions:  apipbconnect.NewSessionServiceClient(c, r.URL),
	}
	_, err = r.SignInAPI.SignIn(ctx, connect.NewRequest(&apipb.SignInRequest{Name: repName, Password: p.Password}))
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return r, nil
}

// tls trusts the broker's own certificate, as a browser does that was told to.
func (p *Place) tls() (*tls.Config, error) {
	b, err := os.ReadFile(filepath.Join(p.work, dataDir, "web.pem"))
	if err != nil {
		return nil, fmt.Errorf("the broker's certificate: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(b) {
		return nil, errors.New("no certificate of the broker")
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots}, nil
}

// Cookies are what a browser would send to the console.
func (r *Rep) Cookies() []*http.Cookie {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil
	}
	return r.cookies.Cookies(u)
}

// Stream is a viewer's media stream.
type Stream struct {
	io.ReadWriteCloser
	Opened time.Time
	read   *atomic.Int64
}

// Bytes is what was read from the TCP connection: TLS and WebSocket included.
func (s *Stream) Bytes() int64 { return s.read.Load() }

// View attaches a viewer to an active session.
func (r *Rep) View(ctx context.Context, session string) (*Stream, error) {
	res, err := r.Sessions.Attach(ctx, connect.NewRequest(&apipb.AttachRequest{Id: session}))
	if err != nil {
		return nil, fmt.Errorf("ticket: %w", err)
	}
	trust, err := r.place.tls()
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	for _, c := range r.Cookies() {
		header.Add("Cookie", c.Name+"="+c.Value)
	}
	s := &Stream{read: new(atomic.Int64)}
	counted := &http.Transport{TLSClientConfig: trust, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return &counter{c, s.read}, err
	}}
	s.ReadWriteCloser, _, err = viewer.DialWith(ctx, r.URL, res.Msg.Ticket, header, &http.Client{Transport: counted})
	return s, err
}

// counter counts what is read from a connection.
type counter struct {
	net.Conn
	read *atomic.Int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Add(int64(n))
	return n, err
}
