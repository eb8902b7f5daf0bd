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
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/button"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
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
	// Dismiss ends the link of an ad-hoc device, which had time to read why.
	Dismiss(device string)
}

// Relay holds the slots of sessions that have consent; package relay is it.
type Relay interface {
	Open(id wire.SessionID)
	Close(id wire.SessionID, why error)
	Detach(id wire.SessionID, why error)
	// DetachViewers is Detach for reps; the recorder stays.
	DetachViewers(id wire.SessionID, why error)
	// Ticket lets a rep attach one viewer; Expel ends the viewers and tickets of a rep.
	Ticket(id wire.SessionID, rep account.Principal) (account.Secret, error)
	Expel(id wire.SessionID, rep string, why error)
}

// Policy says what sessions of a device are under; package policybook is it. Its
// answers are those of now: the desk is told of changes by Desk.Review.
type Policy interface {
	Settings(d store.Device) policy.Settings
	// Decide says whether p may do a with a device.
	Decide(p policy.Principal, d store.Device, a policy.Action, now time.Time) policy.Decision
	// Views lists the ids of the settings scopes that hold a device.
	Views(d store.Device) []string
}

// Buttons knows the Support Buttons of devices; package button is it.
type Buttons interface {
	// Used is the button that somebody at a device has used; a CodeError says why it
	// does not count.
	Used(ctx context.Context, device, id string) (button.Button, error)
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
	Policy       Policy
	// Recorder keeps recordings; nil: there are none.
	Recorder Recorder
	Room     Room
	Buttons  Buttons
	Files    Files // nil: there are none
	// Mail writes to reps who have no console open; nil: nobody does.
	// Mail writes to reps who have no console open, and to guests; nil: nobody does.
	Mail Mail
	// JoinPage is the address of the page to which the links of guests lead.
	JoinPage func() string
}

// Desk is the open sessions. Its methods may be called from any goroutine.
type Desk struct {
	conf     Config
	requests *account.Limiter // by device
	links    *account.Limiter // tries of guests, by address
	typing   *account.Limiter // by rep
	mu       sync.Mutex
	byID     map[wire.SessionID]*entry
	byDevice map[string]*entry // from approved on: one session a device
	asked    map[string]*entry // requested: one that waits for a decision a device
	review   map[string]bool   // devices whose policy has changed; "": all
	untold   map[string]bool   // devices that were not told how a request stands
	visitors visitors
	arriving sync.Mutex // one chat begins at a time, so that maxWaiting is kept
}

// entry is one open session.
type entry struct {
	id      wire.SessionID
	device  string
	request string // id; empty: a rep began it

	mu          sync.Mutex // held while a command is decided, recorded and acted on
	s           support.Session
	approver    *account.Principal // of a request; nil: nobody, or the broker was restarted since
	wish        store.Request      // what the customer asked for, where one did
	unkept      error              // why nothing is being recorded; nil: it is, or is not to be
	grant       []byte             // as signed; nil after a restart of the broker until grantOf has read it
	screen      wirepb.Reason
	detail      string
	rights      Rights
	missing     time.Time              // the endpoint came back without it; zero: it did not
	seen        string                 // the owner whose console was open while they had the session; empty: none
	queue       string                 // name of the queue in which it waits for an owner, or waited
	guests      map[string]store.Guest // who are invited or in it, by id
	visitor     string                 // name of the customer on the portal page
	machine     *machineAsk            // that the endpoint has not answered yet; nil: none
	restart     *Restart               // the last one that a rep wanted; nil: none
	restriction *Restriction           // nil: the endpoint has said nothing of it
	asked       uint32                 // how many of those there were
	masks       []*mask                // why its recording keeps no picture now
	masked      int                    // how many there were
}

// Session is a session as it is shown.
type Session struct {
	support.Session
	Screen       wirepb.Reason
	ScreenDetail string
	Rights
	Files           []File                 // transfers, oldest first
	Connected       bool                   // the endpoint's link stands
	Left            time.Duration          // until it ends by expiry or policy; 0: it does not
	RecordingFailed bool                   // it is to be recorded, and nothing is being written now
	WaitsIn         string                 // name of the queue in which it waits for an owner; empty: it has one
	Guests          map[string]store.Guest // who are invited or in it, by id
	Visitor         string                 // name of the customer of a chat
	Restart         *Restart               // the last one that a rep wanted; nil: none
	Restriction     *Restriction           // nil: the endpoint has said nothing of it
	PageOpen        bool                   // that customer's page is there
}

// missingGrace is how long an endpoint that came back without a session may take
// to say who ended it: what it has to say follows its hello.
const missingGrace = 2 * time.Second

// New makes a desk with the sessions that were open when the broker stopped.
// Those wait for their endpoints as if the links had just been lost.
func New(ctx context.Context, c Config) (*Desk, error) {
	d := &Desk{
		conf: c, requests: account.NewLimiter(requestEvery, requestBurst), links: account.NewLimiter(linkEvery, linkBurst), typing: account.NewLimiter(typingEvery, typingBurst), byID: make(map[wire.SessionID]*entry), byDevice: make(map[string]*entry), asked: make(map[string]*entry),
		untold: make(map[string]bool), visitors: visitors{here: make(map[wire.SessionID]int), gone: make(map[wire.SessionID]time.Time)},
		review: map[string]bool{"": true}, // policy may have changed while nobody was here
	}
	behind, err := c.Store.DevicesUntold(ctx)
	if err != nil {
		return nil, fmt.Errorf("devices with requests: %w", err)
	}
	for _, device := range behind {
		d.untold[device] = true
	}
	open, err := c.Store.OpenSessions(ctx)
	if err != nil {
		return nil, fmt.Errorf("open sessions: %w", err)
	}
	for _, s := range open {
		if err := d.resume(ctx, s); err != nil {
			return nil, fmt.Errorf("resume session %s: %w", s.ID, err)
		}
	}
	return d, nil
}

// resume takes up a session of the last run. What waits for a decision or for
// its endpoint goes on waiting.
func (d *Desk) resume(ctx context.Context, s support.Session) error {
	e := &entry{id: s.ID, device: s.Device, request: s.Request, s: s}
	if s.Request != "" {
		var err error
		if e.wish, err = d.conf.Store.Request(ctx, s.Request); err != nil {
			return fmt.Errorf("its request: %w", err)
		}
	}
	var err error
	if e.seen, err = d.conf.Store.SeenOwner(ctx, s.ID); err != nil {
		return fmt.Errorf("its owner: %w", err)
	}
	if s.Chat {
		v, err := d.conf.Store.VisitOf(ctx, s.ID)
		if err != nil {
			return fmt.Errorf("its visitor: %w", err)
		}
		e.visitor = v.Name
	}
	queues, err := d.conf.Store.Queues(ctx)
	if err != nil {
		return fmt.Errorf("its queue: %w", err)
	}
	for _, q := range queues {
		if q.ID == s.Queue {
			e.queue = q.Name
		}
	}
	guests, err := d.conf.Store.Guests(ctx, s.ID)
	if err != nil {
		return fmt.Errorf("its guests: %w", err)
	}
	for _, g := range guests {
		e.seat(&g)
	}
	d.byID[s.ID] = e
	switch s.Phase {
	case support.Requested:
		d.asked[s.Device] = e
		return nil
	case support.Approved:
		d.byDevice[s.Device] = e
		return nil
	case support.Active, support.Held:
		d.conf.Relay.Open(s.ID)
		d.record(e)
	default:
	}
	d.byDevice[s.Device] = e
	if !s.LostAt.IsZero() {
		return nil
	}
	return d.step(ctx, e, action{Command: support.Command{
		Verb: support.Lose, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN,
		Detail: "the broker was restarted",
	}, actor: system})
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
	d.reviewAll(ctx)
	for _, e := range d.open() {
		e.mu.Lock()
		d.unmaskLate(e, now)
		c, due := e.s.Tick(now)
		if !due && !e.missing.IsZero() && now.Sub(e.missing) >= missingGrace {
			due = true
			c = support.Command{
				Verb: support.End, By: wirepb.EndedBy_ENDED_BY_AGENT, Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN,
				Detail: "the endpoint came back without the session",
			}
		}
		approved := e.s.Phase == support.Approved && !due
		e.mu.Unlock()
		if approved {
			d.offerLate(ctx, e)
		}
		d.ownerThere(ctx, e)
		d.visitorThere(ctx, e)
		d.guestsThere(ctx, e)
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
		return Session{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such session")
	}
	return Session{Session: s}, err
}

// OfDevice is the open session of a device. A request that nobody has approved
// is none.
func (d *Desk) OfDevice(device string) (Session, bool) {
	e := d.of(device)
	if e == nil {
		return Session{}, false
	}
	s := d.show(e)
	return s, s.Phase != support.None && !s.Phase.Final()
}

// InView reports whether a settings scope holds a device. Everything is in the
// view without an id.
func (d *Desk) InView(view string, dev store.Device) bool {
	return view == "" || slices.Contains(d.conf.Policy.Views(dev), view)
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
	return d.shown(e)
}

// shown is show with the entry locked.
func (d *Desk) shown(e *entry) Session {
	var left time.Duration
	if end := e.s.Deadline(); !end.IsZero() && !e.s.Phase.Final() {
		left = max(end.Sub(d.conf.Now()), 1) // 0 says something else
	}
	waits := ""
	if e.s.Queue != "" {
		waits = e.queue
	}
	var files []File
	if d.conf.Files != nil {
		files = d.conf.Files.Of(e.id)
	}
	return Session{
		Files: files, WaitsIn: waits, Rights: e.rights, Restart: e.restarts(), Restriction: e.restriction, Guests: maps.Clone(e.guests), Visitor: e.visitor, PageOpen: d.visitors.there(e.id),
		Session: e.s, Screen: e.screen, ScreenDetail: e.detail,
		Connected:       e.s.LostAt.IsZero() && !e.s.ChatOnly() && e.missing.IsZero() && !e.s.Phase.Final(),
		Left:            left,
		RecordingFailed: e.unkept != nil && !e.s.Phase.Final(),
	}
}
