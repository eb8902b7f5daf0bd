// Package broker is the reference broker: it wires accounts, endpoints, support
// sessions, relay and console together and runs them on one port for agents and
// browsers.
package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/webtransport-go"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/button"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/broker/guest"
	"github.com/alongside-remote/alongside/broker/jump"
	"github.com/alongside-remote/alongside/broker/keyring"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/mail"
	"github.com/alongside-remote/alongside/broker/policybook"
	"github.com/alongside-remote/alongside/broker/portal"
	"github.com/alongside-remote/alongside/broker/presence"
	"github.com/alongside-remote/alongside/broker/recording"
	"github.com/alongside-remote/alongside/broker/relay"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/transfer"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Times of a stop.
const (
	// drainTimeout bounds a planned stop.
	drainTimeout = 10 * time.Second
	// comeBack is what agents are told: a restart takes about that long.
	comeBack = 2 * time.Second
)

// Broker is a running broker.
type Broker struct {
	conf  Config
	names []string // hosts of generated certificates

	keys     *keyring.Keyring
	store    *store.Store
	audit    *audit.Log
	keeper   *audit.Keeper
	mail     *mail.Sender
	notifier *mail.Notifier
	hub      *live.Hub
	room     *presence.Room
	accounts *account.Service
	doorman  *guest.Doorman
	fleet    *fleet.Fleet
	book     *policybook.Book
	desk     *desk.Desk
	buttons  *button.Keeper
	portal   *portal.Portal
	relay    *relay.Relay
	tapes    *recording.Service
	jumps    *jump.Book
	files    *transfer.Book
	certs    *certificates

	agents *transport.Server
	plain  net.Listener // nil: none
	https  *http.Server
	http   *http.Server
	wt     *webtransport.Server

	orgMu sync.Mutex
	org   string

	// Setup is the one-time secret of the first setup, empty when it was done.
	Setup account.Secret
}

// Open opens the data folder and the ports. Run serves them.
func Open(ctx context.Context, c Config) (b *Broker, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	b = &Broker{conf: c, hub: live.New()}
	b.room = presence.New(c.Now, func(string) { b.hub.Publish(live.Change{List: presence.List}) })
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if b.keys, err = keyring.Open(c.Data); err != nil {
		return b, err
	}
	if b.store, err = store.Open(ctx, filepath.Join(c.Data, "broker.db")); err != nil {
		return b, err
	}
	if b.keeper, err = audit.OpenKeeper(ctx, c.Checkpoints, b.keys.Audit, b.store, c.Log, c.Now); err != nil {
		return b, err
	}
	b.audit = audit.Open(b.store, func(r store.Record) {
		b.keeper.Note(r)
		b.hub.Publish(live.Change{Audit: &r})
	})
	if err = b.openAccounts(ctx); err != nil {
		return b, err
	}
	b.doorman = guest.New(b.store)
	b.mail = mail.New(mail.Config{Store: b.store, Audit: b.audit, Hub: b.hub, Passwords: b.keys, Log: c.Log, Now: c.Now})
	if b.notifier, err = mail.NewNotifier(ctx, mail.NotifierConfig{
		Sender: b.mail, Store: b.store, Hub: b.hub, Log: c.Log, Now: c.Now, Organisation: b.organisation, Requests: b.requestsPage,
	}); err != nil {
		return b, err
	}
	b.fleet = fleet.New(fleet.Config{
		Store: b.store, Audit: b.audit, Hub: b.hub, Log: c.Log, Now: c.Now, Organisation: b.organisation,
		GrantKey: grantPublic(b.keys), Heartbeat: c.Heartbeat,
	})
	base := policy.Defaults()
	base.ConsentTimeout = c.ConsentTimeout
	if b.book, err = policybook.Open(ctx, policybook.Config{
		Store: b.store, Audit: b.audit, Hub: b.hub, Agents: b.fleet, Log: c.Log, Now: c.Now, GrantKey: b.keys.Grant, Base: base,
	}); err != nil {
		return b, err
	}
	if b.tapes, err = recording.Open(ctx, recording.Config{
		Dir: c.Recordings, Reserve: c.RecordingReserve, Store: b.store, Audit: b.audit, Hub: b.hub, Keys: b.keys, Source: screens{b},
		Settings: b.settingsOf, Report: func(id wire.SessionID, why error) { b.desk.Recording(id, why) }, Log: c.Log, Now: c.Now,
	}); err != nil {
		return b, err
	}
	b.relay = relay.New(relay.Config{Agents: viewers{b}, Recorder: b.tapes, Ended: b.accounts.Ended, Log: c.Log, Now: c.Now, Viewers: c.Viewers})
	b.files = transfer.New(transfer.Config{
		Audit: b.audit, Hub: b.hub, Agents: b.fleet, Desk: func() transfer.Desk { return b.desk }, Ended: b.accounts.Ended, Log: c.Log, Now: c.Now,
	})
	b.buttons = button.New(button.Config{
		Store: b.store, Audit: b.audit, Hub: b.hub, Agents: b.fleet, Log: c.Log, Now: c.Now, GrantKey: b.keys.Grant,
	})
	if b.desk, err = desk.New(ctx, desk.Config{
		Store: b.store, Audit: b.audit, Hub: b.hub, Agents: b.fleet, Relay: slots{b.relay, b.files}, Files: b.files, Recorder: b.tapes, Log: c.Log, Now: c.Now,
		Organisation: b.organisation, GrantKey: b.keys.Grant, Policy: b.book, Room: b.room, Buttons: b.buttons,
		Mail: mail.NewInviter(b.mail, c.Log, c.Now, b.queuePage, b.organisation), JoinPage: b.joinPage,
	}); err != nil {
		return b, err
	}
	b.book.OnChange(b.desk.Review)
	codes, err := b.keys.CodesKey()
	if err != nil {
		return b, err
	}
	b.portal = portal.New(portal.Config{
		Store: b.store, Audit: b.audit, Desk: b.desk, Hub: b.hub, Log: c.Log, Now: c.Now, CodesKey: codes, Clients: c.Clients,
		Bundle: b.sessionBundle, Address: b.portalPage,
	})
	b.jumps = jump.New(jump.Config{
		Store: b.store, Audit: b.audit, Hub: b.hub, Agents: b.fleet, Desk: b.desk, Log: c.Log, Now: c.Now,
		Organisation: b.organisation, GrantKey: b.keys.Grant, Passkeys: b.accounts,
	})
	if err = b.listen(ctx); err != nil {
		return b, err
	}
	if err = b.openWeb(); err != nil {
		return b, err
	}
	return b, b.keys.Note(b.public(), c.Organisation)
}

func (b *Broker) openAccounts(ctx context.Context) error {
	u, err := b.store.Setup(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		s, err := b.keys.SetupSecret(func() string { return account.NewSecret().Reveal() })
		if err != nil {
			return err
		}
		b.Setup = account.Secret(s)
	case err != nil:
		return fmt.Errorf("setup: %w", err)
	default:
		if err := b.keys.ForgetSetup(); err != nil {
			return err
		}
	}
	b.org = u.Organisation
	seal, err := b.keys.FactorSeal()
	if err != nil {
		return err
	}
	b.accounts = account.New(b.store, b.audit, seal, b.conf.Log, b.conf.Now, b.Setup)
	return b.accounts.SealFactors(ctx)
}

// organisation is the name that customers see.
func (b *Broker) organisation() string {
	if b.conf.Organisation != "" {
		return b.conf.Organisation
	}
	b.orgMu.Lock()
	defer b.orgMu.Unlock()
	if b.org == "" {
		// The setup may have been done by a command beside this process.
		if u, err := b.store.Setup(context.Background()); err == nil {
			b.org = u.Organisation
		}
	}
	if b.org == "" {
		return account.DefaultOrganisation
	}
	return b.org
}

// setUp is called after the first setup.
func (b *Broker) setUp() {
	if err := b.keys.ForgetSetup(); err != nil {
		b.conf.Log.Error("forget setup secret", "error", err)
	}
}

// Ready is what a start script wants to know.
type Ready struct {
	Console     string // address of the console
	Agents      string // host:port for agents, as bundles say it
	Listen      string // host:port of the sockets behind it
	Fingerprint string // SHA-256 of the web certificate, empty with ACME
	Pin         string // of the broker's identity
}

// String is one line of key=value.
func (r Ready) String() string {
	return strings.TrimSpace(fmt.Sprintf("ready console=%s agents=%s listen=%s pin=%s fingerprint=%s", r.Console, r.Agents, r.Listen, r.Pin, r.Fingerprint))
}

// Ready tells where the broker is.
func (b *Broker) Ready() Ready {
	r := Ready{Agents: b.public(), Listen: b.agents.Addr().String(), Console: "https://" + b.public(), Fingerprint: b.certs.fingerprint(), Pin: b.keys.Identity.Pin().String()}
	if b.plain != nil {
		r.Console = "http://" + b.plain.Addr().String()
	}
	return r
}

// public is the host:port of the TLS and QUIC port.
func (b *Broker) public() string {
	if b.conf.Public != "" {
		return b.conf.Public
	}
	return b.agents.Addr().String()
}

// Run serves until ctx ends, then drains: agents are told to come back, viewers
// why their picture stops, and everything ends within ten seconds.
func (b *Broker) Run(ctx context.Context) error {
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	var parts sync.WaitGroup
	failed := make(chan error, 4)
	run := func(name string, f func() error) {
		parts.Go(func() {
			if err := f(); err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
				failed <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	run("agents", func() error {
		return b.fleet.Serve(work, b.agents, handler{b.desk, b.book, b.jumps, b.relay, b.buttons, b.files})
	})
	run("https", func() error { return b.https.Serve(b.agents.HTTPListener()) })
	if b.plain != nil {
		run("http", func() error { return b.http.Serve(b.plain) })
	}
	parts.Go(func() { b.serveHTTP3(work) })
	parts.Go(func() { b.desk.Run(work) })
	parts.Go(func() { b.room.Run(work) })
	parts.Go(func() { b.book.Run(work) })
	parts.Go(func() { b.jumps.Run(work) })
	parts.Go(func() { b.rotate(work) })
	parts.Go(func() { b.keeper.Run(work) })
	parts.Go(func() { b.tapes.Run(work) })
	parts.Go(func() { b.mail.Run(work) })
	parts.Go(func() { b.notifier.Run(work) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	b.drain()
	stop(errDrained)
	err = errors.Join(err, b.agents.Close())
	parts.Wait()
	return errors.Join(err, b.close())
}

var errDrained = errors.New("broker has stopped")

func (b *Broker) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	down := &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN, Detail: "planned restart"}
	b.desk.Drain(ctx)
	b.relay.Shutdown(down)
	b.fleet.Drain(comeBack, func(device string) bool {
		_, open := b.desk.OfDevice(device)
		return open
	})
	// Streams of changes never end by themselves: a moment for calls that run,
	// then all are cut.
	soon, cancelSoon := context.WithTimeout(ctx, time.Second)
	defer cancelSoon()
	for _, s := range []*http.Server{b.https, b.http} {
		if s.Shutdown(soon) != nil {
			_ = s.Close()
		}
	}
	_ = b.wt.Close()
}

// close frees what Open took, as far as it got.
func (b *Broker) close() error {
	var errs []error
	if b.plain != nil {
		_ = b.plain.Close() // closed by its server
	}
	if b.agents != nil {
		_ = b.agents.Close()
	}
	if b.tapes != nil {
		errs = append(errs, b.tapes.Close())
	}
	if b.audit != nil {
		b.audit.Close()
	}
	if b.store != nil {
		errs = append(errs, b.store.Close())
	}
	if b.keys != nil {
		errs = append(errs, b.keys.Close())
	}
	return errors.Join(errs...)
}
