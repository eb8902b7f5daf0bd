package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Accounts lists every account.
func (v *Service) Accounts(ctx context.Context, by Actor) ([]store.Account, error) {
	if err := by.can(policy.ListAccounts); err != nil {
		return nil, err
	}
	return v.store.Accounts(ctx)
}

// Change is what is to become of an account; nil leaves a value as it is.
type Change struct {
	DisplayName, Email *string
	Roles              *[]string
	Disabled           *bool
	Password           *Secret
}

// lastAdmin refuses what would leave nobody to administrate.
var errLastAdmin = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_IN_USE, "this is the last administrator; make another one first")

// Update changes an account. Disabling it and a new password end its sign-ins and
// API keys at once; other roles change the cookies of its sign-ins.
func (v *Service) Update(ctx context.Context, by Actor, id string, c Change) (store.Account, error) {
	if err := by.can(policy.EditAccount); err != nil {
		return store.Account{}, err
	}
	was, err := v.find(ctx, id)
	if err != nil {
		return was, err
	}
	next, err := v.changed(ctx, was, c)
	if err != nil {
		return was, err
	}
	if err := by.can(policy.EditAccount, permissionsOf(was.Roles), permissionsOf(next.Roles)); err != nil {
		return was, err
	}
	if by.Principal != nil && by.Principal.ID == id && c.Password != nil {
		return was, &FieldError{"password", "change your own with the old one"}
	}
	return next, v.set(ctx, by, was, next)
}

func (v *Service) find(ctx context.Context, id string) (store.Account, error) {
	a, err := v.store.Account(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such account")
	}
	return a, err
}

// changed is the account after a change.
func (v *Service) changed(ctx context.Context, a store.Account, c Change) (_ store.Account, err error) {
	if c.DisplayName != nil {
		if a.DisplayName, err = displayName(*c.DisplayName); err != nil {
			return a, err
		}
	}
	if c.Email != nil {
		if a.Email, err = email(*c.Email); err != nil {
			return a, err
		}
	}
	if c.Roles != nil {
		if a.Roles, err = v.rolesByID(ctx, *c.Roles); err != nil {
			return a, err
		}
	}
	if c.Disabled != nil && *c.Disabled != !a.DisabledAt.IsZero() {
		a.DisabledAt = time.Time{}
		if *c.Disabled {
			a.DisabledAt = v.now()
		}
	}
	if c.Password != nil {
		if a.Subject != "" {
			return a, &FieldError{"password", "this account signs in through the identity provider"}
		}
		if err := checkPassword("password", *c.Password); err != nil {
			return a, err
		}
		if a.Password, err = v.hash.hash(ctx, *c.Password); err != nil {
			return a, err
		}
	}
	return a, nil
}

// set records and stores a changed account and does what follows from it.
func (v *Service) set(ctx context.Context, by Actor, was, next store.Account) error {
	password := "kept"
	if was.Password != next.Password {
		password = "new"
	}
	var c audit.Changes
	c.Add("display name", was.DisplayName, next.DisplayName)
	c.Add("email", was.Email, next.Email)
	c.Add("roles", roleNames(was.Roles), roleNames(next.Roles))
	c.Add("disabled", fmt.Sprint(!was.DisabledAt.IsZero()), fmt.Sprint(!next.DisabledAt.IsZero()))
	c.Add("password", "kept", password)
	r := store.Record{
		At: v.now(), Actor: by.ID, ActorName: by.Name, Action: "account.update", Object: "rep:" + was.ID, ObjectName: next.DisplayName, Result: audit.OK,
		Detail: c.String(),
	}
	ends := password == "new" || !next.DisabledAt.IsZero()
	var ended []string
	if _, err := v.audit.Append(ctx, r, func(tx *store.Tx) error {
		if err := unchanged(tx, was); err != nil {
			return err
		}
		if err := keepAdmin(tx, was, next); err != nil {
			return err
		}
		if err := tx.SetAccount(next); err != nil {
			return err
		}
		if roleNames(was.Roles) != roleNames(next.Roles) {
			if err := tx.RotateWebSessions(was.ID); err != nil {
				return err
			}
		}
		if !ends {
			return nil
		}
		var err error
		ended, err = v.expel(tx, was.ID, "")
		return err
	}); err != nil {
		return err
	}
	v.watchers.fire(ended...)
	if !permissionsOf(was.Roles).Within(permissionsOf(next.Roles)) {
		v.cut(ctx, was.ID)
	}
	return nil
}

// unchanged refuses to write over what somebody else wrote meanwhile.
func unchanged(tx *store.Tx, was store.Account) error {
	now, err := tx.Account(was.ID)
	if err == nil && (now.Password != was.Password || now.DisplayName != was.DisplayName || now.Email != was.Email ||
		!now.DisabledAt.Equal(was.DisabledAt) || roleNames(now.Roles) != roleNames(was.Roles)) {
		err = errChanged
	}
	return err
}

// keepAdmin refuses to take the last administrator away.
func keepAdmin(tx *store.Tx, was, next store.Account) error {
	if !isAdmin(was) || !was.DisabledAt.IsZero() || isAdmin(next) && next.DisabledAt.IsZero() {
		return nil
	}
	others, err := tx.Enabled(policy.Administrator, was.ID)
	if err == nil && others == 0 {
		err = errLastAdmin
	}
	return err
}

// expel ends the sign-ins of an account but one and revokes its API keys; what it
// returns is to be fired once that is written.
func (v *Service) expel(tx *store.Tx, account, but string) ([]string, error) {
	ended, err := tx.RemoveWebSessions(account, but)
	if err != nil {
		return nil, err
	}
	keys, err := tx.RevokeKeys(account, v.now())
	return append(ended, keys...), err
}

// ChangePassword changes the caller's own password, which ends its other sign-ins
// and its API keys.
func (v *Service) ChangePassword(ctx context.Context, p Principal, old, password Secret) error {
	if err := own(p); err != nil {
		return err
	}
	a, err := v.find(ctx, p.ID)
	if err != nil {
		return err
	}
	if a.Password == "" {
		return &FieldError{"old", "this account signs in through the identity provider"}
	}
	if err := checkPassword("new", password); err != nil {
		return err
	}
	if !v.accounts.Allow(HashSecret(Secret(a.Name)), v.now()) {
		return v.limited(ctx, a.Name, "")
	}
	if len(old) > maxPassword {
		old = ""
	}
	good, err := v.hash.check(ctx, old, a.Password)
	if err != nil {
		return err
	}
	if !good {
		return &FieldError{"old", "it is wrong"}
	}
	hash, err := v.hash.hash(ctx, password)
	if err != nil {
		return err
	}
	next := a
	next.Password = hash
	var ended []string
	_, err = v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "account.password", Object: p.Actor(), ObjectName: p.DisplayName, Result: audit.OK,
		Detail: "password: kept → new",
	}, func(tx *store.Tx) (err error) {
		if err := unchanged(tx, a); err != nil {
			return err
		}
		if err := tx.SetAccount(next); err != nil {
			return err
		}
		if err := tx.RotateWebSessions(a.ID); err != nil {
			return err
		}
		ended, err = v.expel(tx, a.ID, p.SignIn)
		return err
	})
	v.watchers.fire(ended...)
	return err
}

// own refuses what only a person does with its own sign-in.
func own(p Principal) error {
	return policy.Can(p.Policy(), policy.OwnSignIn, policy.Object{Owner: p.ID})
}
