package account

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// rotateGrace is how long the token before is taken: for the requests that were
// under way when it was changed. It never carries a newer proof.
const rotateGrace = 10 * time.Second

// Authenticate returns who holds the cookie. It counts as use, so that the
// sign-in does not become idle. A fresh secret, where there is one, is the
// cookie's from now on.
func (v *Service) Authenticate(ctx context.Context, cookie Secret) (p Principal, fresh Secret, err error) {
	now := v.now()
	w, err := v.store.WebSession(ctx, HashSecret(cookie), now)
	if w, err = v.standing(w, err); err != nil {
		return Principal{}, "", err
	}
	if now.Sub(w.SeenAt) >= touchEvery {
		err := v.store.Update(ctx, func(tx *store.Tx) error { return tx.TouchWebSession(w.ID, now) })
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return Principal{}, "", fmt.Errorf("sign-in: %w", err)
		}
	}
	if w.Rotate && !w.Old {
		fresh = NewSecret()
		err := v.store.Update(ctx, func(tx *store.Tx) error {
			return tx.RotateWebSession(w.ID, w.Token, HashSecret(fresh), now.Add(rotateGrace))
		})
		if errors.Is(err, store.ErrNotFound) {
			fresh, err = "", nil // another request of the same browser was first
		}
		if err != nil {
			return Principal{}, "", fmt.Errorf("sign-in: %w", err)
		}
	}
	return of(w), fresh, nil
}

// of is the holder of a sign-in.
func of(w store.WebSession) Principal {
	p := principal(w.Account)
	p.SignIn = w.ID
	if !w.Old {
		p.ProvedAt = w.ProvedAt
	}
	switch {
	case w.Account.Factors > 0 && w.ProvedAt.IsZero():
		p.Need = NeedProof
	case w.Account.Factors == 0 && w.MFAMandatory:
		p.Need = NeedFactor
	}
	return p
}

// Valid reports whether the principal's sign-in, or API key, still stands, without
// using it.
func (v *Service) Valid(ctx context.Context, p Principal) bool {
	if p.Key {
		k, err := v.store.Key(ctx, p.SignIn)
		return err == nil && v.usable(k) == nil
	}
	w, err := v.store.WebSessionByID(ctx, p.SignIn)
	if errors.Is(err, store.ErrNotFound) {
		v.watchers.fire(p.SignIn) // a command beside this broker ended it
	}
	w, err = v.standing(w, err)
	return err == nil && of(w).Need == NeedNothing
}

// standing is a sign-in that was looked up and has not run out.
func (v *Service) standing(w store.WebSession, err error) (store.WebSession, error) {
	now := v.now()
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return w, fmt.Errorf("sign-in: %w", err)
	case now.Sub(w.CreatedAt) < Lifetime && now.Sub(w.SeenAt) < IdleTimeout:
		return w, nil
	}
	return w, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "sign in first")
}

// SignIns lists the principal's own sign-ins that have not run out.
func (v *Service) SignIns(ctx context.Context, p Principal) ([]store.WebSession, error) {
	if err := own(p); err != nil {
		return nil, err
	}
	all, err := v.store.WebSessions(ctx, p.ID)
	var standing []store.WebSession
	for _, w := range all {
		if _, err := v.standing(w, nil); err == nil {
			standing = append(standing, w)
		}
	}
	return standing, err
}

// EndSignIn ends one of the principal's own sign-ins at once.
func (v *Service) EndSignIn(ctx context.Context, p Principal, id string) error {
	if err := own(p); err != nil {
		return err
	}
	w, err := v.store.WebSessionByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && w.Account.ID != p.ID {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such sign-in")
	}
	if err != nil {
		return err
	}
	_, err = v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "sign_in.end", Object: p.Actor(), ObjectName: p.DisplayName, Result: audit.OK,
		Detail: "from " + w.Origin,
	}, func(tx *store.Tx) error { return tx.RemoveWebSession(id) })
	v.watchers.fire(id)
	return err
}

// Ended returns a channel that is closed when the principal's sign-in ends or
// loses a permission, and a function that gives up waiting.
func (v *Service) Ended(p Principal) (ended <-chan struct{}, cancel func()) {
	return v.watchers.add(p.SignIn)
}

// cut has everything that hangs on the sign-ins of accounts begin anew, because
// they may do less than before.
func (v *Service) cut(ctx context.Context, accounts ...string) {
	for _, a := range accounts {
		all, err := v.store.WebSessions(ctx, a)
		if err != nil {
			v.log.ErrorContext(ctx, "cut sign-ins", "rep", a, "error", err)
		}
		for _, w := range all {
			v.watchers.fire(w.ID)
		}
		keys, err := v.store.Keys(ctx, a)
		if err != nil {
			v.log.ErrorContext(ctx, "cut API keys", "rep", a, "error", err)
		}
		for _, k := range keys {
			v.watchers.fire(k.ID)
		}
	}
}

// MFAMandatory tells whether every rep has to have a second factor.
func (v *Service) MFAMandatory(ctx context.Context) (bool, error) {
	u, err := v.store.Setup(ctx)
	return u.MFAMandatory, err
}

// SetMFAMandatory says whether every rep has to have a second factor. Sign-ins
// without one may do nothing but add one from then on.
func (v *Service) SetMFAMandatory(ctx context.Context, by Actor, must bool) error {
	if err := by.can(policy.EditAccount, policy.AllPermissions()); err != nil {
		return err
	}
	was, err := v.MFAMandatory(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "make the first account first")
	}
	if err != nil || was == must {
		return err
	}
	_, err = v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: by.ID, ActorName: by.Name, Action: "mfa.mandatory", Object: "organisation", Result: audit.OK,
		Detail: audit.Change("mandatory", fmt.Sprint(was), fmt.Sprint(must)),
	}, func(tx *store.Tx) error { return tx.SetMFAMandatory(must) })
	if err != nil || !must {
		return err
	}
	all, err := v.store.Accounts(ctx)
	for _, a := range all {
		if a.Factors == 0 {
			v.cut(ctx, a.ID)
		}
	}
	return err
}

// watchers wait for sign-ins to end.
type watchers struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]struct{}
}

func (w *watchers) add(id string) (<-chan struct{}, func()) {
	c := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting[id] == nil {
		w.waiting[id] = make(map[chan struct{}]struct{})
	}
	w.waiting[id][c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.waiting[id], c)
		if len(w.waiting[id]) == 0 {
			delete(w.waiting, id)
		}
	}
}

func (w *watchers) fire(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		for c := range w.waiting[id] {
			close(c)
		}
		delete(w.waiting, id)
	}
}
