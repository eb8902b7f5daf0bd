// Package directory is what administrators set up for reps to work with: teams
// and their queues, issues, jump groups, session policies and the profiles of
// Support Buttons. It checks them, refuses to remove what is in use and records
// every change.
package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// List is what consoles are told to read again after a change.
const List = "directory"

// Limits of what is kept.
const (
	maxObjects = 500 // of a kind: far beyond what one organisation has
	maxMembers = 1000
	maxName    = 64
	maxNote    = 1000
	maxTitle   = 64
	maxDays    = 365
)

// Config is what a directory needs.
type Config struct {
	Store *store.Store
	Audit account.Log
	Hub   *live.Hub
	Now   func() time.Time
}

// Directory is all objects. Their methods may be called from any goroutine; who
// calls them has asked package policy before.
type Directory struct {
	Teams           *Objects[store.Team]
	Queues          *Objects[store.Queue]
	Issues          *Objects[store.Issue]
	JumpGroups      *Objects[store.JumpGroup]
	SessionPolicies *Objects[store.SessionPolicy]
	ButtonProfiles  *Objects[store.ButtonProfile]
	JumpPolicies    *Objects[store.JumpPolicy]
}

// New makes a directory.
func New(c Config) *Directory {
	return &Directory{
		Teams: &Objects[store.Team]{c, teams()}, Queues: &Objects[store.Queue]{c, queues()}, Issues: &Objects[store.Issue]{c, issues()},
		JumpGroups:      &Objects[store.JumpGroup]{c, jumpGroups()},
		SessionPolicies: &Objects[store.SessionPolicy]{c, sessionPolicies()},
		ButtonProfiles:  &Objects[store.ButtonProfile]{c, buttonProfiles()},
		JumpPolicies:    &Objects[store.JumpPolicy]{c, jumpPolicies()},
	}
}

// Objects is the objects of one kind.
type Objects[T any] struct {
	conf Config
	kind kind[T]
}

// List lists the objects by name.
func (o *Objects[T]) List(ctx context.Context) ([]T, error) { return o.kind.list(o.conf.Store, ctx) }

// Save adds an object (no id) or changes the version of one that was read.
func (o *Objects[T]) Save(ctx context.Context, who account.Principal, v T) (T, error) {
	head := o.kind.head(&v)
	if err := checkHead(head); err != nil {
		return v, err
	}
	if err := o.kind.check(&v); err != nil {
		return v, err
	}
	all, err := o.List(ctx)
	if err != nil {
		return v, err
	}
	verb := ".update"
	var old *T
	if head.ID == "" {
		if len(all) >= maxObjects {
			return v, &account.FieldError{Field: "name", Detail: fmt.Sprintf("there are %d already; delete one first", len(all))}
		}
		head.ID, head.Version, verb = account.NewID(), 0, ".create"
	} else if old, err = o.find(all, head.ID); err != nil {
		return v, err
	} else if o.kind.head(old).Version != head.Version {
		return v, o.conflict()
	}
	r, err := o.record(ctx, who, verb, old, &v)
	if err != nil {
		return v, err
	}
	_, err = o.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return o.kind.put(tx, v) })
	switch {
	case errors.Is(err, store.ErrNotFound):
		return v, o.conflict()
	case errors.Is(err, store.ErrReference):
		return v, &account.FieldError{Field: o.kind.refers, Detail: "it names what is not there; read the list again"}
	case err != nil:
		return v, err
	}
	head.Version++
	o.conf.Hub.Publish(live.Change{List: List})
	return v, nil
}

// Delete removes an object that nothing refers to.
func (o *Objects[T]) Delete(ctx context.Context, who account.Principal, id string) error {
	all, err := o.List(ctx)
	if err != nil {
		return err
	}
	old, err := o.find(all, id)
	if err != nil {
		return err
	}
	r, err := o.record(ctx, who, ".delete", old, nil)
	if err != nil {
		return err
	}
	_, err = o.conf.Audit.Append(ctx, r, func(tx *store.Tx) error {
		if o.kind.uses != nil {
			uses, err := o.kind.uses(tx, id)
			if err == nil && len(uses) > 0 {
				err = o.inUse(uses)
			}
			if err != nil {
				return err
			}
		}
		return o.kind.remove(tx, *o.kind.head(old))
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return o.conflict()
	case errors.Is(err, store.ErrReference):
		return o.inUse(nil)
	case err != nil:
		return err
	}
	o.conf.Hub.Publish(live.Change{List: List})
	return nil
}

func (o *Objects[T]) find(all []T, id string) (*T, error) {
	i := slices.IndexFunc(all, func(v T) bool { return o.kind.head(&v).ID == id })
	if i < 0 {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such "+o.kind.title)
	}
	return &all[i], nil
}

func (o *Objects[T]) conflict() error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFLICT, "somebody else changed this "+o.kind.title+": read it again")
}

func (o *Objects[T]) inUse(uses []store.Use) error {
	by := make([]string, len(uses))
	for i, u := range uses {
		by[i] = fmt.Sprintf("%s “%s”", u.Kind, u.Name)
	}
	detail := "something refers to this " + o.kind.title
	if len(by) > 0 {
		detail = "this " + o.kind.title + " is used by " + strings.Join(by, ", ") + ": change that first"
	}
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_IN_USE, detail)
}

// record is the audit record of a change from old to now; nil is none.
func (o *Objects[T]) record(ctx context.Context, who account.Principal, verb string, old, now *T) (store.Record, error) {
	n, err := o.names(ctx)
	if err != nil {
		return store.Record{}, err
	}
	var fields [2]map[string]string
	about := now
	for i, v := range []*T{old, now} {
		if v == nil {
			continue
		}
		h := o.kind.head(v)
		fields[i] = o.kind.fields(*v, n)
		fields[i]["name"], fields[i]["note"] = h.Name, h.Note
		if about == nil {
			about = v
		}
	}
	var c audit.Changes
	for _, key := range append([]string{"name", "note"}, o.kind.keys...) {
		c.Add(key, fields[0][key], fields[1][key])
	}
	h := o.kind.head(about)
	return store.Record{
		At: o.conf.Now(), Actor: who.Actor(), ActorName: who.DisplayName, Action: o.kind.name + verb, Object: o.kind.name + ":" + h.ID,
		ObjectName: h.Name, Result: audit.OK, Detail: c.String(),
	}, nil
}

func checkHead(h *store.Object) error {
	h.Name, h.Note = strings.TrimSpace(h.Name), strings.TrimSpace(h.Note)
	switch {
	case h.Name == "" || len(h.Name) > maxName || h.Name != text.Name(h.Name):
		return &account.FieldError{Field: "name", Detail: fmt.Sprintf("give a name of up to %d bytes that print", maxName)}
	case len(h.Note) > maxNote || h.Note != text.Body(h.Note):
		return &account.FieldError{Field: "note", Detail: fmt.Sprintf("use up to %d bytes that print", maxNote)}
	default:
		return nil
	}
}
