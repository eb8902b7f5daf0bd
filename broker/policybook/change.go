package policybook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Save adds a scope, which has no id yet, above all others, or changes one where
// it stands. Version is that of the list it was read from.
func (b *Book) Save(ctx context.Context, who account.Principal, s policy.Scope, version uint64) (policy.Scope, uint64, error) {
	checked, err := s.Check()
	if err != nil {
		return s, 0, asField(err)
	}
	fresh := checked.ID == ""
	if fresh {
		checked.ID = account.NewID()
	}
	version, err = b.change(ctx, who, version, func(l []policy.Scope) ([]policy.Scope, store.Record, error) {
		var old policy.Scope
		if fresh {
			l = append([]policy.Scope{checked}, l...)
		} else {
			i := find(l, checked.ID)
			if i < 0 {
				return nil, store.Record{}, noScope()
			}
			old, l[i] = l[i], checked
		}
		return l, record("scope.save", checked, difference(old, checked)), nil
	})
	return checked, version, err
}

// Delete takes a scope off the list.
func (b *Book) Delete(ctx context.Context, who account.Principal, id string, version uint64) (uint64, error) {
	return b.change(ctx, who, version, func(l []policy.Scope) ([]policy.Scope, store.Record, error) {
		i := find(l, id)
		if i < 0 {
			return nil, store.Record{}, noScope()
		}
		r := record("scope.delete", l[i], difference(l[i], policy.Scope{}))
		return slices.Delete(l, i, i+1), r, nil
	})
}

// Order puts the scopes into another order: every id, once.
func (b *Book) Order(ctx context.Context, who account.Principal, ids []string, version uint64) (uint64, error) {
	return b.change(ctx, who, version, func(l []policy.Scope) ([]policy.Scope, store.Record, error) {
		var ordered []policy.Scope
		for _, id := range ids {
			i := find(l, id)
			if i < 0 || find(ordered, id) >= 0 {
				return nil, store.Record{}, &account.FieldError{Field: "ids", Detail: "name every scope once"}
			}
			ordered = append(ordered, l[i])
		}
		if len(ordered) != len(l) {
			return nil, store.Record{}, &account.FieldError{Field: "ids", Detail: "name every scope once"}
		}
		r := store.Record{Action: "scope.order", Object: "scopes", Detail: audit.Change("order", names(l), names(ordered))}
		return ordered, r, nil
	})
}

// change makes a new list out of a copy of the present one, keeps it together
// with its audit record and tells everybody.
func (b *Book) change(
	ctx context.Context, who account.Principal, version uint64, f func([]policy.Scope) ([]policy.Scope, store.Record, error),
) (uint64, error) {
	version, err := b.changeLocked(ctx, who, version, f)
	if err == nil {
		b.changed("")
	}
	return version, err
}

func (b *Book) changeLocked(
	ctx context.Context, who account.Principal, version uint64, f func([]policy.Scope) ([]policy.Scope, store.Record, error),
) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Scopes().Version != version {
		if err := b.read(ctx); err != nil { // another process may have changed it
			return 0, err
		}
		if b.Scopes().Version != version {
			return 0, conflict()
		}
	}
	l, r, err := f(slices.Clone(b.Scopes().List))
	if err != nil {
		return 0, err
	}
	next := store.Scopes{Version: version, List: l}
	rules, err := policy.Compile(l, b.conf.Base)
	if err != nil {
		return 0, asField(err)
	}
	r.At, r.Actor, r.ActorName, r.Result = b.conf.Now(), who.Actor(), who.DisplayName, audit.OK
	_, err = b.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return tx.PutScopes(next) })
	if errors.Is(err, store.ErrNotFound) {
		return 0, conflict()
	}
	if err != nil {
		return 0, err
	}
	next.Version++
	b.page.Store(&page{next, rules})
	// What was decided is carried through, also when the caller goes away.
	b.tellAll(context.WithoutCancel(ctx))
	return next.Version, nil
}

func conflict() error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFLICT, "somebody else changed the scopes: read them again")
}

func noScope() error { return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such scope") }

func find(l []policy.Scope, id string) int {
	return slices.IndexFunc(l, func(s policy.Scope) bool { return s.ID == id })
}

func names(l []policy.Scope) string {
	all := make([]string, len(l))
	for i, s := range l {
		all[i] = s.Name
	}
	return strings.Join(all, ", ")
}

// asField names the field that is wrong with a scope.
func asField(err error) error {
	var e *policy.ScopeError
	switch {
	case errors.As(err, &e):
		detail := e.Detail
		if detail == "" || errors.Is(e, policy.ErrUnusedMatcher) {
			detail = fmt.Sprintf("%v: %s", e.Err, e.Detail)
		}
		return &account.FieldError{Field: e.Field, Detail: detail}
	case errors.Is(err, policy.ErrTooMany):
		return &account.FieldError{Field: "scope", Detail: err.Error()}
	default:
		return err
	}
}

func record(action string, s policy.Scope, detail string) store.Record {
	return store.Record{Action: action, Object: "scope:" + s.ID, ObjectName: s.Name, Detail: detail}
}
