// Package guest is who is in one support session without an account: an external
// rep, who came by a link that lets one person in once. Package desk makes the link,
// lets the guest in and takes them out; here is who the cookie of one belongs to.
//
// A guest's sign-in is a random secret in a cookie of its own, of which the store
// keeps the hash with the guest. It ends when the guest is not in the session any
// more, in the same transaction.
package guest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// CookieName is the cookie of a guest. A browser in which a rep is signed in acts as
// the rep, whatever else it holds.
const CookieName = "__Host-alongside-guest"

// Cookie is the cookie that carries a guest's secret.
func Cookie(secret account.Secret) *http.Cookie {
	c := account.Cookie(secret) //nolint:gosec // it has all three, only the name is another
	c.Name = CookieName
	return c
}

// NoCookie takes the cookie away.
func NoCookie() *http.Cookie {
	c := account.NoCookie() //nolint:gosec // as above
	c.Name = CookieName
	return c
}

// Principal is a guest as one who acts.
func Principal(g store.Guest) account.Principal {
	p := account.Principal{ID: g.ID, Name: g.Name, DisplayName: g.Name, SignIn: "guest:" + g.ID, Guest: g.Session}
	for _, c := range g.Capabilities {
		p.Capabilities = append(p.Capabilities, policy.Capability(c))
	}
	return p
}

// Doorman knows guests by their cookies. Its methods may be called from any
// goroutine.
type Doorman struct{ store *store.Store }

// New makes a doorman.
func New(s *store.Store) *Doorman { return &Doorman{store: s} }

// Authenticate returns the guest in a session who holds the cookie.
func (d *Doorman) Authenticate(ctx context.Context, cookie account.Secret) (account.Principal, error) {
	g, err := d.store.GuestBySignIn(ctx, account.HashSecret(cookie))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return account.Principal{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_GUEST_OUT, "ask for another link")
	case err != nil:
		return account.Principal{}, fmt.Errorf("guest: %w", err)
	}
	return Principal(g), nil
}

// Valid reports whether a guest is still in their session.
func (d *Doorman) Valid(ctx context.Context, p account.Principal) bool {
	g, err := d.store.Guest(ctx, p.ID)
	return err == nil && g.EndedAt.IsZero() && g.SignIn != ""
}
