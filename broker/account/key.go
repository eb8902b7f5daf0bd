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
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of API keys.
const (
	DefaultKeyLife = 90 * 24 * time.Hour
	MaxKeyLife     = 365 * 24 * time.Hour
	maxOwnKeys     = 32 // that an account may have in use
	maxKeyName     = 64
	// keyMark begins every key, so that one that leaks is found by who looks.
	keyMark = "alongside_"
)

// Keys lists the principal's own API keys, or everybody's for who may.
func (v *Service) Keys(ctx context.Context, p Principal) ([]store.Key, error) {
	if policy.Can(p.Policy(), policy.ListKeys, policy.Object{}) == nil {
		return v.store.Keys(ctx, "")
	}
	if err := policy.Can(p.Policy(), policy.ListKeys, policy.Object{Owner: p.ID}); err != nil {
		return nil, err
	}
	return v.store.Keys(ctx, p.ID)
}

// CreateKey makes an API key that acts for the principal within permissions that
// the principal has. The secret is shown once.
func (v *Service) CreateKey(ctx context.Context, p Principal, name string, of policy.Set, life time.Duration) (store.Key, Secret, error) {
	if err := policy.Can(p.Policy(), policy.CreateKey, policy.Object{Permissions: of}); err != nil {
		return store.Key{}, "", err
	}
	if n := text.Name(name); n == "" || n != strings.TrimSpace(name) || len(n) > maxKeyName {
		return store.Key{}, "", &FieldError{"name", fmt.Sprintf("give a name of up to %d bytes", maxKeyName)}
	}
	if of.Empty() {
		return store.Key{}, "", &FieldError{"permissions", "choose at least one"}
	}
	if life == 0 {
		life = DefaultKeyLife
	}
	if life < 0 || life > MaxKeyLife {
		return store.Key{}, "", &FieldError{"valid_days", "at most a year"}
	}
	if err := v.fresh(ctx, p); err != nil {
		return store.Key{}, "", err
	}
	have, err := v.store.Keys(ctx, p.ID)
	if err != nil {
		return store.Key{}, "", err
	}
	used := 0
	for _, k := range have {
		if v.usable(k) == nil {
			used++
		}
	}
	if used >= maxOwnKeys {
		return store.Key{}, "", &FieldError{"name", fmt.Sprintf("you have %d keys; revoke one first", used)}
	}
	secret := Secret(keyMark + NewSecret().Reveal())
	now := v.now()
	k := store.Key{
		ID: NewID(), Account: p.ID, Name: strings.TrimSpace(name), Hash: HashSecret(secret), Permissions: formatPermissions(of),
		CreatedAt: now, ExpiresAt: now.Add(life),
	}
	_, err = v.audit.Append(ctx, store.Record{
		At: now, Actor: p.Actor(), ActorName: p.DisplayName, Action: "key.create", Object: "key:" + k.ID, ObjectName: k.Name, Result: audit.OK,
		Detail: "permissions=" + k.Permissions + " until=" + k.ExpiresAt.UTC().Format(time.RFC3339),
	}, func(tx *store.Tx) error { return tx.AddKey(k) })
	if err != nil {
		return store.Key{}, "", err
	}
	return k, secret, nil
}

// RevokeKey revokes an API key at once, with everything that hangs on it.
func (v *Service) RevokeKey(ctx context.Context, p Principal, id string) error {
	k, err := v.store.Key(ctx, id)
	gone := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such key")
	if errors.Is(err, store.ErrNotFound) {
		return gone
	}
	if err != nil {
		return err
	}
	if err := policy.Can(p.Policy(), policy.RevokeKey, policy.Object{Owner: k.Account}); err != nil {
		if p.Key || p.Need != NeedNothing {
			return err
		}
		return gone // nor may be known of
	}
	_, err = v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "key.revoke", Object: "key:" + id, ObjectName: k.Name, Result: audit.OK,
		Detail: "of rep:" + k.Account,
	}, func(tx *store.Tx) error {
		err := tx.RevokeKey(id, v.now())
		if errors.Is(err, store.ErrNotFound) {
			return nil // that is what was asked for
		}
		return err
	})
	v.watchers.fire(id)
	return err
}

// usable refuses a key that does not count any more.
func (v *Service) usable(k store.Key) error {
	if !k.RevokedAt.IsZero() || !v.now().Before(k.ExpiresAt) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "this API key is not valid")
	}
	return nil
}

// AuthenticateKey returns who acts through an API key: its owner, with what both
// the key and the owner may do now.
func (v *Service) AuthenticateKey(ctx context.Context, secret Secret, remote string) (Principal, error) {
	unknown := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "this API key is not valid")
	k, err := v.store.KeyByHash(ctx, HashSecret(secret))
	if errors.Is(err, store.ErrNotFound) {
		if !v.addresses.Allow(Prefix(remote), v.now()) {
			return Principal{}, v.limited(ctx, "API key", remote)
		}
		return Principal{}, unknown
	}
	if err != nil {
		return Principal{}, err
	}
	if err := v.usable(k); err != nil {
		return Principal{}, err
	}
	now := v.now()
	if !v.calls.Allow(k.ID, now) {
		return Principal{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "too many calls with this key; wait a second")
	}
	a, err := v.store.Account(ctx, k.Account)
	if err != nil {
		return Principal{}, err
	}
	if !a.DisabledAt.IsZero() {
		return Principal{}, unknown
	}
	if now.Sub(k.UsedAt) >= touchEvery {
		if err := v.store.Update(ctx, func(tx *store.Tx) error { return tx.TouchKey(k.ID, now) }); err != nil {
			return Principal{}, err
		}
	}
	p := principal(a)
	p.Admin, p.Key, p.SignIn = false, true, k.ID
	p.Permissions = p.Permissions.And(parsePermissions(k.Permissions))
	p.DisplayName = text.Name(p.DisplayName + " (API key " + k.Name + ")")
	return p, nil
}
