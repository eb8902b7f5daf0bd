package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Actor is who changes accounts: a principal, or the command line.
type Actor struct {
	ID, Name string // as in the audit log
	// Principal is asked for its permissions; nil is the command line, which may do
	// everything.
	Principal *Principal
}

// By is a principal as an actor.
func By(p Principal) Actor { return Actor{ID: p.Actor(), Name: p.DisplayName, Principal: &p} }

func (a Actor) can(what policy.Action, about ...policy.Set) error {
	if a.Principal == nil {
		return nil
	}
	var o policy.Object
	for _, s := range about {
		o.Permissions = o.Permissions.With(s)
	}
	return policy.Can(a.Principal.Policy(), what, o)
}

// maxRoles and maxRoleName bound what is kept; longestPermissions is what the audit log
// tells of a role's, in bytes: all of them.
const (
	maxRoles           = 64
	maxRoleName        = 64
	longestPermissions = 1 << 10
)

// Role is a role with what it gives.
type Role struct {
	policy.Role
	BuiltIn  bool
	Accounts int
}

// PolicyOf is an account as package policy knows it.
func PolicyOf(a store.Account) policy.Principal {
	return policy.Principal{Rep: a.ID, Admin: isAdmin(a), Permissions: permissionsOf(a.Roles)}
}

// permissionsOf is what roles give together. A name that this version does not
// know gives nothing.
func permissionsOf(roles []store.Role) policy.Set {
	var all policy.Set
	for _, r := range roles {
		all = all.With(permissions(r))
	}
	return all
}

func permissions(r store.Role) policy.Set {
	if b, ok := policy.BuiltInRole(r.ID); ok {
		return b.Permissions
	}
	return parsePermissions(r.Permissions)
}

func parsePermissions(s string) policy.Set {
	var known []policy.Permission
	for _, n := range strings.Fields(s) {
		known = append(known, policy.Permission(n))
	}
	return policy.SetOf(known...)
}

func formatPermissions(s policy.Set) string { return strings.Join(s.Names(), " ") }

func isAdmin(a store.Account) bool { return hasRole(a.Roles, policy.Administrator) }

func hasRole(roles []store.Role, id string) bool {
	return slices.ContainsFunc(roles, func(r store.Role) bool { return r.ID == id })
}

// RoleNames are the roles of an account as the audit log tells them.
func RoleNames(a store.Account) string { return roleNames(a.Roles) }

// roleNames are roles as the audit log tells them.
func roleNames(roles []store.Role) string {
	all := make([]string, len(roles))
	for i, r := range roles {
		if all[i] = r.Name; r.Name == "" {
			all[i] = r.ID
		}
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// rolesByID finds roles for an account, each once.
func (v *Service) rolesByID(ctx context.Context, ids []string) ([]store.Role, error) {
	made, err := v.store.Roles(ctx)
	if err != nil {
		return nil, err
	}
	var found []store.Role
	for _, id := range ids {
		if hasRole(found, id) {
			continue
		}
		if _, ok := policy.BuiltInRole(id); ok {
			found = append(found, store.Role{ID: id})
			continue
		}
		i := slices.IndexFunc(made, func(r store.Role) bool { return r.ID == id })
		if i < 0 {
			return nil, &FieldError{"roles", "there is no such role"}
		}
		found = append(found, made[i])
	}
	return found, nil
}

// Roles lists the built-in roles and then those that were made here.
func (v *Service) Roles(ctx context.Context, by Principal) ([]Role, error) {
	if err := By(by).can(policy.ListRoles); err != nil {
		return nil, err
	}
	var all []Role
	for _, b := range policy.BuiltInRoles() {
		n, err := v.store.RoleAccounts(ctx, b.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, Role{b, true, n})
	}
	made, err := v.store.Roles(ctx)
	for _, r := range made {
		all = append(all, Role{policy.Role{ID: r.ID, Name: r.Name, Permissions: permissions(r)}, false, r.Accounts})
	}
	return all, err
}

// SaveRole adds a role (no id) or changes one. Sign-ins of those who have it get
// other cookies, and those who lose something by it lose it at once.
func (v *Service) SaveRole(ctx context.Context, by Principal, r policy.Role) (Role, error) {
	if err := By(by).can(policy.EditRole); err != nil {
		return Role{}, err
	}
	name := text.Name(r.Name)
	if name == "" || len(name) > maxRoleName || name != strings.TrimSpace(r.Name) {
		return Role{}, &FieldError{"name", fmt.Sprintf("give a name of up to %d bytes", maxRoleName)}
	}
	if _, ok := policy.BuiltInRole(r.ID); ok {
		return Role{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "built-in roles cannot be changed; make one of your own")
	}
	for _, b := range policy.BuiltInRoles() {
		if strings.EqualFold(b.Name, name) {
			return Role{}, &FieldError{"name", "it is taken"}
		}
	}
	if err := By(by).can(policy.EditRole, r.Permissions); err != nil {
		return Role{}, err
	}
	next := store.Role{ID: r.ID, Name: name, Permissions: formatPermissions(r.Permissions), CreatedAt: v.now()}
	var was store.Role
	rec := store.Record{
		At: v.now(), Actor: by.Actor(), ActorName: by.DisplayName, Action: "role.update", Object: "role:" + r.ID, ObjectName: name, Result: audit.OK,
	}
	var err error
	if r.ID == "" {
		made, err := v.store.Roles(ctx)
		if err != nil {
			return Role{}, err
		}
		if len(made) >= maxRoles {
			return Role{}, &FieldError{"name", fmt.Sprintf("there are %d roles already", maxRoles)}
		}
		next.ID = NewID()
		rec.Action, rec.Object, rec.Detail = "role.create", "role:"+next.ID, "permissions="+next.Permissions
	} else {
		if was, err = v.role(ctx, r.ID); err != nil {
			return Role{}, err
		}
		// Who changes a role must have what it gave, too.
		if err := By(by).can(policy.EditRole, permissions(was)); err != nil {
			return Role{}, err
		}
		c := audit.Changes{Longest: longestPermissions}
		c.Add("name", was.Name, next.Name)
		c.Add("permissions", was.Permissions, next.Permissions)
		rec.Detail = c.String()
	}
	var holders []string
	if _, err := v.audit.Append(ctx, rec, func(tx *store.Tx) error {
		if r.ID == "" {
			return tx.AddRole(next)
		}
		if now, err := tx.Role(r.ID); err != nil || now.Permissions != was.Permissions || now.Name != was.Name {
			return errors.Join(err, errChanged)
		}
		if holders, err = tx.RoleHolders(r.ID); err != nil {
			return err
		}
		for _, a := range holders {
			if err := tx.RotateWebSessions(a); err != nil {
				return err
			}
		}
		return tx.SetRole(next)
	}); err != nil {
		return Role{}, err
	}
	if !permissions(was).Within(r.Permissions) {
		v.cut(ctx, holders...)
	}
	return Role{policy.Role{ID: next.ID, Name: next.Name, Permissions: r.Permissions}, false, len(holders)}, nil
}

var errChanged = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFLICT, "somebody else changed it; look again")

func (v *Service) role(ctx context.Context, id string) (store.Role, error) {
	made, err := v.store.Roles(ctx)
	if err != nil {
		return store.Role{}, err
	}
	if i := slices.IndexFunc(made, func(r store.Role) bool { return r.ID == id }); i >= 0 {
		return made[i], nil
	}
	return store.Role{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such role")
}

// DeleteRole removes a role that nobody has.
func (v *Service) DeleteRole(ctx context.Context, by Principal, id string) error {
	if _, ok := policy.BuiltInRole(id); ok {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "built-in roles cannot be removed")
	}
	if err := By(by).can(policy.EditRole); err != nil {
		return err
	}
	r, err := v.role(ctx, id)
	if err != nil {
		return err
	}
	if err := By(by).can(policy.EditRole, permissions(r)); err != nil {
		return err
	}
	_, err = v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: by.Actor(), ActorName: by.DisplayName, Action: "role.delete", Object: "role:" + id, ObjectName: r.Name, Result: audit.OK,
		Detail: "permissions=" + r.Permissions,
	}, func(tx *store.Tx) error {
		err := tx.RemoveRole(id)
		if errors.Is(err, store.ErrNotFound) {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_IN_USE, "accounts have this role; take it from them first")
		}
		return err
	})
	return err
}
