package broker

import (
	"context"
	"fmt"
	"slices"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
)

// operator is whoever may read the data folder.
func operator() account.Actor { return account.Actor{ID: commandLine, Name: commandLineName} }

// Accounts lists the accounts.
func (b *Books) Accounts(ctx context.Context) ([]store.Account, error) {
	return b.accounts.Accounts(ctx, operator())
}

func (b *Books) named(ctx context.Context, name string) (store.Account, error) {
	all, err := b.Accounts(ctx)
	if err != nil {
		return store.Account{}, err
	}
	i := slices.IndexFunc(all, func(a store.Account) bool { return a.Name == name || a.ID == name })
	if i < 0 {
		return store.Account{}, fmt.Errorf("an account named %q: %w", name, store.ErrNotFound)
	}
	return all[i], nil
}

// ResetPassword gives an account another password, which ends its sign-ins and
// API keys. An account that is disabled stays so.
func (b *Books) ResetPassword(ctx context.Context, name string, password account.Secret) error {
	a, err := b.named(ctx, name)
	if err != nil {
		return err
	}
	_, err = b.accounts.Update(ctx, operator(), a.ID, account.Change{Password: &password})
	return err
}

// ResetMFA takes the second factors of an account away and ends its sign-ins.
func (b *Books) ResetMFA(ctx context.Context, name string) error {
	a, err := b.named(ctx, name)
	if err != nil {
		return err
	}
	return b.accounts.ResetMFA(ctx, operator(), a.ID)
}

// SetMFAMandatory says whether every rep has to have a second factor.
func (b *Books) SetMFAMandatory(ctx context.Context, must bool) error {
	return b.accounts.SetMFAMandatory(ctx, operator(), must)
}
