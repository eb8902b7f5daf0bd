package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// How long a sign-in lasts.
const (
	IdleTimeout = 30 * time.Minute
	Lifetime    = 12 * time.Hour
	// touchEvery spares a write per request; the idle time is exact to this.
	touchEvery = time.Minute
)

// SignIn checks name and password and begins a sign-in, whose secret goes into
// the cookie. What is wrong is never told, nor is it to be seen by the time taken.
func (v *Service) SignIn(ctx context.Context, name string, password Secret, remote string) (Principal, Secret, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if len(name) > wire.MaxName || len(password) > maxPassword {
		name, password = "", ""
	}
	now := v.now()
	if !v.addresses.Allow(Prefix(remote), now) || !v.accounts.Allow(HashSecret(Secret(name)), now) {
		return Principal{}, "", v.limited(ctx, name, remote)
	}
	a, err := v.store.AccountByName(ctx, name)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Principal{}, "", fmt.Errorf("sign in: %w", err)
	}
	stored := nobody
	if known {
		stored = a.Password
	}
	good, err := v.hash.check(ctx, password, stored)
	if err != nil {
		return Principal{}, "", fmt.Errorf("sign in: %w", err)
	}
	if !known || !good {
		err := v.failed(ctx, "account.sign_in", name, remote)
		return Principal{}, "", errors.Join(err, refuse(wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED, "name or password is wrong"))
	}
	return v.begin(ctx, principal(a, ""), remote)
}

// begin makes a new sign-in: its id is never one that was there before.
func (v *Service) begin(ctx context.Context, p Principal, remote string) (Principal, Secret, error) {
	cookie := NewSecret()
	p.SignIn = HashSecret(cookie)
	now := v.now()
	r := store.Record{
		At: now, Actor: p.Actor(), ActorName: p.DisplayName, Action: "account.sign_in", Object: p.Actor(), ObjectName: p.DisplayName,
		Result: audit.OK, Detail: "from " + Prefix(remote),
	}
	if _, err := v.audit.Append(ctx, r, func(tx *store.Tx) error {
		if err := tx.PruneWebSessions(now.Add(-Lifetime), now.Add(-IdleTimeout)); err != nil {
			return err
		}
		return tx.AddWebSession(store.WebSession{Token: p.SignIn, Account: store.Account{ID: p.ID}, CreatedAt: now, SeenAt: now})
	}); err != nil {
		return Principal{}, "", err
	}
	return p, cookie, nil
}

// failed records a wrong guess.
func (v *Service) failed(ctx context.Context, action, name, remote string) error {
	_, err := v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: "anyone", ActorName: text.Line(name, 64), Action: action,
		Result: wire.CodeName(wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED), Detail: "from " + Prefix(remote),
	})
	return err
}

// limited refuses a guess without evaluating it. It is not in the audit log: that
// would let anyone fill the disk.
func (v *Service) limited(ctx context.Context, name, remote string) error {
	v.log.WarnContext(ctx, "too many tries to sign in", "name", text.Line(name, 64), "from", Prefix(remote))
	return refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "too many tries; wait a minute")
}

// SignOut ends the principal's sign-in at once, with everything that hangs on it.
func (v *Service) SignOut(ctx context.Context, p Principal) error {
	r := store.Record{
		At: v.now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "account.sign_out", Object: p.Actor(), ObjectName: p.DisplayName,
		Result: audit.OK,
	}
	_, err := v.audit.Append(ctx, r, func(tx *store.Tx) error { return tx.RemoveWebSession(p.SignIn) })
	v.watchers.fire(p.SignIn)
	return err
}

// Authenticate returns who holds the cookie. It counts as use, so that the
// sign-in does not become idle.
func (v *Service) Authenticate(ctx context.Context, cookie Secret) (Principal, error) {
	w, err := v.current(ctx, HashSecret(cookie))
	if err != nil {
		return Principal{}, err
	}
	if now := v.now(); now.Sub(w.SeenAt) >= touchEvery {
		err := v.store.Update(ctx, func(tx *store.Tx) error { return tx.TouchWebSession(w.Token, now) })
		if err != nil {
			return Principal{}, fmt.Errorf("sign-in: %w", err)
		}
	}
	return principal(w.Account, w.Token), nil
}

// Valid reports whether the principal's sign-in still stands, without using it.
func (v *Service) Valid(ctx context.Context, p Principal) bool {
	_, err := v.current(ctx, p.SignIn)
	return err == nil
}

func (v *Service) current(ctx context.Context, token string) (store.WebSession, error) {
	w, err := v.store.WebSession(ctx, token)
	now := v.now()
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return w, fmt.Errorf("sign-in: %w", err)
	case now.Sub(w.CreatedAt) < Lifetime && now.Sub(w.SeenAt) < IdleTimeout:
		return w, nil
	}
	return w, refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "sign in first")
}

// Ended returns a channel that is closed when the principal signs out, and a
// function that gives up waiting.
func (v *Service) Ended(p Principal) (ended <-chan struct{}, cancel func()) {
	return v.watchers.add(p.SignIn)
}

// watchers wait for sign-ins to end.
type watchers struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]struct{}
}

func (w *watchers) add(token string) (<-chan struct{}, func()) {
	c := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting[token] == nil {
		w.waiting[token] = make(map[chan struct{}]struct{})
	}
	w.waiting[token][c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.waiting[token], c)
		if len(w.waiting[token]) == 0 {
			delete(w.waiting, token)
		}
	}
}

func (w *watchers) fire(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.waiting[token] {
		close(c)
	}
	delete(w.waiting, token)
}
