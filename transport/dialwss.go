package transport

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/coder/websocket"
)

// linkPath is where the broker's WebSocket of links is. Only a TLS connection
// with the link's protocol and a client key gets there.
const linkPath = "/link"

// dialWSS connects over TCP: TLS with the link's protocol and both keys, then a
// WebSocket, then yamux.
func (d *Dialer) dialWSS(ctx context.Context, host string) (_ Link, err error) {
	raw, err := d.dialTCP(ctx)
	if err != nil {
		return nil, err
	}
	tc := tls.Client(swift(raw), clientTLS(d.Identity, d.Pins, host))
	if err := tc.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	p, err := newPeer(tc.ConnectionState())
	if err != nil {
		return nil, errors.Join(err, tc.Close())
	}
	// The HTTP client gets the one connection that is there, as if it were a
	// plain one: it has no TLS of its own that could be configured differently.
	one := make(chan net.Conn, 1)
	one <- tc
	ht := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			select {
			case c := <-one:
				return c, nil
			default:
				return nil, net.ErrClosed
			}
		},
	}
	defer ht.CloseIdleConnections()
	to := url.URL{Scheme: "ws", Host: d.Broker, Path: linkPath}
	ws, _, err := websocket.Dial(ctx, to.String(), &websocket.DialOptions{ //nolint:bodyclose // the library closes it
		HTTPClient:      &http.Client{Transport: ht, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("upgrade: %w", err), tc.Close())
	}
	l, err := newMuxLink(ctx, newMuxConn(ws), p, raw.RemoteAddr().String(), true, d.Log)
	if err != nil {
		return nil, err // not l: a Link that holds a nil pointer is not nil
	}
	return l, nil
}

// dialTCP connects to the broker, through the proxy if there is one.
func (d *Dialer) dialTCP(ctx context.Context) (net.Conn, error) {
	nd := &net.Dialer{Control: tuneTCP}
	if d.Proxy == nil {
		return nd.DialContext(ctx, "tcp", d.Broker)
	}
	if d.Proxy.Scheme != "http" {
		return nil, fmt.Errorf("proxy %s: only http is supported", d.Proxy.Redacted())
	}
	addr := d.Proxy.Host
	if d.Proxy.Port() == "" {
		addr = net.JoinHostPort(d.Proxy.Hostname(), "80")
	}
	c, err := nd.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	err = connect(c, d.Broker, d.Proxy.User)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("proxy: %w", err), c.Close())
	}
	return c, nil
}

// connect asks a proxy for a tunnel. The answer is read byte by byte so that
// nothing of what follows it is taken.
func connect(c net.Conn, to string, user *url.Userinfo) error {
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: to}, Host: to, Header: http.Header{}}
	if user != nil {
		password, _ := user.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := req.Write(c); err != nil {
		return err
	}
	head, err := readHead(c)
	if err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(head), req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	return nil
}

// maxProxyHead is the longest answer of a proxy, as long as servers allow a
// request's header to be.
const maxProxyHead = 8 << 10

// readHead reads up to the empty line that ends an HTTP header.
func readHead(c net.Conn) (*bytes.Reader, error) {
	var head []byte
	var b [1]byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		if len(head) == maxProxyHead {
			return nil, errors.New("answer too long")
		}
		if _, err := io.ReadFull(c, b[:]); err != nil {
			return nil, err
		}
		head = append(head, b[0])
	}
	return bytes.NewReader(head), nil
}
