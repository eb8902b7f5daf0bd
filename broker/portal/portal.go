// Package portal is the public page's side of the broker: session keys, what the
// page shows and offers, the customers on it, and the client that they download.
// Everybody may call it, so that every way in is bounded, and nobody learns more
// than their own session.
package portal

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of what strangers may do.
const (
	// A person begins a chat, perhaps again; an office behind one address some more.
	beginEvery = 20 * time.Second
	beginBurst = 12
	// What one chat may write: as fast as anybody types.
	sayEvery = time.Second
	sayBurst = 20
	// What one chat may say of the messages that came: both things of each message of
	// a rep who writes fast, and of a page that was loaded again.
	acknowledgeEvery = time.Second / 2
	acknowledgeBurst = 20
	// A page says every two seconds that its customer writes, and once that they
	// stopped.
	typeEvery = time.Second / 2
	typeBurst = 8
	// Bundles of one chat: a click more often than needed.
	bundleEvery = 20 * time.Second
	bundleBurst = 6
	// Downloads of an address: tries on a line that breaks.
	downloadEvery = 10 * time.Second
	downloadBurst = 20
)

// List is the portal among the lists of live.Change.
const List = "portal"

// Config is what a portal needs.
type Config struct {
	Store *store.Store
	Audit account.Log
	Desk  *desk.Desk
	Hub   *live.Hub
	Log   *slog.Logger
	Now   func() time.Time
	// CodesKey is the key under which codes are hashed.
	CodesKey []byte
	// Clients is the folder with the endpoint's programs; empty: none are offered.
	Clients string
	// Bundle makes the file with which the client of one chat enrolls.
	Bundle func(token account.Secret, expires time.Time, session wire.SessionID) (content []byte, name string, err error)
	// Address is where the page is.
	Address func() string
}

// Portal is the public page's side. Its methods may be called from any goroutine.
type Portal struct {
	conf                                Config
	begins, says, bundles, downloadings *account.Limiter
	acknowledgings, typings             *account.Limiter
	guesses                             guesses
	clients                             *clients
}

// New makes a portal.
func New(c Config) *Portal {
	return &Portal{
		conf: c, clients: newClients(c.Clients, c.Log),
		begins: account.NewLimiter(beginEvery, beginBurst), guesses: newGuesses(), says: account.NewLimiter(sayEvery, sayBurst),
		acknowledgings: account.NewLimiter(acknowledgeEvery, acknowledgeBurst), typings: account.NewLimiter(typeEvery, typeBurst),
		bundles: account.NewLimiter(bundleEvery, bundleBurst), downloadings: account.NewLimiter(downloadEvery, downloadBurst),
	}
}

// hash is what is kept of a code.
func (p *Portal) hash(code string) string {
	h := hmac.New(sha256.New, p.conf.CodesKey)
	h.Write([]byte(code))
	return hex.EncodeToString(h.Sum(nil))
}

// Begin is what a customer begins a chat with: a key, an issue or a queue.
type Begin struct {
	Name, Key, Issue, Queue string
}

// Begin starts a chat and returns the token by which its page is known.
func (p *Portal) Begin(ctx context.Context, b Begin, remote string) (account.Secret, error) {
	now, prefix := p.conf.Now(), account.Prefix(remote)
	set, err := p.Settings(ctx)
	if err != nil {
		return "", err
	}
	if !set.Open {
		return "", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_PORTAL_CLOSED, "the page is closed")
	}
	if !p.begins.Allow(prefix, now) {
		return "", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "too many tries: wait a minute")
	}
	token := account.NewSecret()
	v := desk.Visitor{Name: b.Name, From: prefix, Hash: account.HashSecret(token)}
	if b.Key != "" {
		return token, p.beginWithKey(ctx, b.Key, v, now, remote)
	}
	if v.Queue, err = p.queue(ctx, set, b); err != nil {
		return "", err
	}
	_, err = p.conf.Desk.Visit(ctx, v)
	return token, err
}

// queue is the one that was chosen, directly or by an issue, of those the page offers.
func (p *Portal) queue(ctx context.Context, set store.Portal, b Begin) (store.Queue, error) {
	choose := &account.FieldError{Field: "choice", Detail: "please choose what it is about"}
	id := b.Queue
	if b.Issue != "" {
		if !slices.Contains(set.Issues, b.Issue) {
			return store.Queue{}, choose
		}
		issues, err := p.conf.Store.Issues(ctx)
		if err != nil {
			return store.Queue{}, err
		}
		for _, i := range issues {
			if i.ID == b.Issue {
				id = i.Queue
			}
		}
	} else if !slices.Contains(set.Queues, id) {
		return store.Queue{}, choose
	}
	queues, err := p.conf.Store.Queues(ctx)
	if err != nil {
		return store.Queue{}, err
	}
	for _, q := range queues {
		if q.ID == id {
			return q, nil
		}
	}
	return store.Queue{}, choose
}

// beginWithKey starts the session of a key. Whatever is wrong with a key is answered
// alike, and so is one try too many.
func (p *Portal) beginWithKey(ctx context.Context, code string, v desk.Visitor, now time.Time, remote string) error {
	right, ok := p.guesses.take(remote, now)
	if !ok {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "too many tries: wait a minute")
	}
	invalid := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_KEY_INVALID, "ask your representative for a new one")
	k, rep, err := p.key(ctx, code, now)
	if errors.Is(err, store.ErrNotFound) {
		return p.refusedKey(ctx, v.From, invalid)
	}
	if err != nil {
		return err
	}
	v.Rep = rep
	v.Spend = func(tx *store.Tx, id wire.SessionID) error {
		err := tx.SpendSessionKey(k.ID, id, now)
		if errors.Is(err, store.ErrNotFound) {
			return invalid
		}
		return err
	}
	_, err = p.conf.Desk.Visit(ctx, v)
	var ce *wire.CodeError
	if errors.As(err, &ce) && ce.Code == wirepb.ErrorCode_ERROR_CODE_SESSION_KEY_INVALID {
		return p.refusedKey(ctx, v.From, invalid)
	}
	if err == nil {
		right()
		p.conf.Hub.Publish(live.Change{List: List})
	}
	return err
}

// refusedKey records a try that a key was not good for.
func (p *Portal) refusedKey(ctx context.Context, prefix string, why error) error {
	_, err := p.conf.Audit.Append(ctx, store.Record{
		At: p.conf.Now(), Actor: "visitor", Action: "session.visit", Object: "portal:key",
		Result: wire.CodeName(wirepb.ErrorCode_ERROR_CODE_SESSION_KEY_INVALID), Detail: "from " + prefix,
	})
	if err != nil {
		return err
	}
	return why
}

// Visit finds the session of a token.
func (p *Portal) Visit(ctx context.Context, token string) (store.Visit, error) {
	gone := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "there is no such chat")
	if len(token) > maxToken || token == "" {
		return store.Visit{}, gone
	}
	v, err := p.conf.Store.VisitByHash(ctx, account.HashSecret(account.Secret(token)))
	if errors.Is(err, store.ErrNotFound) {
		err = gone
	}
	return v, err
}

// maxToken is more than a token takes.
const maxToken = 128

// Say is a message of the customer.
func (p *Portal) Say(ctx context.Context, v store.Visit, said string) (store.ChatMessage, error) {
	if !p.says.Allow(v.Session.String(), p.conf.Now()) {
		return store.ChatMessage{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "wait a moment")
	}
	return p.conf.Desk.SayVisitor(ctx, v.Session, said)
}

// File is the bundle of one chat.
type File struct {
	Name    string // it has to be saved as
	Content []byte
	Until   time.Time
}

// Bundle makes the bundle with which the client of a chat enrolls. One that was made
// before is void.
func (p *Portal) Bundle(ctx context.Context, v store.Visit) (File, error) {
	if !p.bundles.Allow(v.Session.String(), p.conf.Now()) {
		return File{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "wait a moment")
	}
	token := account.NewSecret()
	until, err := p.conf.Desk.Bundle(ctx, v.Session, account.HashSecret(token))
	if err != nil {
		return File{}, err
	}
	content, name, err := p.conf.Bundle(token, until, v.Session)
	return File{name, content, until}, err
}

// ok is the result of what was done.
const ok = audit.OK

// repOf is an account as the owner of a session.
func repOf(a store.Account) support.Rep { return support.Rep{ID: a.ID, Name: a.DisplayName} }
