package store

import (
	"context"
	"time"
)

// Challenge is what a browser was asked and has to answer once.
type Challenge struct {
	ID        string
	Owner     string // a sign-in; empty: who holds the id
	Kind      string
	Content   string
	ExpiresAt time.Time
}

// maxChallenges is how many an owner may have open: the older ones go.
const maxChallenges = 8

// AddChallenge keeps a challenge, and forgets those that are over.
func (s *Store) AddChallenge(ctx context.Context, c Challenge, now time.Time) error {
	return s.Update(ctx, func(t *Tx) error {
		if _, err := t.exec("DELETE FROM challenges WHERE expires_at <= $1", toMillis(now)); err != nil {
			return err
		}
		if c.Owner != "" {
			if _, err := t.exec(`DELETE FROM challenges WHERE owner = $1 AND id NOT IN
				(SELECT id FROM challenges WHERE owner = $1 ORDER BY expires_at DESC, id LIMIT $2)`, c.Owner, maxChallenges-1); err != nil {
				return err
			}
		}
		_, err := t.exec("INSERT INTO challenges (id, owner, kind, content, expires_at) VALUES ($1, $2, $3, $4, $5)",
			c.ID, c.Owner, c.Kind, c.Content, toMillis(c.ExpiresAt))
		return err
	})
}

// Challenge finds one that is open.
func (s *Store) Challenge(ctx context.Context, id, owner, kind string, now time.Time) (Challenge, error) {
	c := Challenge{ID: id, Owner: owner, Kind: kind}
	var expires int64
	err := s.read.QueryRowContext(ctx, "SELECT content, expires_at FROM challenges WHERE id = $1 AND owner = $2 AND kind = $3 AND expires_at > $4",
		id, owner, kind, toMillis(now)).Scan(&c.Content, &expires)
	c.ExpiresAt = fromMillis(expires)
	return c, notFound(err)
}

// SpendChallenge takes a challenge: whoever takes it first has it, and everybody
// else gets ErrNotFound.
func (s *Store) SpendChallenge(ctx context.Context, id, owner, kind string, now time.Time) (c Challenge, err error) {
	if c, err = s.Challenge(ctx, id, owner, kind, now); err != nil {
		return c, err
	}
	return c, s.Update(ctx, func(t *Tx) error { return t.one("DELETE FROM challenges WHERE id = $1", id) })
}

// RemoveChallenges forgets the challenges of a kind.
func (t *Tx) RemoveChallenges(kind string) error {
	_, err := t.exec("DELETE FROM challenges WHERE kind = $1", kind)
	return err
}
