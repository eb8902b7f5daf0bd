package store

import (
	"context"
	"time"
)

// Factor is a second factor of an account.
type Factor struct {
	ID, Account string
	Kind        string
	Name        string
	Secret      string // what it is checked with
	CreatedAt   time.Time
	UsedAt      time.Time
}

const factorColumns = "id, account, kind, name, secret, created_at, used_at"

func scanFactor(r scanner) (Factor, error) {
	var f Factor
	var created, used int64
	err := r.Scan(&f.ID, &f.Account, &f.Kind, &f.Name, &f.Secret, &created, &used)
	f.CreatedAt, f.UsedAt = fromMillis(created), fromMillis(used)
	return f, notFound(err)
}

const factorsOf = "SELECT " + factorColumns + " FROM factors WHERE account = $1 ORDER BY created_at, id"

// Factors lists the second factors of an account, oldest first.
func (s *Store) Factors(ctx context.Context, account string) ([]Factor, error) {
	return list(ctx, s.read, scanFactor, factorsOf, account)
}

// Factors lists the second factors of an account as the transaction sees them.
func (t *Tx) Factors(account string) ([]Factor, error) {
	return list(t.ctx, t.tx, scanFactor, factorsOf, account)
}

const factorsOfKind = "SELECT " + factorColumns + " FROM factors WHERE kind = $1 ORDER BY account, id"

// FactorsOfKind lists the second factors of a kind, of all accounts.
func (s *Store) FactorsOfKind(ctx context.Context, kind string) ([]Factor, error) {
	return list(ctx, s.read, scanFactor, factorsOfKind, kind)
}

// FactorsOfKind lists them as the transaction sees them.
func (t *Tx) FactorsOfKind(kind string) ([]Factor, error) {
	return list(t.ctx, t.tx, scanFactor, factorsOfKind, kind)
}

// AddFactor adds a second factor.
func (t *Tx) AddFactor(f Factor) error {
	_, err := t.exec("INSERT INTO factors ("+factorColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7)",
		f.ID, f.Account, f.Kind, f.Name, f.Secret, toMillis(f.CreatedAt), toMillis(f.UsedAt))
	return err
}

// UseFactor notes that a factor was used, and what it is checked with the next
// time; ErrNotFound when it is not checked with what the caller read.
func (t *Tx) UseFactor(id, read, secret string, at time.Time) error {
	return t.one("UPDATE factors SET secret = $3, used_at = $4 WHERE id = $1 AND secret = $2", id, read, secret, toMillis(at))
}

// RemoveFactor removes a factor of an account.
func (t *Tx) RemoveFactor(account, id string) error {
	return t.one("DELETE FROM factors WHERE id = $1 AND account = $2", id, account)
}

// RemoveFactors removes every factor and recovery code of an account.
func (t *Tx) RemoveFactors(account string) error {
	if _, err := t.exec("DELETE FROM factors WHERE account = $1", account); err != nil {
		return err
	}
	return t.SetRecoveryCodes(account, nil)
}

// RecoveryCodes counts the codes that are left.
func (s *Store) RecoveryCodes(ctx context.Context, account string) (int, error) {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM recovery_codes WHERE account = $1 AND used_at = 0", account).Scan(&n)
	return n, err
}

// SetRecoveryCodes replaces the codes of an account by their hashes.
func (t *Tx) SetRecoveryCodes(account string, hashes []string) error {
	if _, err := t.exec("DELETE FROM recovery_codes WHERE account = $1", account); err != nil {
		return err
	}
	for _, h := range hashes {
		if _, err := t.exec("INSERT INTO recovery_codes (account, hash, used_at) VALUES ($1, $2, 0)", account, h); err != nil {
			return err
		}
	}
	return nil
}

// RecoveryCode finds when a code was used; zero: not yet.
func (s *Store) RecoveryCode(ctx context.Context, account, hash string) (used time.Time, err error) {
	var at int64
	err = s.read.QueryRowContext(ctx, "SELECT used_at FROM recovery_codes WHERE account = $1 AND hash = $2", account, hash).Scan(&at)
	return fromMillis(at), notFound(err)
}

// SpendRecoveryCode uses a code; ErrNotFound when it is used already.
func (t *Tx) SpendRecoveryCode(account, hash string, at time.Time) error {
	return t.one("UPDATE recovery_codes SET used_at = $3 WHERE account = $1 AND hash = $2 AND used_at = 0", account, hash, toMillis(at))
}
