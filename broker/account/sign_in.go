package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	known = known && a.Password != "" // else the identity provider knows it
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
		return Principal{}, "", errors.Join(err, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED, "name or password is wrong"))
	}
	return v.begin(ctx, a, "password", remote)
}

// begin makes a new sign-in: its id is never one that was there before.
func (v *Service) begin(ctx context.Context, a store.Account, how, remote string) (Principal, Secret, error) {
	cookie := NewSecret()
	now := v.now()
	must, err := v.MFAMandatory(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Principal{}, "", err
	}
	w := store.WebSession{
		ID: NewID(), Token: HashSecret(cookie), Account: a, Origin: Prefix(remote), CreatedAt: now, SeenAt: now, MFAMandatory: must,
	}
	p := of(w)
	r := store.Record{
		At: now, Actor: p.Actor(), ActorName: p.DisplayName, Action: signedIn, Object: p.Actor(), ObjectName: p.DisplayName,
		Result: audit.OK, Detail: "from " + w.Origin + " by " + how,
	}
	if p.Need != NeedNothing {
		r.Action = "account.first_factor"
	}
	if _, err := v.audit.Append(ctx, r, func(tx *store.Tx) error {
		if err := tx.PruneWebSessions(now.Add(-Lifetime), now.Add(-IdleTimeout)); err != nil {
			return err
		}
		if err := tx.SeeAccount(a.ID, now); err != nil {
			return err
		}
		// What was checked may have changed since: a password, a disabled account.
		if err := unchanged(tx, a); err != nil {
			return err
		}
		return tx.AddWebSession(w)
	}); err != nil {
		return Principal{}, "", err
	}
	return p, cookie, nil
}

// signedIn is the audit log's action of a whole sign-in.
const signedIn = "account.sign_in"

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
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "too many tries; wait a minute")
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
