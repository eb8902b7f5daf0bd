package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// SetupDone tells whether the broker has its first admin, and the organisation's
// name.
func (v *Service) SetupDone(ctx context.Context) (done bool, org string, err error) {
	u, err := v.store.Setup(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return false, DefaultOrganisation, nil
	}
	return err == nil, u.Organisation, err
}

// newSetup is what a broker begins with: a second factor is demanded of everybody
// until an administrator decides otherwise.
func (v *Service) newSetup(a store.Account, n NewAccount) store.Setup {
	return store.Setup{Account: a.ID, Organisation: organisation(n.Organisation), At: v.now(), MFAMandatory: true}
}

// Setup creates the first admin for the holder of the one-time secret and begins
// its sign-in, which lacks the second factor that has to be added. After the first admin it is as if the call did not exist.
func (v *Service) Setup(ctx context.Context, secret Secret, n NewAccount, remote string) (Principal, Secret, error) {
	gone := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "the setup was done")
	if done, _, err := v.SetupDone(ctx); err != nil || done {
		return Principal{}, "", errors.Join(err, gone)
	}
	if !v.addresses.Allow(Prefix(remote), v.now()) {
		return Principal{}, "", v.limited(ctx, "setup", remote)
	}
	if v.secret == "" || subtle.ConstantTimeCompare([]byte(HashSecret(secret)), []byte(v.secret)) != 1 {
		err := v.failed(ctx, "account.setup", "setup", remote)
		return Principal{}, "", errors.Join(err, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED, "the setup secret is wrong"))
	}
	n.Admin = true
	p, err := v.create(ctx, Actor{}, n, func(tx *store.Tx, a store.Account) error {
		err := tx.AddSetup(v.newSetup(a, n))
		if errors.Is(err, store.ErrExists) {
			return gone
		}
		return err
	})
	switch {
	case errors.Is(err, store.ErrExists):
		// The name is taken before the setup row is: someone else was first.
		return Principal{}, "", gone
	case err != nil:
		return Principal{}, "", fmt.Errorf("setup: %w", err)
	}
	a, err := v.store.Account(ctx, p.ID)
	if err != nil {
		return Principal{}, "", fmt.Errorf("setup: %w", err)
	}
	return v.begin(ctx, a, "setup", remote)
}
