package store

import (
	"context"
	"time"
)

// Token is an enrollment token. Hash is that of the secret, which is not kept.
type Token struct {
	ID        string
	Hash      string
	Uses      int
	Used      int
	CreatedAt time.Time
	ExpiresAt time.Time
	CreatedBy string // actor, as in the audit log
}

// TokenByHash finds a token.
func (s *Store) TokenByHash(ctx context.Context, hash string) (Token, error) {
	k := Token{Hash: hash}
	var created, expires int64
	err := s.read.QueryRowContext(ctx, "SELECT id, uses, used, created_at, expires_at, created_by FROM enrollment_tokens WHERE token = $1", hash).
		Scan(&k.ID, &k.Uses, &k.Used, &created, &expires, &k.CreatedBy)
	k.CreatedAt, k.ExpiresAt = fromMillis(created), fromMillis(expires)
	return k, notFound(err)
}

// AddToken adds an enrollment token.
func (t *Tx) AddToken(k Token) error {
	_, err := t.exec("INSERT INTO enrollment_tokens (id, token, uses, used, created_at, expires_at, created_by) VALUES ($1, $2, $3, 0, $4, $5, $6)",
		k.ID, k.Hash, k.Uses, toMillis(k.CreatedAt), toMillis(k.ExpiresAt), k.CreatedBy)
	return err
}

// SpendToken takes one use; ErrNotFound when none is left or it has expired.
func (t *Tx) SpendToken(id string, at time.Time) error {
	return t.one("UPDATE enrollment_tokens SET used = used + 1 WHERE id = $1 AND used < uses AND expires_at > $2", id, toMillis(at))
}
