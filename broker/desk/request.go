package desk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/broker/button"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of what one device may ask for: a person who changes their mind some
// times, and no more records than that from a program.
const (
	requestEvery = time.Minute
	requestBurst = 10
)

// requestPath is the path of a session that a customer asked for.
const requestPath = "request"

// request takes a customer's request for support and answers it. One that came
// before is answered again.
func (d *Desk) request(ctx context.Context, dev store.Device, q *wirepb.SupportRequest) {
	answer := &wirepb.RequestAnswer{Id: q.Id}
	id, err := d.take(ctx, dev, q)
	var ce *wire.CodeError
	var fe *fieldError
	switch {
	case err == nil:
	case errors.As(err, &fe):
		answer.Code, answer.Detail, answer.Field = wirepb.ErrorCode_ERROR_CODE_MALFORMED, fe.Detail, fe.Field
	case errors.As(err, &ce):
		answer.Code, answer.Detail = ce.Code, ce.Detail
	default:
		d.conf.Log.ErrorContext(ctx, "request not taken", "device", dev.ID, "error", err)
		answer.Code, answer.Detail = wirepb.ErrorCode_ERROR_CODE_BUSY, "the request could not be kept: try again"
	}
	_ = d.conf.Agents.Send(dev.ID, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_RequestAnswer{RequestAnswer: answer}})
	if err == nil {
		d.tellStored(ctx, id)
	}
}

// take makes a session of a request, or finds the one it is already.
func (d *Desk) take(ctx context.Context, dev store.Device, q *wirepb.SupportRequest) (id string, err error) {
	if len(q.Id) != wire.SessionIDSize {
		return "", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, "a request has an id of 16 bytes")
	}
	id = hex.EncodeToString(q.Id)
	switch past, err := d.conf.Store.Request(ctx, id); {
	case err == nil && past.Device == dev.ID:
		return id, nil
	case err == nil:
		return "", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, "the id is taken")
	case !errors.Is(err, store.ErrNotFound):
		return "", err
	}
	if !d.requests.Allow(dev.ID, d.conf.Now()) {
		return "", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "too many requests: wait a minute")
	}
	// What the organisation says of the device may be newer than its link.
	if dev, err = d.conf.Store.Device(ctx, dev.ID); err != nil {
		return "", err
	}
	w := store.Request{
		ID: id, Device: dev.ID, DeviceName: dev.Hostname, User: dev.User, At: d.conf.Now(), State: support.WishPending,
	}
	if err := d.requestable(ctx, dev, w); err != nil {
		return "", err
	}
	form := true
	if len(q.Button) > 0 {
		b, err := d.conf.Buttons.Used(ctx, dev.ID, hex.EncodeToString(q.Button))
		if err != nil {
			return "", d.refusedUse(ctx, w, err)
		}
		form = b.Profile.Form
		through(&w, b)
	}
	if form {
		err = fill(&w, q, d.conf.Policy.Settings(dev).ReasonMin)
	} else {
		w.Name, w.Reason = caller(dev), w.ButtonTitle
	}
	if err != nil {
		return "", err
	}
	return id, d.ask(ctx, w)
}

// through leads a request into the queue of the button that it came by.
func through(w *store.Request, b button.Button) {
	w.Queue, w.QueueName = b.Queue.ID, b.Queue.Name
	w.Button, w.ButtonTitle, w.ButtonNote = b.ID, b.Profile.Title, b.Description
}

// caller is who asks by a button without a form: the user in front.
func caller(dev store.Device) string {
	if dev.User != "" {
		return dev.User
	}
	return dev.Hostname
}

// refusedUse records that a button did not count, where that is the reason.
func (d *Desk) refusedUse(ctx context.Context, w store.Request, err error) error {
	var ce *wire.CodeError
	if errors.As(err, &ce) {
		return d.refusedRequest(ctx, w, ce)
	}
	return err
}

// Ask begins the session of a request that the broker itself knows everything of,
// such as whom it waits for.
func (d *Desk) Ask(ctx context.Context, dev store.Device, w store.Request) error {
	w.Device, w.DeviceName, w.User, w.At, w.State = dev.ID, dev.Hostname, dev.User, d.conf.Now(), support.WishPending
	if err := d.requestable(ctx, dev, w); err != nil {
		return err
	}
	return d.ask(ctx, w)
}

// requestable says whether a request may be made on a device now; a refusal is
// recorded.
func (d *Desk) requestable(ctx context.Context, dev store.Device, w store.Request) error {
	if err := d.conf.Policy.Decide(policy.Principal{}, dev, policy.RequestSupport, w.At).Err; err != nil {
		return d.refusedRequest(ctx, w, err)
	}
	return nil
}

// ask begins the session of a request, in the queue that it names.
func (d *Desk) ask(ctx context.Context, w store.Request) error {
	_, _ = rand.Read(w.Session[:]) // never fails
	e := &entry{id: w.Session, device: w.Device, request: w.ID, wish: w, queue: w.QueueName, s: support.Session{
		ID: w.Session, Device: w.Device, DeviceName: w.DeviceName, User: w.User, Path: requestPath, Request: w.ID,
	}}
	d.mu.Lock()
	asked, open := d.asked[w.Device], d.byDevice[w.Device]
	if asked == nil && open == nil {
		d.byID[e.id], d.asked[w.Device] = e, e
	}
	d.mu.Unlock()
	switch {
	case open != nil:
		return d.refusedRequest(ctx, w, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS, "a session is open or being asked for already"))
	case asked != nil:
		return d.refusedRequest(ctx, w, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS, "a request of this device waits for a decision already"))
	}
	err := d.step(ctx, e, action{
		Command: support.Command{Verb: support.Request, Detail: w.Reason, Queue: w.Queue}, actor: "device:" + w.Device, actorName: w.DeviceName,
	})
	d.forgetUnborn(e)
	return err
}

// forgetUnborn takes an entry off the list whose first record was not written.
func (d *Desk) forgetUnborn(e *entry) {
	e.mu.Lock()
	unborn := e.s.Phase == support.None
	e.mu.Unlock()
	if unborn {
		d.mu.Lock()
		d.forget(e)
		d.mu.Unlock()
	}
}

// forget takes an entry off the lists, which are locked.
func (d *Desk) forget(e *entry) {
	delete(d.byID, e.id)
	for _, m := range []map[string]*entry{d.byDevice, d.asked} {
		if m[e.device] == e {
			delete(m, e.device)
		}
	}
}

// refusedRequest records a request that policy or the state of the device
// refuses, and returns the refusal.
func (d *Desk) refusedRequest(ctx context.Context, w store.Request, why error) error {
	ce := codeOf(why)
	_, err := d.conf.Audit.Append(ctx, store.Record{
		At: d.conf.Now(), Actor: "device:" + w.Device, ActorName: w.DeviceName, Action: "request.create", Object: "request:" + w.ID,
		ObjectName: w.DeviceName, Result: wire.CodeName(ce.Code), Detail: ce.Detail,
	})
	if err != nil {
		return err
	}
	return why
}

// cancelRequest is the customer taking a request back. One that is a session by
// now is ended with Done.
func (d *Desk) cancelRequest(ctx context.Context, dev store.Device, m *wirepb.RequestCancel) {
	e := d.ofRequest(hex.EncodeToString(m.Id))
	if e == nil || e.device != dev.ID {
		return // over already, and the customer was told so
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.s.Wish() != support.WishPending && e.s.Wish() != support.WishApproved {
		return
	}
	d.try(ctx, e, action{
		Command: support.Command{
			Verb: support.Cancel, By: wirepb.EndedBy_ENDED_BY_CUSTOMER, ByName: e.wish.Name, Code: wirepb.ErrorCode_ERROR_CODE_CANCELLED,
		},
		actor: "device:" + dev.ID, actorName: dev.Hostname,
	})
}

// ofRequest is the open session of a request.
func (d *Desk) ofRequest(id string) *entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.byID {
		if e.request == id && id != "" {
			return e
		}
	}
	return nil
}

// wished is the request after a step of its session.
func (d *Desk) wished(w store.Request, next support.Session, a action) store.Request {
	if w.ID == "" {
		return w
	}
	w.State = next.Wish()
	if a.decided != "" {
		w.DecidedBy, w.Decision, w.DecidedAt = a.decided, a.Detail, a.At
	}
	if d.conf.Agents.Linked(w.Device) {
		w.Told = w.State
	}
	return w
}

// tell tells the customer how a request stands, and consoles as well.
func (d *Desk) tell(w store.Request, s support.Session) {
	id, err := hex.DecodeString(w.ID)
	if err != nil {
		return // of our own making
	}
	m := &wirepb.RequestStatus{Id: id, State: s.Status(), By: w.DecidedBy, Detail: w.Decision}
	if w.DecidedBy == "" || w.DecidedBy == store.EndUser {
		m.By = ""
	}
	if s.Phase.Final() && m.Detail == "" {
		m.Detail = s.Detail
	}
	// Offline: it is told when it is back.
	_ = d.conf.Agents.Send(w.Device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_RequestStatus{RequestStatus: m}})
}

func (d *Desk) tellStored(ctx context.Context, id string) {
	w, err := d.conf.Store.Request(ctx, id)
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "find request", "request", id, "error", err)
		return
	}
	s, err := d.conf.Store.Session(ctx, w.Session)
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "find session of request", "request", id, "error", err)
		return
	}
	d.tell(w, s)
}

// catchUp tells a device that is back how its requests stand: the open one, and
// those about which it was not told.
func (d *Desk) catchUp(ctx context.Context, device string) {
	d.mu.Lock()
	behind := d.untold[device]
	delete(d.untold, device)
	open := []*entry{d.asked[device], d.byDevice[device]}
	d.mu.Unlock()
	told := map[string]bool{}
	if behind { // asked for only then: most devices that come have nothing to hear
		untold, err := d.conf.Store.RequestsUntold(ctx, device)
		if err == nil {
			for _, w := range untold {
				d.tellStored(ctx, w.ID)
				told[w.ID] = true
			}
			// Not an action: nothing is decided by it.
			err = d.conf.Store.Update(ctx, func(tx *store.Tx) error { return tx.ToldRequests(device) })
		}
		if err != nil {
			d.conf.Log.ErrorContext(ctx, "tell how requests stand", "device", device, "error", err)
			d.owe(device)
		}
	}
	for _, e := range open {
		if e == nil || told[e.request] {
			continue
		}
		if w := d.show(e).Wish(); w == support.WishPending || w == support.WishApproved {
			d.tellStored(ctx, e.request)
		}
	}
}

// owe notes that a device is to be told how its requests stand when it is back.
func (d *Desk) owe(device string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.untold[device] = true
}

func (d *Desk) publish(w store.Request) {
	if w.ID != "" {
		d.conf.Hub.Publish(live.Change{Request: &w})
	}
}
