package store

import (
	"context"
	"time"
)

// WebSession is a signed-in browser. Token is the hash of the cookie's value,
// which is changed from time to time; ID stays.
type WebSession struct {
	ID           string
	Token        string
	Old          bool // it was found by the token before, which still counts for a moment
	Rotate       bool // give it another token at its next use
	Account      Account
	Origin       string // address prefix it was begun from
	CreatedAt    time.Time
	SeenAt       time.Time
	ProvedAt     time.Time // when a second factor was proved last
	MFAMandatory bool      // for the organisation
}

const webSessionColumns = "w.id, w.token, w.rotate, w.account, w.origin, w.created_at, w.seen_at, w.proved_at, COALESCE((SELECT mfa_mandatory FROM setup), 0)"

func scanWebSession(r scanner) (WebSession, error) {
	var w WebSession
	var created, seen, proved int64
	err := r.Scan(&w.ID, &w.Token, &w.Rotate, &w.Account.ID, &w.Origin, &created, &seen, &proved, &w.MFAMandatory)
	w.CreatedAt, w.SeenAt, w.ProvedAt = fromMillis(created), fromMillis(seen), fromMillis(proved)
	return w, notFound(err)
}

func webSession(ctx context.Context, q querier, where string, args ...any) (WebSession, error) {
	w, err := scanWebSession(q.QueryRowContext(ctx, "SELECT "+webSessionColumns+" FROM web_sessions w WHERE "+where, args...))
	if err != nil {
		return w, err
	}
	w.Account, err = account(ctx, q, "a.id = $1 AND a.disabled_at = 0", w.Account.ID)
	return w, err
}

// WebSession finds the sign-in of a cookie together with its account, which may
// sign in.
func (s *Store) WebSession(ctx context.Context, token string, now time.Time) (WebSession, error) {
	w, err := webSession(ctx, s.read, "w.token = $1 OR w.old_token = $1 AND w.old_until > $2", token, toMillis(now))
	w.Old = w.Token != token
	return w, err
}

// WebSessionByID finds a sign-in with its account, which may sign in.
func (s *Store) WebSessionByID(ctx context.Context, id string) (WebSession, error) {
	return webSession(ctx, s.read, "w.id = $1", id)
}

// WebSession finds a sign-in as the transaction sees it.
func (t *Tx) WebSession(id string) (WebSession, error) {
	return webSession(t.ctx, t.tx, "w.id = $1", id)
}

// WebSessions lists the sign-ins of an account, newest first.
func (s *Store) WebSessions(ctx context.Context, account string) ([]WebSession, error) {
	return list(ctx, s.read, scanWebSession, "SELECT "+webSessionColumns+" FROM web_sessions w WHERE w.account = $1 ORDER BY w.created_at DESC, w.id", account)
}

// AddWebSession adds a sign-in.
func (t *Tx) AddWebSession(w WebSession) error {
	_, err := t.exec(`INSERT INTO web_sessions (id, token, old_token, old_until, rotate, account, origin, created_at, seen_at, proved_at)
		VALUES ($1, $2, '', 0, 0, $3, $4, $5, $6, $7)`,
		w.ID, w.Token, w.Account.ID, w.Origin, toMillis(w.CreatedAt), toMillis(w.SeenAt), toMillis(w.ProvedAt))
	return err
}

// TouchWebSession notes that a sign-in was used.
func (t *Tx) TouchWebSession(id string, at time.Time) error {
	return t.one("UPDATE web_sessions SET seen_at = $2 WHERE id = $1", id, toMillis(at))
}

// RotateWebSession gives a sign-in another token in the place of the one it has;
// ErrNotFound when it has another by now. The one before is taken until a time.
func (t *Tx) RotateWebSession(id, from, to string, until time.Time) error {
	return t.one("UPDATE web_sessions SET token = $3, old_token = token, old_until = $4, rotate = 0 WHERE id = $1 AND token = $2",
		id, from, to, toMillis(until))
}

// ProveWebSession notes that a second factor was proved.
func (t *Tx) ProveWebSession(id string, at time.Time) error {
	return t.one("UPDATE web_sessions SET proved_at = $2 WHERE id = $1", id, toMillis(at))
}

// RotateWebSessions has the sign-ins of an account change their tokens.
func (t *Tx) RotateWebSessions(account string) error {
	_, err := t.exec("UPDATE web_sessions SET rotate = 1 WHERE account = $1", account)
	return err
}

// RemoveWebSession ends a sign-in.
func (t *Tx) RemoveWebSession(id string) error {
	_, err := t.exec("DELETE FROM web_sessions WHERE id = $1", id)
	return err
}

// RemoveWebSessions ends the sign-ins of an account but one, and tells which.
func (t *Tx) RemoveWebSessions(account, but string) ([]string, error) {
	ids, err := list(t.ctx, t.tx, scanText, "SELECT id FROM web_sessions WHERE account = $1 AND id <> $2", account, but)
	if err == nil {
		_, err = t.exec("DELETE FROM web_sessions WHERE account = $1 AND id <> $2", account, but)
	}
	return ids, err
}

// PruneWebSessions removes those created or last seen before the given times.
func (t *Tx) PruneWebSessions(created, seen time.Time) error {
	_, err := t.exec("DELETE FROM web_sessions WHERE created_at < $1 OR seen_at < $2", toMillis(created), toMillis(seen))
	return err
}
