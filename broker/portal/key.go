package portal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Bounds of session keys.
const (
	DefaultKeyLife = time.Hour
	MaxKeyLife     = 7 * 24 * time.Hour
	maxOwnKeys     = 50 // of one rep that can be used
	// alphabet has no two letters that are mixed up when they are read out or
	// copied by hand: 32 of them, so that each is five bits.
	alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	// codeLength gives 40 bits. What is tried is counted, by address and by all.
	codeLength = 8
	groupLen   = codeLength / 2
)

// newCode makes a code.
func newCode() string {
	b := make([]byte, codeLength)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = alphabet[b[i]%byte(len(alphabet))] // 256 is a multiple
	}
	return string(b)
}

// spoken is a code as it is shown: in two groups.
func spoken(code string) string { return code[:groupLen] + "-" + code[groupLen:] }

// parseCode reads a code as people write it; empty: it is none.
func parseCode(s string) string {
	if len(s) > 4*codeLength {
		return ""
	}
	var b strings.Builder
	for _, r := range strings.ToUpper(s) {
		switch {
		case r == '-' || r == ' ' || r == '\t' || r == '–':
		case r < 128 && strings.ContainsRune(alphabet, r):
			b.WriteRune(r)
		default:
			return ""
		}
	}
	if b.Len() != codeLength {
		return ""
	}
	return b.String()
}

// NewKey is a key that was made. Code is told once.
type NewKey struct {
	store.SessionKey
	Code string
	Link string
}

// CreateKey makes a session key for the rep who asks.
func (p *Portal) CreateKey(ctx context.Context, by account.Principal, note string, life time.Duration) (NewKey, error) {
	if err := policy.Can(by.Policy(), policy.SessionKeys, policy.Object{}); err != nil {
		return NewKey{}, err
	}
	if life == 0 {
		life = DefaultKeyLife
	}
	if life < time.Minute || life > MaxKeyLife {
		return NewKey{}, &account.FieldError{Field: "valid_s", Detail: "use a minute to seven days"}
	}
	now := p.conf.Now()
	have, err := p.conf.Store.SessionKeys(ctx, by.ID, now)
	if err != nil {
		return NewKey{}, err
	}
	if len(have) >= maxOwnKeys {
		return NewKey{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, fmt.Sprintf("you have %d keys that were not used: take some back", maxOwnKeys))
	}
	code := newCode()
	k := store.SessionKey{ID: account.NewID(), Hash: p.hash(code), Rep: by.ID, Note: text.Name(note), CreatedAt: now, ExpiresAt: now.Add(life)}
	r := store.Record{
		At: now, Actor: by.Actor(), ActorName: by.DisplayName, Action: "session_key.create", Object: "session_key:" + k.ID, ObjectName: k.Note, Result: ok,
		Detail: "until=" + k.ExpiresAt.UTC().Format(time.RFC3339),
	}
	if _, err := p.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return tx.AddSessionKey(k) }); err != nil {
		return NewKey{}, err
	}
	p.conf.Hub.Publish(live.Change{List: List})
	return NewKey{k, spoken(code), p.conf.Address() + "#" + spoken(code)}, nil
}

// Keys lists the rep's own keys that can be used.
func (p *Portal) Keys(ctx context.Context, by account.Principal) ([]store.SessionKey, error) {
	if err := policy.Can(by.Policy(), policy.SessionKeys, policy.Object{}); err != nil {
		return nil, err
	}
	return p.conf.Store.SessionKeys(ctx, by.ID, p.conf.Now())
}

// RevokeKey takes a key of the rep back.
func (p *Portal) RevokeKey(ctx context.Context, by account.Principal, id string) error {
	if err := policy.Can(by.Policy(), policy.SessionKeys, policy.Object{}); err != nil {
		return err
	}
	r := store.Record{
		At: p.conf.Now(), Actor: by.Actor(), ActorName: by.DisplayName, Action: "session_key.revoke", Object: "session_key:" + text.Line(id, 64), Result: ok,
	}
	_, err := p.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return tx.DropSessionKey(id, by.ID) })
	if errors.Is(err, store.ErrNotFound) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such key: it was used, or taken back before")
	}
	if err == nil {
		p.conf.Hub.Publish(live.Change{List: List})
	}
	return err
}

// key finds a key that can be used now, and its rep; ErrNotFound whatever else it is.
func (p *Portal) key(ctx context.Context, code string, now time.Time) (store.SessionKey, support.Rep, error) {
	// What is no code is looked up like one that is, so that it takes as long.
	k, err := p.conf.Store.SessionKeyByHash(ctx, p.hash(parseCode(code)))
	if err != nil {
		return k, support.Rep{}, err
	}
	if !k.UsedAt.IsZero() || !now.Before(k.ExpiresAt) {
		return k, support.Rep{}, store.ErrNotFound
	}
	a, err := p.conf.Store.Account(ctx, k.Rep)
	if err == nil && (!a.DisabledAt.IsZero() || policy.Can(account.PolicyOf(a), policy.SessionKeys, policy.Object{}) != nil) {
		err = store.ErrNotFound
	}
	return k, repOf(a), err
}
