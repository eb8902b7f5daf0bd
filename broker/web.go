package broker

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api"
	"github.com/alongside-remote/alongside/broker/console"
	"github.com/alongside-remote/alongside/broker/directory"
	"github.com/alongside-remote/alongside/broker/gate"
	"github.com/alongside-remote/alongside/broker/keyring"
	"github.com/alongside-remote/alongside/broker/portal"
	"github.com/alongside-remote/alongside/broker/transfer"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
)

// Limits of the HTTP servers.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeader         = 16 << 10
)

// viewerPath is where viewers open WebTransport.
const viewerPath = "/viewer"

// portalPath is the public page.
const portalPath = "/portal"

// pages are the addresses that the console's script shows.
var pages = []string{
	"/", "/sign-in", "/queue", "/requests", "/inventory", "/devices/*", "/sessions/*", "/audit", "/recordings", "/recordings/*", "/jump",
	"/explain", "/settings", "/settings/*", "/account", "/join",
}

func grantPublic(k *keyring.Keyring) ed25519.PublicKey {
	return k.Grant.Public().(ed25519.PublicKey) // of an ed25519 key
}

// requestsPage is where reps decide requests, and queuePage what waits for them, for
// mails. Who is not signed in gets there by signing in.
func (b *Broker) requestsPage() string { return b.page("/requests") }

// portalPage is the public page.
func (b *Broker) portalPage() string { return b.page(portalPath) }

func (b *Broker) queuePage() string { return b.page("/queue") }

// joinPage is where the links of guests lead.
func (b *Broker) joinPage() string { return b.page("/join") }

func (b *Broker) page(path string) string {
	return "https://" + strings.TrimSuffix(b.public(), ":443") + path
}

// listen opens the ports.
func (b *Broker) listen(ctx context.Context) error {
	host, _, err := net.SplitHostPort(b.conf.Listen)
	if err != nil {
		return fmt.Errorf("listen address: %w", err)
	}
	b.names = []string{"localhost", "127.0.0.1", "::1"}
	for _, h := range []string{host, hostOf(b.conf.Public)} {
		if ip := net.ParseIP(h); h != "" && (ip == nil || !ip.IsUnspecified()) && !slices.Contains(b.names, h) {
			b.names = append(b.names, h)
		}
	}
	if b.certs, err = newCertificates(b.conf, b.keys, b.names); err != nil {
		return err
	}
	if b.agents, err = transport.Listen(transport.ServerConfig{
		Addr: b.conf.Listen, Identity: b.keys.Identity, WebCertificate: b.certs.get, Log: b.conf.Log,
	}); err != nil {
		return err
	}
	if b.conf.Plain != "" {
		var lc net.ListenConfig
		if b.plain, err = lc.Listen(ctx, "tcp", b.conf.Plain); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	return nil
}

func hostOf(hostport string) string {
	h, _, _ := net.SplitHostPort(hostport)
	return h
}

// bundle makes an enrollment bundle.
func (b *Broker) bundle(token account.Secret, expires time.Time) ([]byte, error) {
	return Bundle(b.keys, b.public(), b.organisation(), token, expires, "")
}

// sessionBundle makes the bundle for the client of one chat.
func (b *Broker) sessionBundle(token account.Secret, expires time.Time, session wire.SessionID) (content []byte, name string, err error) {
	bundle := &transport.Bundle{
		Broker: b.public(), Pins: []transport.Pin{b.keys.Identity.Pin()}, Organisation: b.organisation(), Token: token.Reveal(), Expires: expires,
		Adhoc: transport.AdhocFor(session),
	}
	if content, err = bundle.Sign(b.keys.Identity); err != nil {
		return nil, "", fmt.Errorf("sign bundle: %w", err)
	}
	return content, bundle.Adhoc.FileName(), nil
}

// Bundle makes the file that a fresh endpoint enrolls with.
func Bundle(k *keyring.Keyring, address, organisation string, token account.Secret, expires time.Time, floor string) ([]byte, error) {
	bundle := &transport.Bundle{
		Broker: address, Pins: []transport.Pin{k.Identity.Pin()}, Organisation: organisation, Token: token.Reveal(), Expires: expires, Floor: floor,
	}
	content, err := bundle.Sign(k.Identity)
	if err != nil {
		return nil, fmt.Errorf("sign bundle: %w", err)
	}
	return content, nil
}

// openWeb makes the servers for browsers.
func (b *Broker) openWeb() error {
	_, port, err := net.SplitHostPort(b.public())
	if err != nil {
		return fmt.Errorf("public address: %w", err)
	}
	names := b.names
	if b.conf.ACMEHost != "" {
		names = append(slices.Clone(names), b.conf.ACMEHost)
	}
	_, own, _ := net.SplitHostPort(b.agents.Addr().String())
	hosts := append(hostsOf(port, "443", names...), hostsOf(own, "443", names...)...)
	var plainHosts, origins []string
	for _, h := range hosts {
		origins = append(origins, "https://"+h)
	}
	if b.plain != nil {
		h, p, _ := net.SplitHostPort(b.plain.Addr().String())
		plainHosts = hostsOf(p, "80", h, "localhost")
		for _, h := range plainHosts {
			origins = append(origins, "http://"+h)
		}
	}
	routes, err := b.routes()
	if err != nil {
		return err
	}
	b.https = b.server(gate.New(gate.Config{Hosts: hosts, Routes: routes, Accounts: b.accounts, Doorman: b.doorman, Log: b.conf.Log}))
	b.http = b.server(gate.New(gate.Config{Hosts: plainHosts, Routes: routes, Accounts: b.accounts, Doorman: b.doorman, Log: b.conf.Log}))
	b.wt = &webtransport.Server{
		// Handled by viewer, which demands an origin; the library lets a missing
		// one pass.
		CheckOrigin: func(*http.Request) bool { return true },
		H3: &http3.Server{
			MaxHeaderBytes: maxHeader, IdleTimeout: idleTimeout,
			Logger:  slog.New(slog.DiscardHandler),
			Handler: b.viewer(hosts, origins),
		},
	}
	return nil
}

func (b *Broker) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(b.conf.Log.Handler(), slog.LevelDebug),
	}
}

// routes is the whole table of what browsers may ask for on TCP.
func (b *Broker) routes() ([]gate.Route, error) {
	signInName, identity, err := b.openIdentity()
	if err != nil {
		return nil, err
	}
	s := &api.Server{Config: api.Config{
		Accounts: b.accounts, Store: b.store, Audit: b.audit, Fleet: b.fleet, Book: b.book, Desk: b.desk, Doorman: b.doorman, Recordings: b.tapes, Relay: b.relay, Hub: b.hub, Mail: b.mail, Room: b.room,
		Log: b.conf.Log, Now: b.conf.Now, Bundle: b.bundle, SetUp: b.setUp, Organisation: b.organisation, SignInName: signInName,
		Buttons:        b.buttons,
		ClosedSessions: b.conf.ClosedSessions,
		Jumps:          b.jumps,
		Files:          b.files,
		Directory:      directory.New(directory.Config{Store: b.store, Audit: b.audit, Hub: b.hub, Now: b.conf.Now}),
		Portal:         b.portal, PortalPage: b.portalPage,
		WebTransport: func() (string, [][]byte) { return "https://" + b.public() + viewerPath, b.certs.hashes() },
	}}
	routes, err := gate.Console{
		Files: console.Files(), Index: console.Index(), Policy: console.Policy, Pages: pages, Portal: console.Portal(), PortalPath: portalPath, Connect: []string{"https://" + b.public()},
	}.Routes()
	if err != nil {
		return nil, err
	}
	routes = append(routes, identity...)
	for _, r := range s.Routes() {
		routes = append(routes, gate.Route{Path: r.Path, Methods: []string{http.MethodPost}, Public: r.Public, Half: r.Half, Key: r.Key, Guest: r.Guest, Handler: r.Handler})
	}
	open := func(path string, h http.HandlerFunc) gate.Route {
		return gate.Route{Path: path, Methods: []string{http.MethodGet, http.MethodHead}, Public: true, Same: true, Handler: h}
	}
	routes = append(routes, open(portal.DownloadPath+"*", b.portal.Download), open(portal.LogoPath, b.portal.Logo))
	routes = append(routes, gate.Route{
		Path: transfer.Path + "*", Methods: []string{http.MethodGet, http.MethodPost}, Key: true, Guest: true, Large: true, Handler: b.files,
	})
	return append(routes, gate.Route{
		Path: api.ViewerSocket, Methods: []string{http.MethodGet}, Origin: true, Guest: true,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.relay.ServeWebSocket(w, r, account.Of(r.Context())) }),
	}), nil
}

// viewer is everything that browsers may ask for on QUIC: WebTransport to one
// path, from a page of ours, with a ticket.
func (b *Broker) viewer(hosts, origins []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != viewerPath || r.URL.RawQuery != "" || r.Method != http.MethodConnect:
			http.NotFound(w, r)
		case !slices.Contains(hosts, strings.ToLower(r.Host)):
			w.WriteHeader(http.StatusMisdirectedRequest)
		case !ours(r.Header.Values("Origin"), origins):
			w.WriteHeader(http.StatusForbidden)
		default:
			session, err := b.wt.Upgrade(w, r)
			if err != nil {
				b.conf.Log.Debug("webtransport", "remote", r.RemoteAddr, "error", err)
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			b.relay.ServeWebTransport(r, session)
		}
	})
}

// ours reports whether exactly one origin was sent and it is one of the console's.
func ours(sent, origins []string) bool {
	if len(sent) != 1 {
		return false
	}
	u, err := url.Parse(sent[0])
	return err == nil && u.User == nil && slices.Contains(origins, sent[0])
}

// serveHTTP3 serves browsers on QUIC until ctx ends.
func (b *Broker) serveHTTP3(ctx context.Context) {
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		c, err := b.agents.AcceptHTTP3(ctx)
		if err != nil {
			return
		}
		conns.Go(func() { b.serveQUIC(ctx, c) })
	}
}

func (b *Broker) serveQUIC(ctx context.Context, c *quic.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = c.CloseWithError(0, "") })
	defer stop()
	if err := b.wt.ServeQUICConn(c); err != nil {
		b.conf.Log.Debug("http/3", "remote", c.RemoteAddr().String(), "error", err)
	}
	_ = c.CloseWithError(0, "")
}
