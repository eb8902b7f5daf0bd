// Package desk runs support sessions: it takes what reps and endpoints do, lets
// package support decide, writes the decision to the audit log and then, and only
// then, acts on it.
package desk

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Agents reaches endpoints; package fleet is it.
type Agents interface {
	Send(device string, m *wirepb.BrokerMessage) error
	// Online tells whether a session may be started; Linked whether there is a
	// link at all, be it one that Connected was not called for yet.
	Online(device string) bool
	Linked(device string) bool
}

// Relay holds the slots of sessions that have consent; package relay is it.
type Relay interface {
	Open(id wire.SessionID)
	Close(id wire.SessionID, why error)
	Detach(id wire.SessionID, why error)
}

// Config is what a desk needs.
type Config struct {
	Store        *store.Store
	Audit        account.Log
	Hub          *live.Hub
	Agents       Agents
	Relay        Relay
	Log          *slog.Logger
	Now          func() time.Time
	Organisation func() string
	GrantKey     ed25519.PrivateKey
	// ConsentTimeout is how long a prompt waits for its answer.
	ConsentTimeout time.Duration
}

// Desk is the open sessions. Its methods may be called from any goroutine.
type Desk struct {
	conf     Config
	mu       sync.Mutex
	byID     map[wire.SessionID]*entry
	byDevice map[string]*entry
}

// entry is one open session.
type entry struct {
	id     wire.SessionID
	device string
	rep    string

	mu      sync.Mutex // held while a command is decided, recorded and acted on
	s       support.Session
	grant   []byte // as signed; nil after a restart of the broker
	screen  wirepb.Reason
	detail  string
	missing time.Time // the endpoint came back without it; zero: it did not
}

// Session is a session as it is shown.
type Session struct {
	support.Session
	Screen       wirepb.Reason
	ScreenDetail string
	Connected    bool // the endpoint's link stands
}

// missingGrace is how long an endpoint that came back without a session may take
// to say who ended it: what it has to say follows its hello.
const missingGrace = 2 * time.Second

// New makes a desk with the sessions that were open when the broker stopped.
// Those wait for their endpoints as if the links had just been lost.
func New(ctx context.Context, c Config) (*Desk, error) {
	d := &Desk{conf: c, byID: make(map[wire.SessionID]*entry), byDevice: make(map[string]*entry)}
	open, err := c.Store.OpenSessions(ctx)
	if err != nil {
		return nil, fmt.Errorf("open sessions: %w", err)
	}
	for _, s := range open {
		e := &entry{id: s.ID, device: s.Device, rep: s.Rep.ID, s: s}
		d.byID[s.ID], d.byDevice[s.Device] = e, e
		if s.Phase == support.Active || s.Phase == support.Held {
			c.Relay.Open(s.ID)
		}
		if s.LostAt.IsZero() {
			err := d.step(ctx, e, action{Command: support.Command{
				Verb: support.Lose, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN,
				Detail: "the broker was restarted",
			}, actor: system})
			if err != nil {
				return nil, fmt.Errorf("resume session %s: %w", s.ID, err)
			}
		}
	}
	return d, nil
}

const system = "system"

// Run ends what is overdue until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.Tick(ctx)
		}
	}
}

// Tick ends what is overdue now.
func (d *Desk) Tick(ctx context.Context) {
	now := d.conf.Now()
	for _, e := range d.open() {
		e.mu.Lock()
		c, due := e.s.Tick(now)
		if !due && !e.missing.IsZero() && now.Sub(e.missing) >= missingGrace {
			due = true
			c = support.Command{
				Verb: support.End, By: wirepb.EndedBy_ENDED_BY_AGENT, Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN,
				Detail: "the endpoint came back without the session",
			}
		}
		e.mu.Unlock()
		if due {
			d.do(ctx, e, action{Command: c, actor: system})
		}
	}
}

func (d *Desk) open() []*entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*entry, 0, len(d.byID))
	for _, e := range d.byID {
		all = append(all, e)
	}
	return all
}

func (d *Desk) find(id wire.SessionID) *entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.byID[id]
}

func (d *Desk) of(device string) *entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.byDevice[device]
}

// Get finds a session, open or over.
func (d *Desk) Get(ctx context.Context, id wire.SessionID) (Session, error) {
	if e := d.find(id); e != nil {
		return d.show(e), nil
	}
	s, err := d.conf.Store.Session(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return Session{}, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, Detail: "no such session"}
	}
	return Session{Session: s}, err
}

// OfDevice is the open session of a device.
func (d *Desk) OfDevice(device string) (Session, bool) {
	e := d.of(device)
	if e == nil {
		return Session{}, false
	}
	s := d.show(e)
	return s, s.Phase != support.None && !s.Phase.Final()
}

// Open lists the open sessions.
func (d *Desk) Open() []Session {
	var all []Session
	for _, e := range d.open() {
		if s := d.show(e); s.Phase != support.None {
			all = append(all, s)
		}
	}
	return all
}

func (d *Desk) show(e *entry) Session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Session{
		Session: e.s, Screen: e.screen, ScreenDetail: e.detail,
		Connected: e.s.LostAt.IsZero() && e.missing.IsZero() && !e.s.Phase.Final(),
	}
}

// action is a command with what the audit log wants to know.
type action struct {
	support.Command
	actor, actorName string
	evidence         proto.Message // signed statements, or nil
	untold           bool          // the endpoint knows already that it is over
}

// do runs an action where nobody waits for the answer.
func (d *Desk) do(ctx context.Context, e *entry, a action) {
	err := d.step(ctx, e, a)
	if err != nil && !errors.Is(err, support.ErrOver) && !errors.Is(err, support.ErrIllegal) {
		d.conf.Log.ErrorContext(ctx, "session command", "session", e.id.String(), "command", a.Verb.String(), "error", err)
	}
}

// step decides, records and acts. Nothing happens unless the record is on the
// disk.
func (d *Desk) step(ctx context.Context, e *entry, a action) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return d.stepLocked(ctx, e, a)
}

func (d *Desk) stepLocked(ctx context.Context, e *entry, a action) error {
	// What was decided is carried through, also when the caller goes away.
	ctx = context.WithoutCancel(ctx)
	a.At = d.conf.Now()
	fresh := e.s.Phase == support.None
	next, events, err := e.s.Apply(a.Command)
	if err != nil {
		return err
	}
	r, err := record(e.s, next, a)
	if err != nil {
		return err
	}
	if _, err := d.conf.Audit.Append(ctx, r, func(tx *store.Tx) error {
		if fresh {
			return tx.AddSession(next)
		}
		return tx.PutSession(next)
	}); err != nil {
		return err
	}
	e.s = next
	if a.Verb == support.Regain {
		e.missing = time.Time{}
	}
	d.conf.Log.InfoContext(ctx, "session", "session", e.id.String(), "device", e.device, "rep", e.rep,
		"command", a.Verb.String(), "phase", next.Phase.String())
	for _, ev := range events {
		if err := d.act(ctx, e, ev, a); err != nil {
			return err
		}
	}
	d.conf.Hub.Publish(live.Change{Session: e.id})
	d.conf.Hub.Publish(live.Change{Device: e.device})
	return nil
}

// act does what an event asks for. The entry is locked.
func (d *Desk) act(ctx context.Context, e *entry, ev support.Event, a action) error {
	switch ev {
	case support.Ask:
		offer, ok := a.evidence.(*wirepb.SessionOffer)
		if !ok {
			return errors.New("an offer without a grant")
		}
		err := d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Offer{Offer: offer}})
		if err != nil {
			return d.stepLocked(ctx, e, lost(err))
		}
	case support.Open:
		d.conf.Relay.Open(e.id)
	case support.Pause:
		d.conf.Relay.Detach(e.id, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, Detail: "the endpoint's link is lost"})
	case support.TearDown:
		d.conf.Relay.Close(e.id, ended(e.s))
		if !a.untold {
			// Offline: it is told at its next hello, where it claims the session.
			_ = d.conf.Agents.Send(e.device, endMessage(e.s))
		}
	case support.Closed:
		d.mu.Lock()
		delete(d.byID, e.id)
		if d.byDevice[e.device] == e {
			delete(d.byDevice, e.device)
		}
		d.mu.Unlock()
	case support.Recorded:
	}
	return nil
}

func lost(err error) action {
	return action{Command: support.Command{
		Verb: support.Lose, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, Detail: err.Error(),
	}, actor: system}
}

// ended is what viewers are told of a session that is over.
func ended(s support.Session) error {
	code := s.Code
	if code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		code = wirepb.ErrorCode_ERROR_CODE_CANCELLED
	}
	return &wire.CodeError{Code: code, Detail: "the session has ended"}
}

func endMessage(s support.Session) *wirepb.BrokerMessage {
	return &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{
		Session: s.ID[:], By: s.By, Code: s.Code, Detail: s.Detail,
	}}}
}

// ok is the result of what was done.
const ok = audit.OK
