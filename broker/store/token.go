package store

import (
	"context"
	"strings"
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
	ByName    string // the actor's name then
	RevokedAt time.Time
	Note      string

	// What a device that enrolls with it gets.
	Group    string
	Tags     []string
	Entitles bool // to remote support
	Pending  bool // it waits for an approval
	Jump     JumpPlan
	Device   string // id of the ad-hoc device that it is for; empty: it makes one
	Client   string // id of the Jump Client that its device is made for; empty: none
}

// JumpPlan makes the devices of a token Jump Clients; without a group it does not.
type JumpPlan struct{ Group, Policy, Tag string }

const tokenColumns = "id, token, uses, used, created_at, expires_at, created_by, created_name, revoked_at, note, device_group, tags, entitles, pending, jump_group, jump_policy, jump_tag, device, jump_client" //nolint:gosec // names of columns

func scanToken(r scanner) (Token, error) {
	var k Token
	var created, expires, revoked, entitles, pending int64
	var tags string
	err := r.Scan(&k.ID, &k.Hash, &k.Uses, &k.Used, &created, &expires, &k.CreatedBy, &k.ByName, &revoked, &k.Note, &k.Group, &tags, &entitles, &pending,
		&k.Jump.Group, &k.Jump.Policy, &k.Jump.Tag, &k.Device, &k.Client)
	k.CreatedAt, k.ExpiresAt, k.RevokedAt = fromMillis(created), fromMillis(expires), fromMillis(revoked)
	if tags != "" {
		k.Tags = strings.Split(tags, "\n")
	}
	k.Entitles, k.Pending = entitles != 0, pending != 0
	return k, notFound(err)
}

// TokenByHash finds a token.
func (s *Store) TokenByHash(ctx context.Context, hash string) (Token, error) {
	return scanToken(s.read.QueryRowContext(ctx, "SELECT "+tokenColumns+" FROM enrollment_tokens WHERE token = $1", hash))
}

// Tokens lists the tokens of administrators, newest first.
func (s *Store) Tokens(ctx context.Context, limit int) ([]Token, error) {
	return list(ctx, s.read, scanToken, "SELECT "+tokenColumns+" FROM enrollment_tokens WHERE device = '' AND jump_client = '' ORDER BY created_at DESC, id LIMIT $1", limit)
}

// AddToken adds an enrollment token.
func (t *Tx) AddToken(k Token) error {
	_, err := t.exec("INSERT INTO enrollment_tokens ("+tokenColumns+") VALUES ($1, $2, $3, 0, $4, $5, $6, $7, 0, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
		k.ID, k.Hash, k.Uses, toMillis(k.CreatedAt), toMillis(k.ExpiresAt), k.CreatedBy, k.ByName, k.Note, k.Group, strings.Join(k.Tags, "\n"),
		number(k.Entitles), number(k.Pending), k.Jump.Group, k.Jump.Policy, k.Jump.Tag, k.Device, k.Client)
	return err
}

// SpendToken takes one use; ErrNotFound when none is left, it has expired or was
// revoked.
func (t *Tx) SpendToken(id string, at time.Time) error {
	return t.one("UPDATE enrollment_tokens SET used = used + 1 WHERE id = $1 AND used < uses AND expires_at > $2 AND revoked_at = 0", id, toMillis(at))
}

// RevokeToken ends a token; ErrNotFound when there is none that stands.
func (t *Tx) RevokeToken(id string, at time.Time) error {
	return t.one("UPDATE enrollment_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0", id, toMillis(at))
}

// DropToken forgets a token that no device enrolled with; ErrNotFound when one did.
func (t *Tx) DropToken(id string) error {
	return t.one("DELETE FROM enrollment_tokens WHERE id = $1 AND used = 0", id)
}
