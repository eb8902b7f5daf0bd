package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// JumpClient is a device that was pinned. Exactly one of Owner and Group is set.
type JumpClient struct {
	ID, Device string
	Name       string
	Owner      string // account of whose personal list
	Group      string // jump group
	Policy     string // jump policy; empty: none
	Tag        string
	Comments   string
	Mode       wirepb.JumpMode
	ExpiresAt  time.Time // zero: never
	CreatedAt  time.Time
	CreatedBy  string           // display name
	Lock       *wirepb.JumpLock // that the device has; nil: none
}

// JumpPolicy is when and under which conditions Jump Clients may be started.
type JumpPolicy struct {
	Object
	Hours        []string // lines; none: always
	SecondFactor bool     // proved lately
	Ask          bool     // a person says yes, whatever the settings say
	Join         bool     // who comes second joins
}

const jumpColumns = "id, device, name, owner, jump_group, jump_policy, tag, comments, mode, expires_at, created_at, created_by, jump_lock"

func scanJump(r scanner) (JumpClient, error) {
	var c JumpClient
	var owner, group, policy sql.NullString
	var expires, created int64
	var lock string
	err := r.Scan(&c.ID, &c.Device, &c.Name, &owner, &group, &policy, &c.Tag, &c.Comments, &c.Mode, &expires, &created, &c.CreatedBy, &lock)
	if err == nil {
		c.Lock, err = parseLock(lock)
	}
	c.Owner, c.Group, c.Policy = owner.String, group.String, policy.String
	c.ExpiresAt, c.CreatedAt = fromMillis(expires), fromMillis(created)
	return c, notFound(err)
}

func parseLock(s string) (*wirepb.JumpLock, error) {
	if s == "" {
		return nil, nil
	}
	l := new(wirepb.JumpLock)
	b, err := base64.StdEncoding.DecodeString(s)
	if err == nil {
		err = proto.Unmarshal(b, l)
	}
	if err != nil {
		return nil, fmt.Errorf("jump lock: %w", err)
	}
	return l, nil
}

func formatLock(l *wirepb.JumpLock) (string, error) {
	if l == nil {
		return "", nil
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("jump lock: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b), nil
}

// JumpClients lists all of them by name.
func (s *Store) JumpClients(ctx context.Context) ([]JumpClient, error) {
	return list(ctx, s.read, scanJump, "SELECT "+jumpColumns+" FROM jump_clients ORDER BY name, id")
}

// JumpClient finds one by its id.
func (s *Store) JumpClient(ctx context.Context, id string) (JumpClient, error) {
	return scanJump(s.read.QueryRowContext(ctx, "SELECT "+jumpColumns+" FROM jump_clients WHERE id = $1", id))
}

// JumpClientOf finds that of a device.
func (s *Store) JumpClientOf(ctx context.Context, device string) (JumpClient, error) {
	return scanJump(s.read.QueryRowContext(ctx, "SELECT "+jumpColumns+" FROM jump_clients WHERE device = $1", device))
}

// JumpGroupsOf says of which jump groups an account is a member, and to which it
// may pin.
func (s *Store) JumpGroupsOf(ctx context.Context, account string) (map[string]bool, error) {
	type membership struct {
		group string
		pin   int64
	}
	all, err := list(ctx, s.read, func(r scanner) (m membership, err error) { return m, r.Scan(&m.group, &m.pin) },
		"SELECT jump_group, pin FROM jump_group_members WHERE account = $1", account)
	of := map[string]bool{}
	for _, m := range all {
		of[m.group] = m.pin != 0
	}
	return of, err
}

func optional(id string) sql.NullString { return sql.NullString{String: id, Valid: id != ""} }

// AddJumpClient adds one; ErrExists when the device is one already, ErrReference
// when group or policy are not there.
func (t *Tx) AddJumpClient(c JumpClient) error {
	lock, err := formatLock(c.Lock)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO jump_clients ("+jumpColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		c.ID, c.Device, c.Name, optional(c.Owner), optional(c.Group), optional(c.Policy), c.Tag, c.Comments, c.Mode,
		toMillis(c.ExpiresAt), toMillis(c.CreatedAt), c.CreatedBy, lock)
	return err
}

// PutJumpClient changes what reps say of one.
func (t *Tx) PutJumpClient(c JumpClient) error {
	return t.one("UPDATE jump_clients SET name = $2, owner = $3, jump_group = $4, jump_policy = $5, tag = $6, comments = $7, expires_at = $8 WHERE id = $1",
		c.ID, c.Name, optional(c.Owner), optional(c.Group), optional(c.Policy), c.Tag, c.Comments, toMillis(c.ExpiresAt))
}

// RemoveJumpClient removes one; its device is to be told so.
func (t *Tx) RemoveJumpClient(c JumpClient) error {
	if err := t.one("DELETE FROM jump_clients WHERE id = $1", c.ID); err != nil {
		return err
	}
	return t.Unpin(c.Device, c.ID)
}

// Unpin notes that a device is to be told to remove a Jump Client.
func (t *Tx) Unpin(device, client string) error {
	_, err := t.exec("INSERT INTO jump_unpins (client, device) VALUES ($1, $2) ON CONFLICT DO NOTHING", client, device)
	return err
}

// MadeFor is the Jump Client that a device was made for, out of a session; empty: none.
func (s *Store) MadeFor(ctx context.Context, device string) (client string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT k.jump_client FROM devices d JOIN enrollment_tokens k ON k.id = d.token WHERE d.id = $1", device).Scan(&client)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return client, err
}

// Made is the device that was made for a Jump Client, out of a session.
func (s *Store) Made(ctx context.Context, client string) (Device, error) {
	return scanDevice(s.read.QueryRowContext(ctx, "SELECT "+deviceColumns+" FROM devices WHERE revoked_at = 0 AND token IN (SELECT id FROM enrollment_tokens WHERE jump_client = $1)", client))
}

// Unpins lists the Jump Clients that a device has not said to have removed.
func (s *Store) Unpins(ctx context.Context, device string) ([]string, error) {
	return list(ctx, s.read, scanText, "SELECT client FROM jump_unpins WHERE device = $1 ORDER BY client", device)
}

// Unpinned notes that a device has removed one; ErrNotFound when it was not told to.
func (t *Tx) Unpinned(device, client string) error {
	return t.one("DELETE FROM jump_unpins WHERE client = $1 AND device = $2", client, device)
}

// JumpTargetsStand reports whether a jump group is there, and a policy, if one is named.
func (t *Tx) JumpTargetsStand(group, policy string) (bool, error) {
	found, err := list(t.ctx, t.tx, scanText,
		"SELECT id FROM jump_groups WHERE id = $1 AND ($2 = '' OR EXISTS (SELECT 1 FROM jump_policies WHERE id = $2))", group, policy)
	return len(found) > 0, err
}

// JumpPolicies lists the jump policies by name.
func (s *Store) JumpPolicies(ctx context.Context) ([]JumpPolicy, error) {
	return list(ctx, s.read, func(r scanner) (JumpPolicy, error) {
		var p JumpPolicy
		var hours string
		err := r.Scan(&p.ID, &p.Name, &p.Note, &p.Version, &hours, &p.SecondFactor, &p.Ask, &p.Join)
		if hours != "" {
			p.Hours = strings.Split(hours, "\n")
		}
		return p, err
	}, "SELECT id, name, note, version, hours, second_factor, ask, joins FROM jump_policies ORDER BY name")
}

// PutJumpPolicy keeps a jump policy; see put for its errors.
func (t *Tx) PutJumpPolicy(p JumpPolicy) error {
	return t.put(p.Object,
		"INSERT INTO jump_policies (id, name, note, version, hours, second_factor, ask, joins) VALUES ($1, $2, $3, $4 + 1, $5, $6, $7, $8)",
		`UPDATE jump_policies SET name = $2, note = $3, version = version + 1, hours = $5, second_factor = $6, ask = $7, joins = $8
			WHERE id = $1 AND version = $4`,
		strings.Join(p.Hours, "\n"), number(p.SecondFactor), number(p.Ask), number(p.Join))
}

// RemoveJumpPolicy removes a jump policy; ErrReference while something refers to it.
func (t *Tx) RemoveJumpPolicy(o Object) error {
	return t.one("DELETE FROM jump_policies WHERE id = $1 AND version = $2", o.ID, o.Version)
}

// JumpPolicyUses lists some of what refers to a jump policy.
func (t *Tx) JumpPolicyUses(id string) ([]Use, error) {
	return t.uses("SELECT 'Jump Client', name FROM jump_clients WHERE jump_policy = $1 ORDER BY 2 LIMIT $2", id)
}

// JumpGroupUses lists some of what refers to a jump group.
func (t *Tx) JumpGroupUses(id string) ([]Use, error) {
	return t.uses("SELECT 'Jump Client', name FROM jump_clients WHERE jump_group = $1 ORDER BY 2 LIMIT $2", id)
}
