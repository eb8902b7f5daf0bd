package store

import (
	"context"
	"time"
)

// Setup is the record that the broker has its first admin, and what the
// organisation decided of sign-ins.
type Setup struct {
	Account      string
	Organisation string
	At           time.Time
	MFAMandatory bool // every rep has to have a second factor
}

// Setup returns the setup that was done, or ErrNotFound.
func (s *Store) Setup(ctx context.Context) (Setup, error) {
	var u Setup
	var at int64
	err := s.read.QueryRowContext(ctx, "SELECT account, organisation, at, mfa_mandatory FROM setup").Scan(&u.Account, &u.Organisation, &at, &u.MFAMandatory)
	u.At = fromMillis(at)
	return u, notFound(err)
}

// AddSetup records the first admin; ErrExists when there is one.
func (t *Tx) AddSetup(u Setup) error {
	_, err := t.exec("INSERT INTO setup (id, account, organisation, at, mfa_mandatory) VALUES (1, $1, $2, $3, $4)",
		u.Account, u.Organisation, toMillis(u.At), bit(u.MFAMandatory))
	return err
}

// MFAMandatory is the setting as the transaction sees it.
func (t *Tx) MFAMandatory() (bool, error) {
	var must bool
	err := t.tx.QueryRowContext(t.ctx, "SELECT mfa_mandatory FROM setup").Scan(&must)
	return must, notFound(err)
}

// SetMFAMandatory says whether every rep has to have a second factor.
func (t *Tx) SetMFAMandatory(must bool) error {
	return t.one("UPDATE setup SET mfa_mandatory = $1", bit(must))
}
