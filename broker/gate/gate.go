// Package gate is what a browser's request goes through before anything of the
// broker sees it: the allowed hosts, the exact list of routes, the origin, the
// sign-in, and the headers of every answer. What is not listed does not exist.
package gate

import (
	"log/slog"
	"net/http"
	"strings"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api"
	"github.com/alongside-remote/alongside/broker/guest"
	"github.com/alongside-remote/alongside/internal/redact"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// maxBody bounds what a handler may read of a request.
const maxBody = 128 << 10

// Route is one path with what may be done there.
type Route struct {
	// Path is exact, or ends with "/*" for one more segment of letters, digits
	// and dashes.
	Path    string
	Methods []string
	// Public routes answer without a sign-in.
	Public bool
	// Same routes are public and answer everybody the same: nobody is looked up.
	Same bool
	// Half routes answer to half a sign-in, which lacks its second factor.
	Half bool
	// Key routes answer to an API key in the place of a sign-in.
	Key bool
	// Guest routes answer to a guest, who is nobody at other public ones and refused
	// at all the rest.
	Guest bool
	// Origin demands the Origin of the page's own host: for upgrades, which
	// browsers allow across origins.
	Origin bool
	// Large routes bound what they read of a request themselves.
	Large   bool
	Handler http.Handler
}

// Config is what a gate needs.
type Config struct {
	// Hosts are the values of Host that are answered, with ports where they are
	// not the scheme's own.
	Hosts    []string
	Routes   []Route
	Accounts *account.Service
	Doorman  *guest.Doorman
	Log      *slog.Logger
}

// Gate is the handler of one listener.
type Gate struct {
	conf     Config
	hosts    map[string]bool
	exact    map[string]*Route
	segment  map[string]*Route // by what stands before the segment
	cross    *http.CrossOriginProtection
	rejected *connect.ErrorWriter
}

// New makes a gate.
func New(c Config) *Gate {
	g := &Gate{
		conf: c, hosts: make(map[string]bool), exact: make(map[string]*Route), segment: make(map[string]*Route),
		cross: http.NewCrossOriginProtection(), rejected: connect.NewErrorWriter(),
	}
	for _, h := range c.Hosts {
		g.hosts[strings.ToLower(h)] = true
	}
	for i := range c.Routes {
		r := &c.Routes[i]
		if before, ok := strings.CutSuffix(r.Path, "*"); ok {
			g.segment[before] = r
		} else {
			g.exact[r.Path] = r
		}
	}
	return g
}

// Routes is the table, for the test that walks it.
func (g *Gate) Routes() []Route { return g.conf.Routes }

// ServeHTTP lets a request through to its route or refuses it.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	headers(w.Header(), r)
	if !g.hosts[strings.ToLower(r.Host)] {
		http.Error(w, "this broker has another name", http.StatusMisdirectedRequest)
		return
	}
	route := g.find(r)
	if route == nil {
		http.NotFound(w, r)
		return
	}
	if err := g.cross.Check(r); err != nil || route.Origin && !sameOrigin(r) {
		g.refuse(w, r, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "the request comes from another site")
		return
	}
	if !allowed(route.Methods, r.Method) {
		w.Header().Set("Allow", strings.Join(route.Methods, ", "))
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if route.Same {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		g.serve(route, w, r)
		return
	}
	p, fresh, err := g.who(route, r)
	if err == nil && p.ID == "" {
		p = g.guest(route, r)
	}
	if err != nil {
		g.answer(w, r, err)
		return
	}
	if err := admit(route, p); err != nil {
		g.answer(w, r, err)
		return
	}
	if fresh != "" {
		http.SetCookie(w, account.Cookie(fresh))
	}
	r = r.WithContext(account.At(account.With(r.Context(), p), origin(r)))
	if !route.Large {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	}
	g.serve(route, w, r)
}

// serve cuts the answer off where a handler panics, as the server would, which would also
// log what the panic says.
func (g *Gate) serve(route *Route, w http.ResponseWriter, r *http.Request) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler: //nolint:errorlint // this very value, as the server asks for
			panic(p)
		default:
			g.conf.Log.ErrorContext(r.Context(), "a handler panicked", "path", route.Path, "at", redact.Place())
			panic(http.ErrAbortHandler)
		}
	}()
	route.Handler.ServeHTTP(w, r)
}

// maxCookie is more than a secret takes.
const maxCookie = 128

// bearer begins the header of an API key.
const bearer = "Bearer "

// who finds out who calls: by an API key where one is sent, else by the cookie.
// A key that is no good is an error; a cookie that is none is nobody.
func (g *Gate) who(route *Route, r *http.Request) (p account.Principal, fresh account.Secret, err error) {
	if h := r.Header.Values("Authorization"); len(h) > 0 {
		key, ok := strings.CutPrefix(h[0], bearer)
		switch {
		case len(h) > 1 || !ok || len(key) > maxCookie:
			return p, "", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "send one API key as: Authorization: Bearer KEY")
		case !route.Key:
			return p, "", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "an API key may not do this; sign in")
		}
		p, err = g.conf.Accounts.AuthenticateKey(r.Context(), account.Secret(key), r.RemoteAddr)
		return p, "", err
	}
	c, err := r.Cookie(account.CookieName)
	if err != nil || len(c.Value) > maxCookie {
		return p, "", nil //nolint:nilerr // without a cookie it is nobody
	}
	p, fresh, err = g.conf.Accounts.Authenticate(r.Context(), account.Secret(c.Value))
	if err != nil {
		return account.Principal{}, "", nil //nolint:nilerr // nor with one that is not known
	}
	return p, fresh, nil
}

// guest finds out which guest calls, where guests may or everybody else has to be
// known.
func (g *Gate) guest(route *Route, r *http.Request) account.Principal {
	c, err := r.Cookie(guest.CookieName)
	if err != nil || len(c.Value) > maxCookie || route.Public && !route.Guest {
		return account.Principal{}
	}
	p, err := g.conf.Doorman.Authenticate(r.Context(), account.Secret(c.Value))
	if err != nil {
		return account.Principal{}
	}
	return p
}

// admit says whether somebody may ask for a route at all.
func admit(route *Route, p account.Principal) error {
	switch {
	case p.IsGuest() && !route.Guest:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "guests may not do this")
	case route.Public:
		return nil
	case p.ID == "":
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "sign in first")
	case p.Need != account.NeedNothing && !route.Half:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "the second factor is missing")
	default:
		return nil
	}
}

// origin is where the request was made to: one of the gate's own hosts.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + strings.ToLower(r.Host)
}

// find looks the path up as it was sent: a path that could be written another
// way is not in the table.
func (g *Gate) find(r *http.Request) *Route {
	if r.URL.IsAbs() || r.URL.Host != "" || r.URL.RawQuery != "" && strings.HasPrefix(r.URL.Path, "/alongside.") {
		return nil
	}
	path := r.URL.EscapedPath()
	if route := g.exact[path]; route != nil {
		return route
	}
	i := strings.LastIndexByte(path, '/') + 1
	if i == 0 || !name(path[i:]) {
		return nil
	}
	return g.segment[path[:i]]
}

// name reports whether a path's segment is an id as this broker makes them.
func name(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func allowed(methods []string, m string) bool {
	for _, a := range methods {
		if a == m {
			return true
		}
	}
	return false
}

// sameOrigin demands the page's own scheme, host and port; a missing Origin is
// another one.
func sameOrigin(r *http.Request) bool {
	o := r.Header.Values("Origin")
	return len(o) == 1 && o[0] == origin(r)
}

func (g *Gate) refuse(w http.ResponseWriter, r *http.Request, code wirepb.ErrorCode, detail string) {
	g.answer(w, r, &wire.CodeError{Code: code, Detail: detail})
}

// answer refuses a request with an error of the API.
func (g *Gate) answer(w http.ResponseWriter, r *http.Request, why error) {
	err := api.Error(r.Context(), g.conf.Log, why)
	if g.rejected.IsSupported(r) {
		_ = g.rejected.Write(w, r, err)
		return
	}
	status := http.StatusForbidden
	if err.Code() == connect.CodeUnauthenticated {
		status = http.StatusUnauthorized
	}
	http.Error(w, err.Message(), status)
}

// headers are those of every answer; a page may set a wider policy of its own.
func headers(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
