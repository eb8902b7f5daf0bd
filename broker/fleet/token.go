package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Bounds of an enrollment token.
const (
	DefaultTokenLife = 24 * time.Hour
	maxTokenLife     = 90 * 24 * time.Hour
	maxTokenUses     = 100_000
	maxTokenTags     = 20
	maxTag           = 64
)

// NewToken is a token to be made.
type NewToken struct {
	Uses    int           // 0: one
	Life    time.Duration // 0: DefaultTokenLife
	Note    string
	Group   string // and below: of the devices that enroll with it
	Tags    []string
	Denies  bool // no entitlement to remote support
	Pending bool // they wait for an approval
	Jump    store.JumpPlan

	// Also keeps what else the token is for, beside it; nil: nothing. Told is what
	// the audit log says of that.
	Also func(tx *store.Tx, token string) error
	Told string
}

func (n *NewToken) check() error {
	if n.Uses == 0 {
		n.Uses = 1
	}
	if n.Life == 0 {
		n.Life = DefaultTokenLife
	}
	n.Note = text.Name(n.Note)
	switch {
	case n.Uses < 0 || n.Uses > maxTokenUses:
		return &account.FieldError{Field: "uses", Detail: fmt.Sprintf("use 1 to %d", maxTokenUses)}
	case n.Life < 0 || n.Life > maxTokenLife:
		return &account.FieldError{Field: "valid_s", Detail: "use at most 90 days"}
	case n.Group != text.Line(n.Group, maxTag):
		return &account.FieldError{Field: "group", Detail: fmt.Sprintf("use up to %d letters that print", maxTag)}
	case n.Jump.Tag != text.Line(n.Jump.Tag, maxTag):
		return &account.FieldError{Field: "jump", Detail: fmt.Sprintf("a tag has up to %d letters that print", maxTag)}
	case len(n.Tags) > maxTokenTags:
		return &account.FieldError{Field: "tags", Detail: fmt.Sprintf("at most %d tags", maxTokenTags)}
	}
	for _, tag := range n.Tags {
		if tag == "" || tag != text.Line(tag, maxTag) {
			return &account.FieldError{Field: "tags", Detail: fmt.Sprintf("a tag has up to %d letters that print", maxTag)}
		}
	}
	return nil
}

// CreateToken makes an enrollment token. Its secret is told once.
func CreateToken(ctx context.Context, log account.Log, actor, actorName string, n NewToken, now time.Time) (account.Secret, time.Time, error) {
	if err := n.check(); err != nil {
		return "", time.Time{}, err
	}
	secret := account.NewSecret()
	k := store.Token{
		ID: account.NewID(), Hash: account.HashSecret(secret), Uses: n.Uses, CreatedAt: now, ExpiresAt: now.Add(n.Life), CreatedBy: actor, ByName: actorName,
		Note: n.Note, Group: n.Group, Tags: n.Tags, Entitles: !n.Denies, Pending: n.Pending, Jump: n.Jump,
	}
	r := store.Record{
		At: now, Actor: actor, ActorName: actorName, Action: "enrollment.create", Object: "token:" + k.ID, ObjectName: n.Note, Result: ok,
		Detail: fmt.Sprintf("uses=%d until=%s group=%q tags=%q entitled=%t pending=%t jump_group=%q",
			n.Uses, k.ExpiresAt.UTC().Format(time.RFC3339), n.Group, strings.Join(n.Tags, " "), k.Entitles, k.Pending, k.Jump.Group) + n.Told,
	}
	_, err := log.Append(ctx, r, func(tx *store.Tx) error {
		if err := tx.AddToken(k); err != nil || n.Also == nil {
			return err
		}
		return n.Also(tx, k.ID)
	})
	return secret, k.ExpiresAt, err
}

// RevokeToken ends a token. Devices that enrolled with it stay.
func RevokeToken(ctx context.Context, log account.Log, actor, actorName, id string, now time.Time) error {
	r := store.Record{At: now, Actor: actor, ActorName: actorName, Action: "enrollment.revoke", Object: "token:" + id, Result: ok}
	_, err := log.Append(ctx, r, func(tx *store.Tx) error { return tx.RevokeToken(id, now) })
	if errors.Is(err, store.ErrNotFound) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such token, or it was revoked before")
	}
	return err
}
