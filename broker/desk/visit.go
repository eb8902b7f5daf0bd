package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Bounds of chats of the portal page.
const (
	// maxWaiting is how many customers may wait at a time: more than any team takes
	// in a day, and a bound of what strangers can fill.
	maxWaiting = 200
	// adHocTag is on every device of a chat, so that a scope can be about them.
	adHocTag = "ad-hoc"
	// visitorActor is who a customer of the portal page is in the audit log.
	visitorActor = "visitor"
)

// Paths of a chat.
const (
	portalPath = "portal" // by a queue or an issue
	keyPath    = "key"    // by a session key
)

// WaitingList is who waits on the portal page among the lists of live.Change.
const WaitingList = "waiting"

// Visitor is a customer who comes to the portal page.
type Visitor struct {
	Name  string
	Rep   support.Rep // for whom they wait; empty: in the queue
	Queue store.Queue
	From  string                                      // address prefix, for the audit log
	Hash  string                                      // of the token by which the page is known
	Spend func(tx *store.Tx, id wire.SessionID) error // of the session key; nil: none
}

// Visit begins a chat.
func (d *Desk) Visit(ctx context.Context, v Visitor) (wire.SessionID, error) {
	var id wire.SessionID
	v.Name = text.Name(v.Name)
	if v.Name == "" {
		return id, &account.FieldError{Field: "name", Detail: "please tell us your name"}
	}
	_, _ = rand.Read(id[:]) // never fails
	now := d.conf.Now()
	dev := store.Device{ID: account.NewID(), Hostname: v.Name, EnrolledAt: now, LastSeen: now, Tags: []string{adHocTag}, Entitled: true}
	s := support.Session{ID: id, Device: dev.ID, DeviceName: v.Name, User: v.Name, Path: portalPath}
	if v.Rep.ID != "" {
		s.Path = keyPath
	}
	e := &entry{id: id, device: dev.ID, s: s, visitor: v.Name, queue: v.Queue.Name}
	d.arriving.Lock() // until this one counts
	defer d.arriving.Unlock()
	if d.waiting() >= maxWaiting {
		return id, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "too many are waiting: try again later")
	}
	d.mu.Lock()
	d.byID[id], d.byDevice[dev.ID] = e, e
	d.mu.Unlock()
	err := d.step(ctx, e, action{
		Command: support.Command{Verb: support.Visit, Detail: v.From, Successor: support.Successor{Rep: v.Rep, Queue: v.Queue.ID}},
		actor:   visitorActor, actorName: v.Name,
		first: func(tx *store.Tx) error {
			if v.Spend != nil {
				if err := v.Spend(tx, id); err != nil {
					return err
				}
			}
			k := store.Token{ID: dev.ID, Hash: dev.ID, CreatedAt: now, CreatedBy: visitorActor, ByName: v.Name, Entitles: true}
			return tx.AddPlace(dev, k)
		},
		last: func(tx *store.Tx) error { return tx.AddVisit(store.Visit{Session: id, Hash: v.Hash, Name: v.Name}) },
	})
	d.forgetUnborn(e)
	return id, err
}

// waiting counts the chats that nobody has taken.
func (d *Desk) waiting() (n int) {
	for _, e := range d.open() {
		e.mu.Lock()
		if e.s.Phase == support.Waiting {
			n++
		}
		e.mu.Unlock()
	}
	return n
}

// Ahead is how many wait in the queue of a chat since longer.
func (d *Desk) Ahead(s support.Session) (n int) {
	for _, e := range d.open() {
		e.mu.Lock()
		if e.s.Phase == support.Waiting && e.s.Queue == s.Queue && e.s.Rep.ID == s.Rep.ID && e.s.StartedAt.Before(s.StartedAt) {
			n++
		}
		e.mu.Unlock()
	}
	return n
}

// RunClient asks the customer of a chat to run the client.
func (d *Desk) RunClient(ctx context.Context, p account.Principal, id wire.SessionID) (Session, error) {
	return d.command(ctx, p, id, only(policy.RunClient), func(s support.Session) (support.Command, error) {
		if s.Chat && !s.ChatOnly() {
			return support.Command{}, nil // it runs: that is what was asked for
		}
		if !s.Chat {
			return support.Command{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_IN_MODE, "the session has its client")
		}
		dev, err := d.conf.Store.Device(ctx, s.Device)
		if err == nil {
			err = d.conf.Policy.Decide(p.Policy(), dev, policy.StartSession, d.conf.Now()).Err
		}
		if err == nil {
			err = proved(p, d.conf.Policy.Settings(dev), d.conf.Now())
		}
		if err != nil {
			return support.Command{}, err
		}
		d.find(id).approver = &p // the entry is locked
		return support.Command{Verb: support.RunClient, Actor: actor(p)}, nil
	})
}

// clientCame is the client of a chat that is online: it is offered the session if
// the rep's question stands, and else not needed. The entry is locked.
func (d *Desk) clientCame(ctx context.Context, e *entry, dev store.Device) {
	if e.s.Phase == support.AwaitingConsent { // on a link before this one
		d.try(ctx, e, lost(wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the client connected again")))
		return
	}
	err := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CANCELLED, "nobody asks for the client any more")
	if e.s.Asked() && e.approver != nil && e.approver.ID == e.s.Rep.ID {
		err = d.conf.Policy.Decide(e.approver.Policy(), dev, policy.StartSession, d.conf.Now()).Err
	}
	if err == nil {
		set := d.conf.Policy.Settings(dev)
		t := terms(d.wanted(*e.approver, dev, false), set)
		var offer *wirepb.SessionOffer
		if offer, err = d.offer(e, e.s, t, set, dev, ""); err == nil {
			d.try(ctx, e, action{Command: support.Command{Verb: support.Offer, Terms: t}, actor: system, evidence: offer})
			return
		}
	}
	d.conf.Log.InfoContext(ctx, "client of a chat is not needed", "session", e.id.String(), "error", err)
	var ce *wire.CodeError
	if !errors.As(err, &ce) {
		ce = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL}
	}
	if err := d.conf.Store.Update(ctx, func(tx *store.Tx) error { return tx.ForgetKey(e.device) }); err != nil {
		d.conf.Log.ErrorContext(ctx, "forget a client", "session", e.id.String(), "error", err)
	}
	d.dismiss(e, action{Command: support.Command{Code: ce.Code, Detail: ce.Detail, By: wirepb.EndedBy_ENDED_BY_BROKER}})
}

// dismiss sends the client of a chat away.
func (d *Desk) dismiss(e *entry, a action) {
	s := support.Session{ID: e.id, By: a.By, Code: a.Code, Detail: a.Detail}
	_ = d.conf.Agents.Send(e.device, endMessage(s))
	d.conf.Agents.Dismiss(e.device)
}

// keepPlace lets the device of a chat be nobody any more, in the transaction of the
// step that says so.
func keepPlace(tx *store.Tx, next support.Session, events []support.Event, a action) error {
	switch {
	case next.Chat && next.Phase.Final():
		return tx.ForgetPlace(next.Device, a.At)
	case slices.Contains(events, support.Dismiss):
		return tx.ForgetKey(next.Device)
	case a.last != nil:
		return a.last(tx)
	}
	return nil
}

// Bundle lets the client of a chat enroll once, with a token whose hash this is.
func (d *Desk) Bundle(ctx context.Context, id wire.SessionID, hash string) (until time.Time, err error) {
	e := d.find(id)
	if e == nil {
		return until, gone()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.s.Asked() {
		return until, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "nobody asks you to run the client now")
	}
	until = e.s.LapsesAt
	_, err = d.conf.Audit.Append(ctx, store.Record{
		At: d.conf.Now(), Actor: visitorActor, ActorName: e.visitor, Action: "session.bundle", Object: "device:" + e.device, ObjectName: e.s.DeviceName,
		Result: ok, Session: e.id.String(),
	}, func(tx *store.Tx) error {
		err := tx.RenewToken(e.device, hash, until)
		if errors.Is(err, store.ErrNotFound) {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS, "the client is running already")
		}
		return err
	})
	return until, err
}

// DeclineClient is the customer's "not now".
func (d *Desk) DeclineClient(ctx context.Context, id wire.SessionID) error {
	return d.visitor(ctx, id, func(s support.Session) support.Command {
		if !s.Asked() {
			return support.Command{}
		}
		return support.Command{Verb: support.Decline, Code: wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER}
	})
}

// Leave is the customer who ends the session on the portal page.
func (d *Desk) Leave(ctx context.Context, id wire.SessionID) error {
	return d.visitor(ctx, id, func(s support.Session) support.Command {
		c := support.Command{Verb: s.EndVerb(), By: wirepb.EndedBy_ENDED_BY_CUSTOMER, ByName: s.User}
		if c.Verb == support.Cancel {
			c.Code = wirepb.ErrorCode_ERROR_CODE_CANCELLED
		}
		return c
	})
}

// visitor has the customer do something; what is over is no error.
func (d *Desk) visitor(ctx context.Context, id wire.SessionID, choose func(support.Session) support.Command) error {
	e := d.find(id)
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c := choose(e.s)
	if c.Verb == 0 {
		return nil
	}
	err := d.stepLocked(ctx, e, action{Command: c, actor: visitorActor, actorName: e.visitor})
	if errors.Is(err, support.ErrOver) || errors.Is(err, support.ErrIllegal) {
		return nil
	}
	return err
}

// SayVisitor is a message of the customer on the portal page.
func (d *Desk) SayVisitor(ctx context.Context, id wire.SessionID, said string) (store.ChatMessage, error) {
	e := d.find(id)
	if e == nil {
		return store.ChatMessage{}, gone()
	}
	m, err := d.chat(ctx, e, store.ChatMessage{From: e.visitor, FromCustomer: true, Text: text.Body(said)})
	if err == nil {
		_ = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Chat{Chat: toEndpoint(m)}}) // where a client runs
	}
	return m, err
}

// history tells the client of a chat what was said before it came. The entry is
// locked.
func (d *Desk) history(ctx context.Context, e *entry) {
	said, err := d.conf.Store.Chat(ctx, e.id)
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "tell a client what was said", "session", e.id.String(), "error", err)
		return
	}
	h, size := &wirepb.ChatHistory{Session: e.id[:]}, 0
	send := func() {
		if len(h.Said) > 0 {
			_ = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ChatHistory{ChatHistory: h}})
		}
		h, size = &wirepb.ChatHistory{Session: e.id[:]}, 0
	}
	for _, m := range said[max(0, len(said)-maxHistory):] {
		if m.RepsOnly {
			continue
		}
		c := toEndpoint(m)
		n := proto.Size(c)
		if size+n > maxHistoryPart {
			send()
		}
		size += n
		h.Said = append(h.Said, c)
	}
	send()
}

// Bounds of what a client is told of the chat before it: the newest, in messages
// that a control stream takes, of which fewer than its queue holds.
const (
	maxHistory     = 200
	maxHistoryPart = 48 << 10
)

// ToVisitor is a message as the portal page gets it: who its writers are by id, and
// who knows of it, is not for strangers.
func ToVisitor(m store.ChatMessage) *wirepb.Chat {
	c := toEndpoint(m)
	c.RepId = ""
	return c
}

func gone() error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
}

func notInMode() error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_IN_MODE, "only chat is available until the customer runs the client")
}
