package account

import (
	"context"
	"fmt"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// UnopenedError is a secret of an authenticator app that cannot be opened. Its text
// says what an administrator can do.
type UnopenedError struct{ err error }

// Error implements error.
func (e *UnopenedError) Error() string { return "the secret of an authenticator app: " + e.err.Error() }

// Unwrap gives why, and what callers of the API get.
func (e *UnopenedError) Unwrap() []error {
	return []error{wire.Refuse(wirepb.ErrorCode_ERROR_CODE_INTERNAL, e.Error()), e.err}
}

func (v *Service) unseal(account, sealed string) (string, error) {
	secret, err := v.seal.Open(account, sealed)
	if err != nil {
		return "", &UnopenedError{err}
	}
	return secret, nil
}

// SealFactors seals the secrets of authenticator apps that an older broker kept as
// they were, all or none, and has the database's files forget them. It is called
// when the broker starts, before anybody signs in. What cannot be opened is told,
// and stays.
func (v *Service) SealFactors(ctx context.Context) error {
	forgot, err := v.store.Forgot(ctx)
	if err != nil {
		return err
	}
	if !forgot {
		if err := v.store.Update(ctx, v.sealAll); err != nil {
			return fmt.Errorf("seal second factors: %w", err)
		}
		if err := v.store.Forget(ctx); err != nil {
			v.log.Error("secrets that are sealed now are still legible in the database's files; the next start tries again", "error", err)
		}
	}
	all, err := v.store.FactorsOfKind(ctx, TOTP)
	if err != nil {
		return err
	}
	for _, f := range all {
		if _, err := v.unseal(f.Account, f.Secret); err != nil {
			v.log.Error("second factor", "account", f.Account, "factor", f.ID, "error", err)
		}
	}
	return nil
}

func (v *Service) sealAll(tx *store.Tx) error {
	all, err := tx.FactorsOfKind(TOTP)
	if err != nil {
		return err
	}
	for _, f := range all {
		if v.seal.Sealed(f.Secret) {
			continue
		}
		if err := tx.UseFactor(f.ID, f.Secret, v.seal.Seal(f.Account, f.Secret), f.UsedAt); err != nil {
			return err
		}
	}
	// Whoever was about to add one begins again: that is a matter of minutes.
	return tx.RemoveChallenges(TOTP)
}
