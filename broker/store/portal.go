package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// Portal is how the public page looks and what it offers.
type Portal struct {
	Open     bool
	Title    string
	Greeting string
	Accent   string // "#rrggbb"
	Issues   []string
	Queues   []string
	Logo     []byte
}

// Portal reads the settings; ErrNotFound when there are none.
func (s *Store) Portal(ctx context.Context) (Portal, error) {
	var p Portal
	var issues, queues, logo string
	err := s.read.QueryRowContext(ctx, "SELECT open, title, greeting, accent, issues, queues, logo FROM portal WHERE id = 1").
		Scan(&p.Open, &p.Title, &p.Greeting, &p.Accent, &issues, &queues, &logo)
	if err != nil {
		return p, notFound(err)
	}
	p.Issues, p.Queues = strings.Fields(issues), strings.Fields(queues)
	if p.Logo, err = base64.StdEncoding.DecodeString(logo); err != nil {
		return p, fmt.Errorf("logo: %w", err)
	}
	return p, nil
}

// PutPortal replaces the settings.
func (t *Tx) PutPortal(p Portal) error {
	if _, err := t.exec("DELETE FROM portal"); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO portal (id, open, title, greeting, accent, issues, queues, logo) VALUES (1, $1, $2, $3, $4, $5, $6, $7)",
		bit(p.Open), p.Title, p.Greeting, p.Accent, strings.Join(p.Issues, " "), strings.Join(p.Queues, " "), base64.StdEncoding.EncodeToString(p.Logo))
	return err
}

// SessionKey is a code with which a customer starts one session. Hash is that of
// the code, which is not kept.
type SessionKey struct {
	ID        string
	Hash      string
	Rep       string
	Note      string
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero: it can be used
}

const sessionKeyColumns = "id, code, rep, note, created_at, expires_at, used_at"

func scanSessionKey(r scanner) (SessionKey, error) {
	var k SessionKey
	var created, expires, used int64
	err := r.Scan(&k.ID, &k.Hash, &k.Rep, &k.Note, &created, &expires, &used)
	k.CreatedAt, k.ExpiresAt, k.UsedAt = fromMillis(created), fromMillis(expires), fromMillis(used)
	return k, notFound(err)
}

// SessionKeyByHash finds a key.
func (s *Store) SessionKeyByHash(ctx context.Context, hash string) (SessionKey, error) {
	return scanSessionKey(s.read.QueryRowContext(ctx, "SELECT "+sessionKeyColumns+" FROM session_keys WHERE code = $1", hash))
}

// SessionKeys lists the keys of a rep that can be used at a time, newest first.
func (s *Store) SessionKeys(ctx context.Context, rep string, at time.Time) ([]SessionKey, error) {
	return list(ctx, s.read, scanSessionKey, "SELECT "+sessionKeyColumns+` FROM session_keys WHERE rep = $1 AND used_at = 0 AND expires_at > $2
		ORDER BY created_at DESC, id`, rep, toMillis(at))
}

// AddSessionKey adds a key, and forgets those that cannot be used any more.
func (t *Tx) AddSessionKey(k SessionKey) error {
	if _, err := t.exec("DELETE FROM session_keys WHERE used_at > 0 OR expires_at <= $1", toMillis(k.CreatedAt)); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO session_keys ("+sessionKeyColumns+", session) VALUES ($1, $2, $3, $4, $5, $6, 0, '')",
		k.ID, k.Hash, k.Rep, k.Note, toMillis(k.CreatedAt), toMillis(k.ExpiresAt))
	return err
}

// SpendSessionKey uses a key for a session; ErrNotFound when it cannot be used.
func (t *Tx) SpendSessionKey(id string, session wire.SessionID, at time.Time) error {
	return t.one("UPDATE session_keys SET used_at = $2, session = $3 WHERE id = $1 AND used_at = 0 AND expires_at > $2", id, toMillis(at), session.String())
}

// DropSessionKey takes a key of a rep back; ErrNotFound when there is none.
func (t *Tx) DropSessionKey(id, rep string) error {
	return t.one("DELETE FROM session_keys WHERE id = $1 AND rep = $2 AND used_at = 0", id, rep)
}
