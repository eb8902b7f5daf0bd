package store

import (
	"context"
	"time"
)

// Account is a rep who may sign in.
type Account struct {
	ID          string
	Name        string // what is typed to sign in; lower case
	DisplayName string
	Email       string
	Password    string // an argon2id string; empty: there is none
	Issuer      string // with Subject, who it is to an identity provider
	Subject     string
	Roles       []Role
	Factors     int // second factors
	CreatedAt   time.Time
	SeenAt      time.Time // of its last sign-in
	DisabledAt  time.Time // zero: may sign in
	Availability
}

// Availability is what a rep says about being reached.
type Availability struct {
	Away     bool // a console is open, and nobody is in front of it
	Extended bool // may be asked by mail while no console is open
}

// Role is what gives permissions. Of a built-in one only the id is kept.
type Role struct {
	ID, Name    string
	Permissions string // names with spaces between
	CreatedAt   time.Time
	Accounts    int // that have it
}

const accountColumns = `a.id, a.name, a.display_name, a.email, a.password, a.issuer, a.subject, a.created_at, a.seen_at, a.disabled_at, a.away, a.extended,
	(SELECT COUNT(*) FROM factors f WHERE f.account = a.id)`

func scanAccount(r scanner) (Account, error) {
	var a Account
	var created, seen, disabled int64
	err := r.Scan(&a.ID, &a.Name, &a.DisplayName, &a.Email, &a.Password, &a.Issuer, &a.Subject, &created, &seen, &disabled, &a.Away, &a.Extended,
		&a.Factors)
	a.CreatedAt, a.SeenAt, a.DisabledAt = fromMillis(created), fromMillis(seen), fromMillis(disabled)
	return a, notFound(err)
}

// account finds one account with its roles.
func account(ctx context.Context, q querier, where string, args ...any) (Account, error) {
	a, err := scanAccount(q.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM accounts a WHERE "+where, args...))
	if err != nil {
		return a, err
	}
	a.Roles, err = rolesOf(ctx, q, a.ID)
	return a, err
}

// AccountByName finds an account that may sign in.
func (s *Store) AccountByName(ctx context.Context, name string) (Account, error) {
	return account(ctx, s.read, "a.name = $1 AND a.disabled_at = 0", name)
}

// AccountBySubject finds an account that may sign in through an identity provider.
func (s *Store) AccountBySubject(ctx context.Context, issuer, subject string) (Account, error) {
	return account(ctx, s.read, "a.issuer = $1 AND a.subject = $2 AND a.subject <> ''", issuer, subject)
}

// Account finds an account, disabled or not.
func (s *Store) Account(ctx context.Context, id string) (Account, error) {
	return account(ctx, s.read, "a.id = $1", id)
}

// Account is an account as the transaction sees it.
func (t *Tx) Account(id string) (Account, error) { return account(t.ctx, t.tx, "a.id = $1", id) }

// AccountNamed is an account of that name as the transaction sees it, disabled or
// not.
func (t *Tx) AccountNamed(name string) (Account, error) {
	return account(t.ctx, t.tx, "a.name = $1", name)
}

// Accounts lists every account by name.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) {
	all, err := list(ctx, s.read, scanAccount, "SELECT "+accountColumns+" FROM accounts a ORDER BY a.name")
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Roles, err = rolesOf(ctx, s.read, all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Enabled counts the accounts that have a role and may sign in, but one.
func (t *Tx) Enabled(role, but string) (int, error) {
	var n int
	err := t.tx.QueryRowContext(t.ctx, `SELECT COUNT(*) FROM accounts a JOIN account_roles r ON r.account = a.id
		WHERE r.role = $1 AND a.id <> $2 AND a.disabled_at = 0`, role, but).Scan(&n)
	return n, err
}

// AddAccount adds an account with its roles; ErrExists when the name is taken.
func (t *Tx) AddAccount(a Account) error {
	if _, err := t.exec(`INSERT INTO accounts (id, name, display_name, email, password, issuer, subject, created_at, seen_at, disabled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.ID, a.Name, a.DisplayName, a.Email, a.Password, a.Issuer, a.Subject, toMillis(a.CreatedAt), toMillis(a.SeenAt), toMillis(a.DisabledAt)); err != nil {
		return err
	}
	return t.setRoles(a)
}

// SetAccount writes what may change of an account: its display name, address,
// password, roles and whether it is disabled.
func (t *Tx) SetAccount(a Account) error {
	if err := t.one("UPDATE accounts SET display_name = $2, email = $3, password = $4, disabled_at = $5 WHERE id = $1",
		a.ID, a.DisplayName, a.Email, a.Password, toMillis(a.DisabledAt)); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM account_roles WHERE account = $1", a.ID); err != nil {
		return err
	}
	return t.setRoles(a)
}

// SetAvailability notes what a rep says about being reached.
func (t *Tx) SetAvailability(id string, v Availability) error {
	return t.one("UPDATE accounts SET away = $2, extended = $3 WHERE id = $1", id, bit(v.Away), bit(v.Extended))
}

// SeeAccount notes a sign-in.
func (t *Tx) SeeAccount(id string, at time.Time) error {
	return t.one("UPDATE accounts SET seen_at = $2 WHERE id = $1", id, toMillis(at))
}

// SpendStep takes a step of a time-based code; ErrNotFound when it or a newer one
// was used.
func (t *Tx) SpendStep(id string, step int64) error {
	return t.one("UPDATE accounts SET totp_step = $2 WHERE id = $1 AND totp_step < $2", id, step)
}

func (t *Tx) setRoles(a Account) error {
	for _, r := range a.Roles {
		if _, err := t.exec("INSERT INTO account_roles (account, role) VALUES ($1, $2)", a.ID, r.ID); err != nil {
			return err
		}
	}
	return nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
