package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/alongside-remote/alongside/policy"
)

// Scopes is the list of settings scopes and its version, which grows with every
// change.
type Scopes struct {
	Version uint64
	List    []policy.Scope
}

// matcher is a policy.Matcher as it is kept.
type matcher struct {
	Names  []string `json:"names,omitempty"`
	Groups []string `json:"groups,omitempty"`
	Tags   []string `json:"tags,omitempty"`
}

// Scopes lists the settings scopes in order.
func (s *Store) Scopes(ctx context.Context) (Scopes, error) {
	// One transaction: the version has to be that of the list.
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return Scopes{}, fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	return (&Tx{ctx: ctx, tx: tx}).Scopes()
}

// ScopesVersion is the version of the list of scopes.
func (s *Store) ScopesVersion(ctx context.Context) (v uint64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT version FROM scope_list WHERE id = 1").Scan(&v)
	return v, notFound(err)
}

// Scopes lists the settings scopes as the transaction sees them.
func (t *Tx) Scopes() (Scopes, error) {
	var l Scopes
	if err := t.tx.QueryRowContext(t.ctx, "SELECT version FROM scope_list WHERE id = 1").Scan(&l.Version); err != nil {
		return l, notFound(err)
	}
	rows, err := t.tx.QueryContext(t.ctx, "SELECT id, name, devices, users, settings FROM scopes ORDER BY place, id")
	if err != nil {
		return l, err
	}
	defer func() { _ = rows.Close() }() // its error is that of rows.Err
	for rows.Next() {
		var s policy.Scope
		var devices, users, settings string
		if err := rows.Scan(&s.ID, &s.Name, &devices, &users, &settings); err != nil {
			return l, err
		}
		var d, u matcher
		if err := errors.Join(
			json.Unmarshal([]byte(devices), &d), json.Unmarshal([]byte(users), &u), json.Unmarshal([]byte(settings), &s.Settings),
		); err != nil {
			return l, fmt.Errorf("scope %s: %w", s.ID, err)
		}
		s.Devices, s.Users = policy.Matcher(d), policy.Matcher(u)
		l.List = append(l.List, s)
	}
	return l, rows.Err()
}

// PutScopes replaces the list of scopes; ErrNotFound when its version is not l's
// any more, ErrExists when two have one name.
func (t *Tx) PutScopes(l Scopes) error {
	if err := t.one("UPDATE scope_list SET version = version + 1 WHERE id = 1 AND version = $1", l.Version); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM scopes"); err != nil {
		return err
	}
	for i, s := range l.List {
		devices, err := json.Marshal(matcher(s.Devices))
		if err != nil {
			return fmt.Errorf("scope %s: %w", s.ID, err)
		}
		users, err := json.Marshal(matcher(s.Users))
		if err != nil {
			return fmt.Errorf("scope %s: %w", s.ID, err)
		}
		settings, err := json.Marshal(s.Settings)
		if err != nil {
			return fmt.Errorf("scope %s: %w", s.ID, err)
		}
		if _, err := t.exec("INSERT INTO scopes (id, place, name, devices, users, settings) VALUES ($1, $2, $3, $4, $5, $6)",
			s.ID, i+1, s.Name, string(devices), string(users), string(settings)); err != nil {
			return err
		}
	}
	return nil
}
