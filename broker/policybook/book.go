// Package policybook is the settings scopes of the organisation as they stand: it
// keeps them, tells what they say of a device, and tells each device its part in
// a signed policy of its own.
//
// Every change goes to the audit log with what was and what is, is known to all
// who asked for news when the call returns, and was sent to the devices that are
// online by then.
package policybook

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Agents reaches endpoints; package fleet is it.
type Agents interface {
	Send(device string, m *wirepb.BrokerMessage) error
	Linked(device string) bool
}

// Config is what a book needs.
type Config struct {
	Store    *store.Store
	Audit    account.Log
	Hub      *live.Hub
	Agents   Agents // nil: nobody is told
	Log      *slog.Logger
	Now      func() time.Time
	GrantKey ed25519.PrivateKey
	// Base is what counts where no scope has a say.
	Base policy.Settings
}

// Book is the scopes. Its methods may be called from any goroutine.
type Book struct {
	conf Config
	page atomic.Pointer[page]

	mu       sync.Mutex // held while something changes or is told to devices
	watchers []func(device string)
}

// page is one version of the list.
type page struct {
	scopes store.Scopes
	rules  *policy.Rules
}

// Open reads the scopes.
func Open(ctx context.Context, c Config) (*Book, error) {
	b := &Book{conf: c}
	return b, b.read(ctx)
}

// read takes the list as it is in the store.
func (b *Book) read(ctx context.Context) error {
	l, err := b.conf.Store.Scopes(ctx)
	if err != nil {
		return fmt.Errorf("read scopes: %w", err)
	}
	r, err := policy.Compile(l.List, b.conf.Base)
	if err != nil {
		return fmt.Errorf("read scopes: %w", err)
	}
	b.page.Store(&page{l, r})
	return nil
}

// OnChange asks for news: f is called after every change with the id of the
// device that it is about, or "" when it may be about any of them. It is called
// on the goroutine of whoever changes something and may call the book. To be
// called before Run.
func (b *Book) OnChange(f func(device string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers = append(b.watchers, f)
}

// changed tells the news. The book is not locked.
func (b *Book) changed(device string) {
	b.mu.Lock()
	watchers := b.watchers
	b.mu.Unlock()
	for _, f := range watchers {
		f(device)
	}
	if device != "" {
		b.conf.Hub.Publish(live.Change{Device: device})
		return
	}
	b.conf.Hub.Publish(live.Change{List: "settings"})
}

// Scopes is the list in order.
func (b *Book) Scopes() store.Scopes { return b.page.Load().scopes }

// Settings are those of a device.
func (b *Book) Settings(d store.Device) policy.Settings { return b.page.Load().rules.Settings(Of(d)) }

// Decide says whether p may do a with a device, and which rule says so.
func (b *Book) Decide(p policy.Principal, d store.Device, a policy.Action, now time.Time) policy.Decision {
	return b.page.Load().rules.Decide(p, Of(d), a, now)
}

// Explain lists a device's settings, each with the rule that decided it.
func (b *Book) Explain(d store.Device) []policy.Resolved { return b.page.Load().rules.Explain(Of(d)) }

// Views lists the ids of the scopes that hold a device.
func (b *Book) Views(d store.Device) []string { return b.page.Load().rules.Views(Of(d)) }

// Of is a device as package policy knows it.
func Of(d store.Device) policy.Device {
	return policy.Device{
		ID: d.ID, Name: d.Hostname, Group: d.Group, Tags: d.Tags, User: d.User, Entitled: d.Entitled, Pending: d.Pending,
	}
}
