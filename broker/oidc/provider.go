package oidc

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Paths of the browser's way there and back.
const (
	StartPath    = "/oidc/start"
	CallbackPath = "/oidc/callback"
	signInPath   = "/sign-in"
)

const (
	// timeout bounds each call of the provider.
	timeout = 10 * time.Second
	// cookieName is the cookie of a sign-in under way. It comes back from another
	// site, so that it is Lax where the sign-in's own is Strict.
	cookieName = "__Host-alongside-oidc"
	// wayBack is how long the browser may take, as its cookie says; the broker
	// forgets it sooner.
	wayBack = 10 * time.Minute
	// maxParam bounds what the provider sends back.
	maxParam = 4 << 10
)

// Accounts signs in whom the provider names; see account.Service.
type Accounts interface {
	BeginExternal(ctx context.Context, remote string, content any) (account.Secret, error)
	TakeExternal(ctx context.Context, cookie account.Secret, content any) error
	SignInExternal(ctx context.Context, e account.External, remote string) (account.Principal, account.Secret, error)
}

// Provider is an identity provider. Its methods may be called from any goroutine.
type Provider struct {
	conf     *Config
	accounts Accounts
	log      *slog.Logger
	now      func() time.Time
	client   *http.Client

	mu    sync.Mutex
	found *oidc.Provider // nil: was not reached yet
}

// New makes a provider, which is reached when somebody signs in.
func New(c *Config, a Accounts, log *slog.Logger, now func() time.Time) (*Provider, error) {
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout,
		MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: time.Minute, MaxConnsPerHost: 8,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if c.ca != nil {
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(c.ca) {
			return nil, fmt.Errorf("identity provider: %s holds no certificate", c.CAFile)
		}
	}
	return &Provider{
		conf: c, accounts: a, log: log, now: now,
		client: &http.Client{Transport: t, Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// Name is what the sign-in page calls it.
func (p *Provider) Name() string { return p.conf.Name }

// discover is the provider as it describes itself. One that was not reached is
// asked again the next time.
func (p *Provider) discover() (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// It keeps the context for fetching keys later on: not a request's.
	found, err := oidc.NewProvider(oidc.ClientContext(context.Background(), p.client), p.conf.Issuer)
	if err != nil {
		return nil, fmt.Errorf("identity provider: %w", err)
	}
	p.found = found
	return found, nil
}

func (p *Provider) oauth(ctx context.Context, found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.conf.ClientID, ClientSecret: p.conf.secret.Reveal(), Endpoint: found.Endpoint(), RedirectURL: account.Site(ctx) + CallbackPath,
		Scopes: append([]string{oidc.ScopeOpenID, "profile", "email"}, p.conf.Scopes...),
	}
}

// underWay is what has to come back.
type underWay struct{ State, Nonce, Verifier, Redirect string }

// Start sends the browser to the provider.
func (p *Provider) Start(w http.ResponseWriter, r *http.Request) {
	found, err := p.discover()
	if err != nil {
		p.fail(w, r, err)
		return
	}
	conf := p.oauth(r.Context(), found)
	u := underWay{account.NewSecret().Reveal(), account.NewSecret().Reveal(), oauth2.GenerateVerifier(), conf.RedirectURL}
	secret, err := p.accounts.BeginExternal(r.Context(), r.RemoteAddr, u)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	http.SetCookie(w, cookie(secret.Reveal(), int(wayBack.Seconds())))
	http.Redirect(w, r, conf.AuthCodeURL(u.State, oidc.Nonce(u.Nonce), oauth2.S256ChallengeOption(u.Verifier)), http.StatusSeeOther)
}

func cookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// Callback takes the browser back and signs in whom the provider names.
func (p *Provider) Callback(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, cookie("", -1))
	e, err := p.identify(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	who, secret, err := p.accounts.SignInExternal(r.Context(), e, r.RemoteAddr)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	http.SetCookie(w, account.Cookie(secret))
	to := "/"
	if who.Need != account.NeedNothing {
		to = signInPath
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// fail leads back to the sign-in page, which tells what the code means.
func (p *Provider) fail(w http.ResponseWriter, r *http.Request, err error) {
	p.log.WarnContext(r.Context(), "sign-in through the identity provider", "from", account.Prefix(r.RemoteAddr), "error", err)
	code := wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED
	var ce *wire.CodeError
	if errors.As(err, &ce) {
		code = ce.Code
	}
	http.Redirect(w, r, signInPath+"?"+url.Values{"failed": {wire.CodeName(code)}}.Encode(), http.StatusSeeOther)
}

var errAnswer = errors.New("the identity provider's answer does not fit")

// param is a parameter that may be sent once.
func param(q url.Values, name string) (string, bool) {
	v := q[name]
	if len(v) != 1 || v[0] == "" || len(v[0]) > maxParam {
		return "", false
	}
	return v[0], true
}

// identify finds out who came back: by the cookie what was asked, by the code what
// the provider says.
func (p *Provider) identify(r *http.Request) (e account.External, err error) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return e, fmt.Errorf("%w: no sign-in is under way in this browser", errAnswer)
	}
	var asked underWay
	if err := p.accounts.TakeExternal(r.Context(), account.Secret(c.Value), &asked); err != nil {
		return e, err
	}
	q := r.URL.Query()
	state, ok := param(q, "state")
	if !ok || !same(state, asked.State) {
		return e, fmt.Errorf("%w: state", errAnswer)
	}
	if iss, sent := q["iss"]; sent && (len(iss) != 1 || iss[0] != p.conf.Issuer) {
		return e, fmt.Errorf("%w: issuer", errAnswer)
	}
	if refused := q.Get("error"); refused != "" {
		return e, fmt.Errorf("%w: %q", errAnswer, refused[:min(len(refused), 64)])
	}
	code, ok := param(q, "code")
	if !ok {
		return e, fmt.Errorf("%w: code", errAnswer)
	}
	return p.redeem(r.Context(), asked, code)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// redeem exchanges a code for a token of identity and checks it.
func (p *Provider) redeem(ctx context.Context, asked underWay, code string) (e account.External, err error) {
	found, err := p.discover()
	if err != nil {
		return e, err
	}
	conf := p.oauth(ctx, found)
	conf.RedirectURL = asked.Redirect
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := conf.Exchange(ctx, code, oauth2.VerifierOption(asked.Verifier))
	if err != nil {
		var re *oauth2.RetrieveError
		if errors.As(err, &re) {
			err = fmt.Errorf("%w: %q", errAnswer, re.ErrorCode) // its body may hold what was sent
		}
		return e, fmt.Errorf("exchange code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return e, fmt.Errorf("%w: no token of identity", errAnswer)
	}
	id, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.conf.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return e, fmt.Errorf("token of identity: %w", err)
	}
	if !same(id.Nonce, asked.Nonce) {
		return e, fmt.Errorf("%w: nonce", errAnswer)
	}
	claims, err := p.claims(ctx, found, id, token)
	if err != nil {
		return e, err
	}
	text := func(names ...string) string {
		for _, n := range names {
			if s, ok := claims[n].(string); ok && s != "" {
				return s
			}
		}
		return ""
	}
	return account.External{
		Issuer: id.Issuer, Subject: id.Subject, Name: text("preferred_username", "email", "sub"), DisplayName: text("name"), Email: text("email"),
		Roles: p.conf.roles(claims[p.conf.RolesClaim]),
	}, nil
}

// claims is what the provider says of who signed in. Where the token lacks the roles,
// the UserInfo endpoint has the rest: providers may keep it out of the token (OpenID
// Connect Core 5.4).
func (p *Provider) claims(ctx context.Context, found *oidc.Provider, id *oidc.IDToken, token *oauth2.Token) (map[string]any, error) {
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return nil, fmt.Errorf("token of identity: %w", err)
	}
	if _, there := claims[p.conf.RolesClaim]; there || found.UserInfoEndpoint() == "" {
		return claims, nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, fmt.Errorf("user info: %w", err)
	}
	if info.Subject != id.Subject {
		return nil, fmt.Errorf("%w: user info of somebody else", errAnswer)
	}
	var more map[string]any
	if err := info.Claims(&more); err != nil {
		return nil, fmt.Errorf("user info: %w", err)
	}
	maps.Copy(more, claims)
	return more, nil
}
