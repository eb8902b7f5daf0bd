package account

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
)

// NewAccount is what an account is made of.
type NewAccount struct {
	Name         string
	DisplayName  string
	Email        string
	Password     Secret
	Admin        bool     // has the role of an administrator, beside Roles
	Roles        []string // ids; none, and no Admin, is a representative
	Organisation string   // of the first admin
}

// FieldError says which field is wrong.
type FieldError struct{ Field, Detail string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Detail }

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{0,63}$`)

func (n *NewAccount) check() error {
	n.Name = strings.ToLower(strings.TrimSpace(n.Name))
	if !nameForm.MatchString(n.Name) {
		return &FieldError{"name", "use up to 64 letters, digits and . _ @ + -"}
	}
	if n.Admin && !slices.Contains(n.Roles, policy.Administrator) {
		n.Roles = append(slices.Clone(n.Roles), policy.Administrator)
	}
	if len(n.Roles) == 0 {
		n.Roles = []string{policy.Representative}
	}
	var err error
	if n.DisplayName, err = displayName(n.DisplayName); err != nil {
		return err
	}
	if n.Email, err = email(n.Email); err != nil {
		return err
	}
	return checkPassword("password", n.Password)
}

func displayName(s string) (string, error) {
	d := text.Name(s)
	if d == "" || d != strings.TrimSpace(s) {
		return "", &FieldError{"display_name", "give a name of up to 256 bytes that prints"}
	}
	return d, nil
}

// maxEmail is what a mail address may have.
const maxEmail = 254

func email(s string) (string, error) {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if s != "" && (at < 1 || at == len(s)-1 || len(s) > maxEmail || text.Line(s, maxEmail) != s || strings.ContainsAny(s, " <>,;")) {
		return "", &FieldError{"email", "give one mail address"}
	}
	return s, nil
}

func checkPassword(field string, p Secret) error {
	if l := len(p); l < minPassword || l > maxPassword || !utf8.ValidString(string(p)) {
		return &FieldError{field, fmt.Sprintf("use %d to %d characters", minPassword, maxPassword)}
	}
	return nil
}

// Create adds an account. The first one must be an admin and completes the
// setup.
func (v *Service) Create(ctx context.Context, by Actor, n NewAccount) (Principal, error) {
	return v.create(ctx, by, n, func(tx *store.Tx, a store.Account) error {
		_, err := v.store.Setup(ctx)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if !n.Admin {
			return &FieldError{"admin", "the first account must be an administrator"}
		}
		return tx.AddSetup(v.newSetup(a, n))
	})
}

func (v *Service) create(ctx context.Context, by Actor, n NewAccount, with func(*store.Tx, store.Account) error) (Principal, error) {
	if err := by.can(policy.EditAccount); err != nil {
		return Principal{}, err
	}
	if err := n.check(); err != nil {
		return Principal{}, err
	}
	hash, err := v.hash.hash(ctx, n.Password)
	if err != nil {
		return Principal{}, err
	}
	a := store.Account{ID: NewID(), Name: n.Name, DisplayName: n.DisplayName, Email: n.Email, Password: hash, CreatedAt: v.now()}
	return v.add(ctx, by, a, n.Roles, with)
}

// add records and stores a new account.
func (v *Service) add(ctx context.Context, by Actor, a store.Account, roles []string, with func(*store.Tx, store.Account) error) (Principal, error) {
	var err error
	if a.Roles, err = v.rolesByID(ctx, roles); err != nil {
		return Principal{}, err
	}
	if err := by.can(policy.EditAccount, permissionsOf(a.Roles)); err != nil {
		return Principal{}, err
	}
	if by.ID == "" {
		by = Actor{ID: "rep:" + a.ID, Name: a.DisplayName}
	}
	r := store.Record{
		At: v.now(), Actor: by.ID, ActorName: by.Name, Action: "account.create", Object: "rep:" + a.ID, ObjectName: a.DisplayName, Result: audit.OK,
		Detail: fmt.Sprintf("name=%s roles=%s", a.Name, roleNames(a.Roles)),
	}
	if _, err := v.audit.Append(ctx, r, func(tx *store.Tx) error {
		if err := tx.AddAccount(a); err != nil {
			return err
		}
		return with(tx, a)
	}); err != nil {
		return Principal{}, err
	}
	return principal(a), nil
}

// principal is a holder of an account, as yet without a sign-in.
func principal(a store.Account) Principal {
	return Principal{ID: a.ID, Name: a.Name, DisplayName: a.DisplayName, Admin: isAdmin(a), Permissions: permissionsOf(a.Roles)}
}
