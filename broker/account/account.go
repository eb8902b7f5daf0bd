// Package account is who may use the console: accounts and their passwords, the
// first setup, signing in and out, and the sign-ins that browsers hold.
//
// A sign-in is a random secret in a cookie; the server keeps its hash, so that it
// can be taken back at any moment.
package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Principal is a signed-in rep.
type Principal struct {
	ID          string
	Name        string
	DisplayName string
	Admin       bool
	Permissions policy.Set // of all roles together
	SignIn      string     // hash of the cookie: names the sign-in, opens nothing
	ProvedAt    time.Time  // when a second factor was proved last in this sign-in; zero: never
}

// Policy is the principal as package policy knows it.
func (p Principal) Policy() policy.Principal {
	return policy.Principal{Rep: p.ID, Admin: p.Admin, Permissions: p.Permissions}
}

// Actor is the principal as the audit log names it.
func (p Principal) Actor() string { return "rep:" + p.ID }

// Log appends to the audit log; see audit.Log.
type Log interface {
	Append(ctx context.Context, r store.Record, with ...func(*store.Tx) error) (store.Record, error)
}

// Service signs reps in and out. Its methods may be called from any goroutine.
type Service struct {
	store     *store.Store
	audit     Log
	log       *slog.Logger
	now       func() time.Time
	hash      *hasher
	accounts  *Limiter
	addresses *Limiter
	secret    string // hash of the setup secret; empty: no setup through the network
	watchers  watchers
}

// New makes the service. setup is the one-time secret of the first setup, empty
// when there was one.
func New(s *store.Store, a Log, log *slog.Logger, now func() time.Time, setup Secret) *Service {
	v := &Service{
		store: s, audit: a, log: log, now: now, hash: newHasher(),
		accounts:  NewLimiter(guessEvery, guessBurst),
		addresses: NewLimiter(guessEvery/addressRate, guessBurst*addressRate),
		watchers:  watchers{waiting: make(map[string]map[chan struct{}]struct{})},
	}
	if setup != "" {
		v.secret = HashSecret(setup)
	}
	return v
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{0,63}$`)

// New accounts.

// NewAccount is what an account is made of.
type NewAccount struct {
	Name         string
	DisplayName  string
	Password     Secret
	Admin        bool
	Organisation string // of the first admin
}

// FieldError says which field is wrong.
type FieldError struct{ Field, Detail string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Detail }

func (n *NewAccount) check() error {
	n.Name = strings.ToLower(strings.TrimSpace(n.Name))
	if !nameForm.MatchString(n.Name) {
		return &FieldError{"name", "use up to 64 letters, digits and . _ @ + -"}
	}
	if d := text.Name(n.DisplayName); d == "" || d != strings.TrimSpace(n.DisplayName) {
		return &FieldError{"display_name", "give a name of up to 256 bytes that prints"}
	}
	n.DisplayName = text.Name(n.DisplayName)
	if l := len(n.Password); l < minPassword || l > maxPassword || !utf8.ValidString(string(n.Password)) {
		return &FieldError{"password", fmt.Sprintf("use %d to %d characters", minPassword, maxPassword)}
	}
	return nil
}

// Create adds an account. The first one must be an admin and completes the
// setup.
func (v *Service) Create(ctx context.Context, actor string, n NewAccount) (Principal, error) {
	return v.create(ctx, actor, n, func(tx *store.Tx, a store.Account) error {
		_, err := v.store.Setup(ctx)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if !n.Admin {
			return &FieldError{"admin", "the first account must be an administrator"}
		}
		return tx.AddSetup(store.Setup{Account: a.ID, Organisation: organisation(n.Organisation), At: v.now()})
	})
}

func (v *Service) create(ctx context.Context, actor string, n NewAccount, with func(*store.Tx, store.Account) error) (Principal, error) {
	if err := n.check(); err != nil {
		return Principal{}, err
	}
	hash, err := v.hash.hash(ctx, n.Password)
	if err != nil {
		return Principal{}, err
	}
	a := store.Account{ID: NewID(), Name: n.Name, DisplayName: n.DisplayName, Password: hash, Admin: n.Admin, CreatedAt: v.now()}
	if actor == "" {
		actor = "rep:" + a.ID
	}
	r := store.Record{
		At: v.now(), Actor: actor, Action: "account.create", Object: "rep:" + a.ID, ObjectName: a.DisplayName, Result: audit.OK,
		Detail: fmt.Sprintf("name=%s admin=%t", a.Name, a.Admin),
	}
	if _, err := v.audit.Append(ctx, r, func(tx *store.Tx) error {
		if err := tx.AddAccount(a); err != nil {
			return err
		}
		return with(tx, a)
	}); err != nil {
		return Principal{}, err
	}
	return principal(a, ""), nil
}

func principal(a store.Account, signIn string) Principal {
	role := policy.Representative
	if a.Admin {
		role = policy.Administrator
	}
	r, _ := policy.BuiltInRole(role)
	return Principal{
		ID: a.ID, Name: a.Name, DisplayName: a.DisplayName, Admin: a.Admin, Permissions: r.Permissions, SignIn: signIn,
	}
}

// DefaultOrganisation is shown until one is named.
const DefaultOrganisation = "Alongside"

func organisation(s string) string {
	if s = text.Name(s); s != "" {
		return s
	}
	return DefaultOrganisation
}

func refuse(code wirepb.ErrorCode, detail string) error {
	return &wire.CodeError{Code: code, Detail: detail}
}
