// Package account is who may use the console: accounts and their passwords, the
// first setup, signing in and out, and the sign-ins that browsers hold.
//
// A sign-in is a random secret in a cookie; the server keeps its hash, so that it
// can be taken back at any moment.
package account

import (
	"context"
	"log/slog"
	"time"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
)

// Principal is a signed-in rep, or a guest.
type Principal struct {
	ID          string
	Name        string
	DisplayName string
	Admin       bool
	Permissions policy.Set // of all roles together
	SignIn      string     // names the sign-in, or the API key; opens nothing
	ProvedAt    time.Time  // when a second factor was proved last in this sign-in; zero: never
	Need        Need       // what the sign-in still lacks
	Key         bool       // acts through an API key
	// Guest is the one session that somebody without an account may be in, and
	// Capabilities what they may do there; zero: it is a rep with an account.
	Guest        wire.SessionID
	Capabilities []policy.Capability
}

// IsGuest reports whether p has no account.
func (p Principal) IsGuest() bool { return p.Guest != wire.SessionID{} }

// Need is what a sign-in lacks before it may do anything.
type Need uint8

// Needs of a sign-in.
const (
	NeedNothing Need = iota
	NeedProof        // of a second factor that the account has
	NeedFactor       // the organisation demands one and there is none yet
)

// Policy is the principal as package policy knows it. Half a sign-in is nobody.
func (p Principal) Policy() policy.Principal {
	if p.Need != NeedNothing {
		return policy.Principal{}
	}
	return policy.Principal{
		Rep: p.ID, Admin: p.Admin, Permissions: p.Permissions, Key: p.Key, Guest: p.IsGuest(), Capabilities: p.Capabilities,
	}
}

// Actor is the principal as the audit log names it.
func (p Principal) Actor() string {
	if p.IsGuest() {
		return "guest:" + p.ID
	}
	return "rep:" + p.ID
}

// Log appends to the audit log; see audit.Log.
type Log interface {
	Append(ctx context.Context, r store.Record, with ...func(*store.Tx) error) (store.Record, error)
}

// Seal encrypts secrets that the store keeps, each bound to its account;
// keyring.Seal is it.
type Seal interface {
	Seal(account, secret string) string
	Open(account, sealed string) (string, error)
	Sealed(s string) bool
}

// Service keeps accounts and signs reps in and out. Its methods may be called from
// any goroutine.
type Service struct {
	store     *store.Store
	audit     Log
	seal      Seal
	log       *slog.Logger
	now       func() time.Time
	hash      *hasher
	accounts  *Limiter // passwords, by account
	codes     *Limiter // wrong second factors, by account
	addresses *Limiter
	calls     *Limiter // of API keys
	secret    string   // hash of the setup secret; empty: no setup through the network
	watchers  watchers
}

// New makes the service. setup is the one-time secret of the first setup, empty
// when there was one.
func New(s *store.Store, a Log, seal Seal, log *slog.Logger, now func() time.Time, setup Secret) *Service {
	v := &Service{
		store: s, audit: a, seal: seal, log: log, now: now, hash: newHasher(),
		accounts:  NewLimiter(guessEvery, guessBurst),
		codes:     NewLimiter(codeEvery, codeBurst),
		calls:     NewLimiter(callEvery, callBurst),
		addresses: NewLimiter(guessEvery/addressRate, guessBurst*addressRate),
		watchers:  watchers{waiting: make(map[string]map[chan struct{}]struct{})},
	}
	if setup != "" {
		v.secret = HashSecret(setup)
	}
	return v
}

// DefaultOrganisation is shown until one is named.
const DefaultOrganisation = "Alongside"

func organisation(s string) string {
	if s = text.Name(s); s != "" {
		return s
	}
	return DefaultOrganisation
}
