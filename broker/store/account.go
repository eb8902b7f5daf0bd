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
	Password    string // an argon2id string
	Admin       bool
	CreatedAt   time.Time
	DisabledAt  time.Time // zero: may sign in
}

const accountColumns = "id, name, display_name, password, admin, created_at, disabled_at"

func scanAccount(r scanner) (Account, error) {
	var a Account
	var created, disabled int64
	err := r.Scan(&a.ID, &a.Name, &a.DisplayName, &a.Password, &a.Admin, &created, &disabled)
	a.CreatedAt, a.DisabledAt = fromMillis(created), fromMillis(disabled)
	return a, notFound(err)
}

// AccountByName finds an account that may sign in.
func (s *Store) AccountByName(ctx context.Context, name string) (Account, error) {
	return scanAccount(s.read.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM accounts WHERE name = $1 AND disabled_at = 0", name))
}

// AddAccount adds an account; ErrExists when the name is taken.
func (t *Tx) AddAccount(a Account) error {
	_, err := t.exec("INSERT INTO accounts ("+accountColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7)",
		a.ID, a.Name, a.DisplayName, a.Password, bit(a.Admin), toMillis(a.CreatedAt), toMillis(a.DisabledAt))
	return err
}

// Setup is the record that the broker has its first admin.
type Setup struct {
	Account      string
	Organisation string
	At           time.Time
}

// Setup returns the setup that was done, or ErrNotFound.
func (s *Store) Setup(ctx context.Context) (Setup, error) {
	var u Setup
	var at int64
	err := s.read.QueryRowContext(ctx, "SELECT account, organisation, at FROM setup").Scan(&u.Account, &u.Organisation, &at)
	u.At = fromMillis(at)
	return u, notFound(err)
}

// AddSetup records the first admin; ErrExists when there is one.
func (t *Tx) AddSetup(u Setup) error {
	_, err := t.exec("INSERT INTO setup (id, account, organisation, at) VALUES (1, $1, $2, $3)", u.Account, u.Organisation, toMillis(u.At))
	return err
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
