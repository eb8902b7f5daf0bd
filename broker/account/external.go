package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// External is who an identity provider says somebody is. Issuer and Subject are
// what counts; an account is never found by a name or a mail address.
type External struct {
	Issuer, Subject string
	Name            string
	DisplayName     string
	Email           string
	Roles           []string // ids, that follow from what it says
}

// provider is who changes accounts by what an identity provider says.
var provider = Actor{ID: "system", Name: "identity provider"}

// external is the kind of challenge of a sign-in through an identity provider.
const external = "external"

// BeginExternal keeps what a browser has to come back with from an identity
// provider, by the secret of a cookie that only this browser has.
func (v *Service) BeginExternal(ctx context.Context, remote string, content any) (Secret, error) {
	if !v.addresses.Allow(Prefix(remote), v.now()) {
		return "", v.limited(ctx, "identity provider", remote)
	}
	s := NewSecret()
	return s, v.keep(ctx, HashSecret(s), "", external, content)
}

// TakeExternal takes what BeginExternal kept; it is there once.
func (v *Service) TakeExternal(ctx context.Context, cookie Secret, content any) error {
	c, err := v.store.SpendChallenge(ctx, HashSecret(cookie), "", external, v.now())
	if errors.Is(err, store.ErrNotFound) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED, "this sign-in took too long or was used; begin again")
	}
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(c.Content), content)
}

// SignInExternal begins a sign-in of the account that belongs to a subject, which
// it makes and keeps as the identity provider says. Second factors count as with
// every sign-in.
func (v *Service) SignInExternal(ctx context.Context, e External, remote string) (Principal, Secret, error) {
	if e.Issuer == "" || e.Subject == "" || len(e.Subject) > wire.MaxName {
		return Principal{}, "", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED, "the identity provider does not say who this is")
	}
	a, err := v.store.AccountBySubject(ctx, e.Issuer, e.Subject)
	switch {
	case errors.Is(err, store.ErrNotFound) && len(e.Roles) == 0:
		return Principal{}, "", v.unwelcome(ctx, e, remote)
	case errors.Is(err, store.ErrNotFound):
		a, err = v.addExternal(ctx, e)
	case err == nil && a.DisabledAt.IsZero():
		a, err = v.follow(ctx, a, e)
	}
	if err != nil {
		return Principal{}, "", err
	}
	if !a.DisabledAt.IsZero() || len(a.Roles) == 0 {
		return Principal{}, "", v.unwelcome(ctx, e, remote)
	}
	return v.begin(ctx, a, "identity provider", remote)
}

func (v *Service) unwelcome(ctx context.Context, e External, remote string) error {
	err := v.failed(ctx, signedIn, e.Name, remote)
	return errors.Join(err, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED, "your account may not use this console; ask an administrator"))
}

// addExternal makes the account of a subject.
func (v *Service) addExternal(ctx context.Context, e External) (store.Account, error) {
	a := store.Account{
		ID: NewID(), DisplayName: shownName(e), Email: shownEmail(e), Issuer: e.Issuer, Subject: e.Subject, CreatedAt: v.now(),
	}
	name := strings.ToLower(strings.TrimSpace(e.Name))
	// Another's name stays another's: it is told apart by the subject.
	sum := sha256.Sum256([]byte(e.Issuer + "\n" + e.Subject))
	mark := hex.EncodeToString(sum[:4])
	for _, n := range []string{name, name + "-" + mark, "sso-" + mark} {
		if !nameForm.MatchString(n) {
			continue
		}
		a.Name = n
		p, err := v.add(ctx, provider, a, e.Roles, func(*store.Tx, store.Account) error { return nil })
		if errors.Is(err, store.ErrExists) {
			continue
		}
		if err != nil {
			return a, err
		}
		return v.find(ctx, p.ID)
	}
	return a, fmt.Errorf("account of %q: %w", e.Subject, store.ErrExists)
}

// follow changes an account to what the identity provider says now.
func (v *Service) follow(ctx context.Context, was store.Account, e External) (store.Account, error) {
	next := was
	next.DisplayName, next.Email = shownName(e), shownEmail(e)
	var err error
	if next.Roles, err = v.rolesByID(ctx, e.Roles); err != nil {
		return was, err
	}
	if next.DisplayName == was.DisplayName && next.Email == was.Email && slices.Equal(roleIDs(next.Roles), roleIDs(was.Roles)) {
		return was, nil
	}
	if err := v.set(ctx, provider, was, next); err != nil {
		return was, err
	}
	return v.find(ctx, was.ID)
}

func roleIDs(roles []store.Role) []string {
	var all []string
	for _, r := range roles {
		all = append(all, r.ID)
	}
	slices.Sort(all)
	return all
}

func shownName(e External) string {
	for _, s := range []string{e.DisplayName, e.Name} {
		if s = text.Name(s); s != "" {
			return s
		}
	}
	return "Representative"
}

func shownEmail(e External) string {
	s, err := email(e.Email)
	if err != nil {
		return ""
	}
	return s
}

// KnownRoles refuses ids that stand for no role.
func (v *Service) KnownRoles(ctx context.Context, ids []string) error {
	_, err := v.rolesByID(ctx, ids)
	return err
}
