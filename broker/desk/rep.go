package desk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Ask is a rep's wish for a session.
type Ask struct {
	Device   string
	Path     string
	ViewOnly bool
	Reason   string // shown in the prompt; may be empty
	Jump     *Jump  // it is the start of a Jump Client, whose rules were kept; nil: it is not
	Draft    *Draft // that was made for this wish, and proved; nil: a new one
}

// Paths by which a session is started.
var paths = map[string]bool{"inventory": true, "device": true}

// Ready says whether a session may be started on a device now; the error is a
// CodeError with the reason why not. A fresh proof of a second factor is asked
// for besides when it comes to it.
func (d *Desk) Ready(p account.Principal, dev store.Device) error {
	if !dev.RevokedAt.IsZero() {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "the device was revoked")
	}
	if err := d.conf.Policy.Decide(p.Policy(), dev, policy.StartSession, d.conf.Now()).Err; err != nil {
		return err
	}
	if !d.conf.Agents.Online(dev.ID) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the device is offline")
	}
	if s, open := d.OfDevice(dev.ID); open {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS, "in a session with "+s.Rep.Name)
	}
	return nil
}

// Start asks a device for a session. A refusal is recorded like a start.
func (d *Desk) Start(ctx context.Context, p account.Principal, ask Ask) (Session, error) {
	e, dev, err := d.begin(ctx, p, ask)
	if err == nil {
		return d.show(e), nil
	}
	var ce *wire.CodeError
	if errors.As(err, &ce) {
		r := store.Record{
			At: d.conf.Now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "session.start", Object: "device:" + known(dev, ask.Device),
			ObjectName: dev.Hostname, Result: wire.CodeName(ce.Code), Detail: fmt.Sprintf("path=%s user=%q %s", ask.path(), dev.User, ce.Detail),
		}
		if _, failed := d.conf.Audit.Append(ctx, r); failed != nil {
			return Session{}, failed
		}
	}
	return Session{}, err
}

func known(dev store.Device, asked string) string {
	if dev.ID != "" {
		return dev.ID
	}
	if _, err := hex.DecodeString(asked); err != nil || len(asked) > 64 {
		return "unknown"
	}
	return asked
}

func (a Ask) path() string {
	switch {
	case a.Jump != nil:
		return jumpPath
	case paths[a.Path]:
		return a.Path
	}
	return "inventory"
}

// Draft is a session that may be begun, with the signed grant for it: a passkey answers
// for a grant before it is offered.
type Draft struct {
	entry *entry
	terms support.Terms
	offer *wirepb.SessionOffer
}

// Grant is the grant as it is signed.
func (f *Draft) Grant() []byte { return f.offer.Grant }

// Prove adds the proof of a passkey.
func (f *Draft) Prove(p *wirepb.JumpProof) { f.offer.Proof = p }

// Draft makes what a start would offer now. Nothing is recorded, and nobody is asked.
func (d *Desk) Draft(ctx context.Context, p account.Principal, ask Ask) (*Draft, error) {
	f, _, err := d.draft(ctx, p, ask)
	return f, err
}

// same says whether a draft is what would be offered now: what was answered for is not
// changed, and what changed meanwhile is not offered.
func (f *Draft) same(now *Draft) bool {
	a, b := new(wirepb.SessionGrant), new(wirepb.SessionGrant)
	if proto.Unmarshal(f.offer.Grant, a) != nil || proto.Unmarshal(now.offer.Grant, b) != nil {
		return false
	}
	a.Session, a.Jti, a.NotBeforeUnixMs, a.StartBeforeUnixMs = b.Session, b.Jti, b.NotBeforeUnixMs, b.StartBeforeUnixMs
	return proto.Equal(a, b)
}

func (d *Desk) draft(ctx context.Context, p account.Principal, ask Ask) (*Draft, store.Device, error) {
	dev, err := d.conf.Store.Device(ctx, ask.Device)
	if errors.Is(err, store.ErrNotFound) {
		return nil, dev, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED, "no such device is enrolled")
	}
	if err != nil {
		return nil, dev, fmt.Errorf("find device: %w", err)
	}
	if err := d.Ready(p, dev); err != nil {
		return nil, dev, err
	}
	set := d.conf.Policy.Settings(dev)
	if err := proved(p, set, d.conf.Now()); err != nil {
		return nil, dev, err
	}
	if set, err = d.asJump(ctx, p, ask.Jump, dev, set); err != nil {
		return nil, dev, err
	}
	s := support.Session{
		Device: dev.ID, DeviceName: dev.Hostname, User: dev.User, Path: ask.path(), Rep: support.Rep{ID: p.ID, Name: p.DisplayName},
	}
	_, _ = rand.Read(s.ID[:]) // never fails
	e := &entry{id: s.ID, device: dev.ID, s: s}
	t := terms(d.wanted(p, dev, ask.ViewOnly), set)
	offer, err := d.offer(e, s, t, set, dev, ask.Reason)
	return &Draft{e, t, offer}, dev, err
}

func (d *Desk) begin(ctx context.Context, p account.Principal, ask Ask) (*entry, store.Device, error) {
	f, dev, err := d.draft(ctx, p, ask)
	if err != nil {
		return nil, dev, err
	}
	if ask.Draft != nil {
		if !ask.Draft.same(f) {
			return nil, dev, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFLICT, "what may be started changed meanwhile: start again")
		}
		f = ask.Draft
	}
	e, t, offer := f.entry, f.terms, f.offer
	d.mu.Lock()
	if d.byDevice[dev.ID] != nil {
		d.mu.Unlock()
		return nil, dev, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS, "another session was just asked for")
	}
	d.byID[e.id], d.byDevice[dev.ID] = e, e
	d.mu.Unlock()
	err = d.step(ctx, e, action{
		Command: support.Command{Verb: support.Start, Terms: t}, actor: p.Actor(), actorName: p.DisplayName, evidence: offer,
	})
	d.forgetUnborn(e)
	if errors.Is(err, store.ErrExists) {
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS, "another session is open")
	}
	return e, dev, err
}

// End is the rep's Done: it ends a session, or takes back what is still asked for.
func (d *Desk) End(ctx context.Context, p account.Principal, id wire.SessionID) (Session, error) {
	return d.finish(ctx, p, id, policy.EndSession, wirepb.EndedBy_ENDED_BY_REP)
}

// Terminate ends anybody's session.
func (d *Desk) Terminate(ctx context.Context, p account.Principal, id wire.SessionID) (Session, error) {
	return d.finish(ctx, p, id, policy.TerminateSession, wirepb.EndedBy_ENDED_BY_ADMIN)
}

func (d *Desk) finish(ctx context.Context, p account.Principal, id wire.SessionID, what policy.Action, by wirepb.EndedBy) (Session, error) {
	e := d.find(id)
	if e == nil {
		s, err := d.Get(ctx, id)
		if err == nil {
			err = policy.Can(p.Policy(), what, About(s.Session))
		}
		return s, err // over already: that is what was asked for
	}
	e.mu.Lock()
	if err := policy.Can(p.Policy(), what, About(e.s)); err != nil {
		e.mu.Unlock()
		return Session{}, err
	}
	c := support.Command{Verb: e.s.EndVerb(), By: by, ByName: p.DisplayName}
	if c.Verb == support.Cancel {
		c.Code = wirepb.ErrorCode_ERROR_CODE_CANCELLED
	}
	err := d.stepLocked(ctx, e, action{Command: c, actor: p.Actor(), actorName: p.DisplayName})
	e.mu.Unlock()
	if err != nil && !errors.Is(err, support.ErrOver) {
		return Session{}, err
	}
	return d.show(e), nil
}

// EndAll ends a device's session and takes back its request, for the broker's own
// reasons, such as revocation.
func (d *Desk) EndAll(ctx context.Context, device string, code wirepb.ErrorCode) {
	for _, e := range d.open() {
		if e.device != device {
			continue
		}
		e.mu.Lock()
		c := support.Command{Verb: e.s.EndVerb(), By: wirepb.EndedBy_ENDED_BY_ADMIN, Code: code}
		if !e.s.Phase.Final() {
			d.try(ctx, e, action{Command: c, actor: system})
		}
		e.mu.Unlock()
	}
}

// Drain takes back the questions that stand on screens: nobody will be here for
// the answer. Requests wait, and active sessions stand; their endpoints come back
// with them.
func (d *Desk) Drain(ctx context.Context) {
	for _, e := range d.open() {
		e.mu.Lock()
		if e.s.Phase == support.AwaitingConsent {
			d.try(ctx, e, action{Command: support.Command{
				Verb: support.Cancel, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN,
			}, actor: system})
		}
		e.mu.Unlock()
	}
}
