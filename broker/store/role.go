package store

import "context"

const roleColumns = "c.id, c.name, c.permissions, c.created_at, (SELECT COUNT(*) FROM account_roles r WHERE r.role = c.id)"

func scanRole(r scanner) (Role, error) {
	var o Role
	var created int64
	err := r.Scan(&o.ID, &o.Name, &o.Permissions, &created, &o.Accounts)
	o.CreatedAt = fromMillis(created)
	return o, notFound(err)
}

// Roles lists the roles that were made here, by name.
func (s *Store) Roles(ctx context.Context) ([]Role, error) {
	return list(ctx, s.read, scanRole, "SELECT "+roleColumns+" FROM roles c ORDER BY c.name")
}

// Role finds a role that was made here, as the transaction sees it.
func (t *Tx) Role(id string) (Role, error) {
	return scanRole(t.tx.QueryRowContext(t.ctx, "SELECT "+roleColumns+" FROM roles c WHERE c.id = $1", id))
}

// RoleAccounts counts the accounts that have a role, of whatever kind.
func (s *Store) RoleAccounts(ctx context.Context, id string) (int, error) {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM account_roles WHERE role = $1", id).Scan(&n)
	return n, err
}

// AddRole adds a role; ErrExists when the name is taken.
func (t *Tx) AddRole(r Role) error {
	_, err := t.exec("INSERT INTO roles (id, name, permissions, created_at) VALUES ($1, $2, $3, $4)", r.ID, r.Name, r.Permissions, toMillis(r.CreatedAt))
	return err
}

// SetRole changes a role; ErrExists when the name is another's.
func (t *Tx) SetRole(r Role) error {
	return t.one("UPDATE roles SET name = $2, permissions = $3 WHERE id = $1", r.ID, r.Name, r.Permissions)
}

// RemoveRole removes a role that no account has; ErrNotFound otherwise.
func (t *Tx) RemoveRole(id string) error {
	return t.one("DELETE FROM roles WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM account_roles r WHERE r.role = $1)", id)
}

// RoleHolders lists the accounts that have a role.
func (t *Tx) RoleHolders(role string) ([]string, error) {
	return list(t.ctx, t.tx, scanText, "SELECT account FROM account_roles WHERE role = $1 ORDER BY account", role)
}

func rolesOf(ctx context.Context, q querier, account string) ([]Role, error) {
	return list(ctx, q, func(r scanner) (Role, error) {
		var o Role
		err := r.Scan(&o.ID, &o.Name, &o.Permissions)
		return o, err
	}, `SELECT r.role, COALESCE(c.name, ''), COALESCE(c.permissions, '') FROM account_roles r LEFT JOIN roles c ON c.id = r.role
		WHERE r.account = $1 ORDER BY r.role`, account)
}

func scanText(r scanner) (string, error) {
	var s string
	err := r.Scan(&s)
	return s, err
}
