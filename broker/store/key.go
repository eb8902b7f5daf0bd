package store

import (
	"context"
	"time"
)

// Key is an API key. Hash is that of the secret, which is not kept.
type Key struct {
	ID, Account string
	Name        string
	Hash        string
	Permissions string // names with spaces between
	CreatedAt   time.Time
	ExpiresAt   time.Time
	UsedAt      time.Time
	RevokedAt   time.Time
}

const keyColumns = "id, account, name, hash, permissions, created_at, expires_at, used_at, revoked_at"

func scanKey(r scanner) (Key, error) {
	var k Key
	var created, expires, used, revoked int64
	err := r.Scan(&k.ID, &k.Account, &k.Name, &k.Hash, &k.Permissions, &created, &expires, &used, &revoked)
	k.CreatedAt, k.ExpiresAt, k.UsedAt, k.RevokedAt = fromMillis(created), fromMillis(expires), fromMillis(used), fromMillis(revoked)
	return k, notFound(err)
}

// Keys lists the keys of an account, or everybody's, newest first.
func (s *Store) Keys(ctx context.Context, account string) ([]Key, error) {
	return list(ctx, s.read, scanKey, "SELECT "+keyColumns+" FROM api_keys WHERE $1 = '' OR account = $1 ORDER BY created_at DESC, id", account)
}

// KeyByHash finds a key by what is kept of its secret.
func (s *Store) KeyByHash(ctx context.Context, hash string) (Key, error) {
	return scanKey(s.read.QueryRowContext(ctx, "SELECT "+keyColumns+" FROM api_keys WHERE hash = $1", hash))
}

// Key finds a key.
func (s *Store) Key(ctx context.Context, id string) (Key, error) {
	return scanKey(s.read.QueryRowContext(ctx, "SELECT "+keyColumns+" FROM api_keys WHERE id = $1", id))
}

// AddKey adds a key.
func (t *Tx) AddKey(k Key) error {
	_, err := t.exec("INSERT INTO api_keys ("+keyColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		k.ID, k.Account, k.Name, k.Hash, k.Permissions, toMillis(k.CreatedAt), toMillis(k.ExpiresAt), toMillis(k.UsedAt), toMillis(k.RevokedAt))
	return err
}

// TouchKey notes that a key was used.
func (t *Tx) TouchKey(id string, at time.Time) error {
	return t.one("UPDATE api_keys SET used_at = $2 WHERE id = $1", id, toMillis(at))
}

// RevokeKey revokes a key; ErrNotFound when it is revoked already.
func (t *Tx) RevokeKey(id string, at time.Time) error {
	return t.one("UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0", id, toMillis(at))
}

// RevokeKeys revokes the keys of an account and tells which.
func (t *Tx) RevokeKeys(account string, at time.Time) ([]string, error) {
	ids, err := list(t.ctx, t.tx, scanText, "SELECT id FROM api_keys WHERE account = $1 AND revoked_at = 0", account)
	if err == nil {
		_, err = t.exec("UPDATE api_keys SET revoked_at = $2 WHERE account = $1 AND revoked_at = 0", account, toMillis(at))
	}
	return ids, err
}
