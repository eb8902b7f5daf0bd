package store

import (
	"context"
	"time"
)

// WebSession is a signed-in browser. Token is the hash of the cookie's value.
type WebSession struct {
	Token     string
	Account   Account
	CreatedAt time.Time
	SeenAt    time.Time
}

// WebSession finds the session of a cookie together with its account, which may
// sign in.
func (s *Store) WebSession(ctx context.Context, token string) (WebSession, error) {
	w := WebSession{Token: token}
	var created, seen, accountCreated, disabled int64
	err := s.read.QueryRowContext(ctx, `SELECT w.created_at, w.seen_at,
		a.id, a.name, a.display_name, a.password, a.admin, a.created_at, a.disabled_at
		FROM web_sessions w JOIN accounts a ON a.id = w.account WHERE w.token = $1 AND a.disabled_at = 0`, token).
		Scan(&created, &seen, &w.Account.ID, &w.Account.Name, &w.Account.DisplayName, &w.Account.Password,
			&w.Account.Admin, &accountCreated, &disabled)
	w.CreatedAt, w.SeenAt = fromMillis(created), fromMillis(seen)
	w.Account.CreatedAt, w.Account.DisabledAt = fromMillis(accountCreated), fromMillis(disabled)
	return w, notFound(err)
}

// AddWebSession adds a sign-in.
func (t *Tx) AddWebSession(w WebSession) error {
	_, err := t.exec("INSERT INTO web_sessions (token, account, created_at, seen_at) VALUES ($1, $2, $3, $4)",
		w.Token, w.Account.ID, toMillis(w.CreatedAt), toMillis(w.SeenAt))
	return err
}

// TouchWebSession notes that a session was used.
func (t *Tx) TouchWebSession(token string, at time.Time) error {
	return t.one("UPDATE web_sessions SET seen_at = $2 WHERE token = $1", token, toMillis(at))
}

// RemoveWebSession ends a session.
func (t *Tx) RemoveWebSession(token string) error {
	_, err := t.exec("DELETE FROM web_sessions WHERE token = $1", token)
	return err
}

// PruneWebSessions removes those created or last seen before the given times.
func (t *Tx) PruneWebSessions(created, seen time.Time) error {
	_, err := t.exec("DELETE FROM web_sessions WHERE created_at < $1 OR seen_at < $2", toMillis(created), toMillis(seen))
	return err
}
