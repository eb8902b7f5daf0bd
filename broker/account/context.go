package account

import (
	"context"
	"net/http"
)

// CookieName is the cookie of a sign-in. Chromium accepts the prefix and Secure
// also from http on a loopback address, so there is one name for both.
const CookieName = "__Host-alongside"

// Cookie is the cookie that carries a sign-in's secret. It lives as long as the
// browser does; the server ends it earlier.
func Cookie(secret Secret) *http.Cookie {
	return &http.Cookie{
		Name: CookieName, Value: secret.Reveal(), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

// NoCookie takes the cookie away.
func NoCookie() *http.Cookie {
	c := Cookie("") //nolint:gosec // the attributes are set in Cookie
	c.MaxAge = -1
	return c
}

type principalKey struct{}

// With returns a context in which p acts.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// Of is who acts in the context; the zero Principal is nobody.
func Of(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

type siteKey struct{}

// At returns a context of a request to an origin of the broker, which has to be
// one that the broker has.
func At(ctx context.Context, origin string) context.Context {
	return context.WithValue(ctx, siteKey{}, origin)
}

// Site is the origin that a request was made to, or empty.
func Site(ctx context.Context) string {
	s, _ := ctx.Value(siteKey{}).(string)
	return s
}
