// Package button is the Support Buttons of devices: icons on a user's desktop that
// lead to a team's queue for as long as they last. A button is bound to one device,
// which is told all of its buttons in one signed set; whether a button still counts
// only the broker says.
package button

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of a button.
const (
	// MinLife keeps a wrong unit from making a button that nobody can use.
	MinLife        = time.Minute
	maxDescription = 256 // bytes: a line in a list
	day            = 24 * time.Hour
)

// Agents reaches endpoints; package fleet is it.
type Agents interface {
	Send(device string, m *wirepb.BrokerMessage) error
	Linked(device string) bool
}

// Config is what a Keeper needs.
type Config struct {
	Store    *store.Store
	Audit    account.Log
	Hub      *live.Hub
	Agents   Agents
	Log      *slog.Logger
	Now      func() time.Time
	GrantKey ed25519.PrivateKey
}

// Keeper keeps the buttons. Its methods may be called from any goroutine; who calls
// those for reps has asked package policy before.
type Keeper struct {
	conf Config
	mu   sync.Mutex // held while a device is told, so that versions reach it in order
}

// New makes a Keeper.
func New(c Config) *Keeper { return &Keeper{conf: c} }

// Wish is a new button, as a rep or an installer wants it.
type Wish struct {
	Profile, Queue string // ids; no Queue: that of the profile
	Description    string
	Lasts          time.Duration
}

// Button is a button with what it looks like.
type Button struct {
	store.Button
	Profile store.ButtonProfile
	Queue   store.Queue
}

// Expired reports whether a button does not count any more.
func (b Button) Expired(now time.Time) bool { return !now.Before(b.ExpiresAt) }

// Options are the profiles and queues that a button may have.
func (k *Keeper) Options(ctx context.Context) ([]store.ButtonProfile, []store.Queue, error) {
	profiles, err := k.conf.Store.ButtonProfiles(ctx)
	if err != nil {
		return nil, nil, err
	}
	queues, err := k.conf.Store.Queues(ctx)
	return profiles, queues, err
}

// check brings a wish into its own form and finds what it names.
func (k *Keeper) check(ctx context.Context, w *Wish) (store.ButtonProfile, store.Queue, error) {
	profiles, queues, err := k.Options(ctx)
	if err != nil {
		return store.ButtonProfile{}, store.Queue{}, err
	}
	bad := func(field, detail string) (store.ButtonProfile, store.Queue, error) {
		return store.ButtonProfile{}, store.Queue{}, &account.FieldError{Field: field, Detail: detail}
	}
	n := slices.IndexFunc(profiles, func(p store.ButtonProfile) bool { return p.ID == w.Profile })
	if n < 0 {
		return bad("profile", "choose a profile that there is")
	}
	p := profiles[n]
	if w.Queue == "" {
		w.Queue = p.Queue
	}
	q := slices.IndexFunc(queues, func(q store.Queue) bool { return q.ID == w.Queue })
	longest := time.Duration(p.MaxDays) * day
	switch {
	case q < 0:
		return bad("queue", "choose the queue that it leads to")
	case w.Description != text.Line(w.Description, maxDescription):
		return bad("description", fmt.Sprintf("use one line of up to %d bytes that print", maxDescription))
	case w.Lasts < MinLife || w.Lasts > longest:
		return bad("lasts_s", fmt.Sprintf("a button of this profile lasts a minute at least and %d days at most", p.MaxDays))
	}
	return p, queues[q], nil
}

// Deploy makes a button on the device of a session.
func (k *Keeper) Deploy(ctx context.Context, who account.Principal, dev store.Device, session string, w Wish) (Button, error) {
	p, q, err := k.check(ctx, &w)
	if err != nil {
		return Button{}, err
	}
	b := Button{Profile: p, Queue: q, Button: made(k.conf.Now(), dev.ID, store.ButtonPlan{
		Profile: w.Profile, Queue: w.Queue, Description: w.Description, Lasts: w.Lasts,
	}, who.Actor(), who.DisplayName)}
	if !p.AllUsers {
		if b.User = dev.User; b.User == "" {
			return b, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, "nobody is in front of the device whose desktop could have it")
		}
	}
	r := k.record("button.deploy", who, b, dev, session)
	_, err = k.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return add(tx, b.Button) })
	if errors.Is(err, store.ErrReference) {
		return b, &account.FieldError{Field: "profile", Detail: "it was removed meanwhile: choose another"}
	}
	if err != nil {
		return b, err
	}
	k.changed(ctx, dev.ID)
	return b, nil
}

// made is a button as it begins.
func made(now time.Time, device string, p store.ButtonPlan, by, byName string) store.Button {
	id := make([]byte, wire.SessionIDSize)
	_, _ = rand.Read(id) // never fails
	return store.Button{
		ID: hex.EncodeToString(id), Device: device, Profile: p.Profile, Queue: p.Queue, Description: p.Description,
		CreatedAt: now, CreatedBy: by, ByName: byName, ExpiresAt: now.Add(p.Lasts),
	}
}

// add adds a button where the device has room for it.
func add(tx *store.Tx, b store.Button) error {
	n, err := tx.ButtonCount(b.Device)
	if err == nil && n >= wire.MaxButtons {
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, fmt.Sprintf("the device has %d buttons already: remove one first", n))
	}
	if err != nil {
		return err
	}
	return tx.AddButton(b)
}

// Remove takes a button away for good: its record, and what it put on the device.
func (k *Keeper) Remove(ctx context.Context, who account.Principal, id, session string) error {
	b, dev, err := k.Find(ctx, id)
	if err != nil {
		return err
	}
	_, err = k.conf.Audit.Append(ctx, k.record("button.remove", who, b, dev, session), func(tx *store.Tx) error { return tx.RemoveButton(id) })
	if errors.Is(err, store.ErrNotFound) {
		return gone()
	}
	if err != nil {
		return err
	}
	k.changed(ctx, dev.ID)
	return nil
}

// Find finds a button and its device.
func (k *Keeper) Find(ctx context.Context, id string) (Button, store.Device, error) {
	b, err := k.conf.Store.Button(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return Button{}, store.Device{}, gone()
	}
	if err != nil {
		return Button{}, store.Device{}, fmt.Errorf("find button: %w", err)
	}
	all, err := k.dress(ctx, []store.Button{b})
	if err != nil {
		return Button{}, store.Device{}, err
	}
	dev, err := k.conf.Store.Device(ctx, b.Device)
	return all[0], dev, err
}

// List lists the buttons of a device, the oldest first.
func (k *Keeper) List(ctx context.Context, device string) ([]Button, error) {
	all, err := k.conf.Store.Buttons(ctx, device)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return k.dress(ctx, all)
}

// dress adds what buttons look like and where they lead.
func (k *Keeper) dress(ctx context.Context, all []store.Button) ([]Button, error) {
	profiles, queues, err := k.Options(ctx)
	if err != nil {
		return nil, err
	}
	dressed := make([]Button, len(all))
	for i, b := range all {
		dressed[i].Button = b
		for _, p := range profiles {
			if p.ID == b.Profile {
				dressed[i].Profile = p
			}
		}
		for _, q := range queues {
			if q.ID == b.Queue {
				dressed[i].Queue = q
			}
		}
	}
	return dressed, nil
}

// Used is the button that somebody at a device has used. The error is a CodeError
// with the reason why it does not count.
func (k *Keeper) Used(ctx context.Context, device, id string) (Button, error) {
	b, _, err := k.Find(ctx, id)
	switch {
	case err != nil:
		return b, err
	case b.Device != device:
		return Button{}, gone() // a copy on another machine
	case b.Expired(k.conf.Now()):
		return b, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUTTON_EXPIRED, "the button “"+b.Profile.Title+"” has expired")
	}
	return b, nil
}

func (k *Keeper) record(what string, who account.Principal, b Button, dev store.Device, session string) store.Record {
	user := b.User
	if user == "" {
		user = "everybody"
	}
	return store.Record{
		At: k.conf.Now(), Actor: who.Actor(), ActorName: who.DisplayName, Action: what, Object: "button:" + b.ID, ObjectName: b.Profile.Title,
		Result: audit.OK, Session: session, Detail: fmt.Sprintf("device=%q profile=%q queue=%q user=%q description=%q until=%s",
			dev.Hostname, b.Profile.Name, b.Queue.Name, user, b.Description, b.ExpiresAt.UTC().Format(time.RFC3339)),
	}
}

func gone() error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUTTON_UNKNOWN, "there is no such button any more")
}
