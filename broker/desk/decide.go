package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Names of decisions in the audit log.
const (
	approveAction = "request.approve"
	denyAction    = "request.deny"
)

// MayApprove says whether p may approve, or take, a request that waits; the error
// is the reason why not. A fresh proof of a second factor is asked for besides
// when it comes to it.
func (d *Desk) MayApprove(ctx context.Context, p account.Principal, w store.Request, dev store.Device) error {
	if w.State != support.WishPending {
		return decided(w)
	}
	if err := d.conf.Policy.Decide(p.Policy(), dev, policy.DecideRequest, d.conf.Now()).Err; err != nil {
		waits, failed := d.WaitsFor(ctx, p, w)
		switch {
		case d.conf.Policy.Settings(dev).Approval:
			return err
		case failed != nil:
			return failed
		case !waits && addressed(w):
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "the request waits for others")
		}
	}
	// Who approves gives the support.
	return d.conf.Policy.Decide(p.Policy(), dev, policy.StartSession, d.conf.Now()).Err
}

// addressed reports whether a request waits for a team or for one rep.
func addressed(w store.Request) bool { return w.Queue != "" || w.For != "" }

// WaitsFor reports whether a request waits in p's queue, or in that of a team of p's.
func (d *Desk) WaitsFor(ctx context.Context, p account.Principal, w store.Request) (bool, error) {
	if w.For != "" || w.Queue == "" {
		return w.For != "" && w.For == p.ID, nil
	}
	return d.conf.Store.InQueueTeam(ctx, w.Queue, p.ID)
}

// SeesRequest reports whether p may see a request: who may decide sees all, and who
// may take some sees those, beside what waits for nobody in particular.
func (d *Desk) SeesRequest(ctx context.Context, p account.Principal, w store.Request) (bool, error) {
	may := func(a policy.Action) bool { return policy.Can(p.Policy(), a, policy.Object{}) == nil }
	switch {
	case may(policy.ListRequests):
		return true, nil
	case !may(policy.StartSession):
		return false, nil
	case !addressed(w):
		return true, nil
	}
	return d.WaitsFor(ctx, p, w)
}

func decided(w store.Request) error {
	detail := "the request is " + w.State.String()
	if w.DecidedBy != "" && w.DecidedBy != store.EndUser {
		detail += ", decided by " + w.DecidedBy
	}
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_ALREADY_DECIDED, detail)
}

// Approve accepts a request. Who approves is the session's rep; the endpoint is
// asked at once, or when it is there.
func (d *Desk) Approve(ctx context.Context, p account.Principal, id string, viewOnly bool) (store.Request, error) {
	return d.decide(ctx, p, id, approveAction, func(e *entry, dev store.Device) error {
		if err := d.MayApprove(ctx, p, e.wish, dev); err != nil {
			return err
		}
		if err := proved(p, d.conf.Policy.Settings(dev), d.conf.Now()); err != nil {
			return err
		}
		return d.approve(ctx, e, p, dev, viewOnly)
	})
}

// approve gives a request the device's one place and its rep. The entry is locked.
func (d *Desk) approve(ctx context.Context, e *entry, p account.Principal, dev store.Device, viewOnly bool) error {
	d.mu.Lock()
	other := d.byDevice[e.device]
	if other == nil {
		d.byDevice[e.device] = e
		delete(d.asked, e.device)
	}
	d.mu.Unlock()
	exists := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS, "the device is in another session: end it first")
	if other != nil {
		return exists
	}
	err := d.stepLocked(ctx, e, action{
		Command: support.Command{
			Verb: support.Approve, Rep: support.Rep{ID: p.ID, Name: p.DisplayName},
			Terms: support.Terms{Permissions: d.wanted(p, dev, viewOnly)},
		},
		actor: p.Actor(), actorName: p.DisplayName, decided: p.DisplayName,
	})
	if e.s.Phase == support.Requested {
		d.mu.Lock()
		delete(d.byDevice, e.device)
		d.asked[e.device] = e
		d.mu.Unlock()
	}
	if errors.Is(err, store.ErrExists) {
		return exists
	}
	if err != nil {
		return err
	}
	e.approver = &p
	if d.conf.Agents.Online(e.device) {
		d.offerApproved(ctx, e, dev)
	}
	return nil
}

// offerLate puts an approved request to its endpoint if that is there: it may have
// been connecting while the decision was made, or the offer could not be made.
func (d *Desk) offerLate(ctx context.Context, e *entry) {
	if !d.conf.Agents.Online(e.device) {
		return
	}
	dev, err := d.conf.Store.Device(ctx, e.device)
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "offer approved request", "session", e.id.String(), "error", err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.s.Phase == support.Approved {
		d.offerApproved(ctx, e, dev)
	}
}

// offerApproved puts an approved request to its endpoint under the settings and
// with the rep's proof of this moment; where they do not allow it any more, the
// request is over. The entry is locked.
func (d *Desk) offerApproved(ctx context.Context, e *entry, dev store.Device) {
	set := d.conf.Policy.Settings(dev)
	err := d.conf.Policy.Decide(policy.Principal{}, dev, policy.RequestSupport, d.conf.Now()).Err
	if err == nil {
		var p account.Principal // after a restart of the broker nobody has proved anything
		if e.approver != nil {
			p = *e.approver
			err = d.conf.Policy.Decide(p.Policy(), dev, policy.StartSession, d.conf.Now()).Err
		}
		if err == nil {
			err = proved(p, set, d.conf.Now())
		}
	}
	if err != nil {
		ce := codeOf(err)
		d.try(ctx, e, action{Command: support.Command{
			Verb: support.Cancel, By: wirepb.EndedBy_ENDED_BY_POLICY, Code: ce.Code, Detail: "the approval does not hold any more: " + ce.Detail,
		}, actor: system})
		return
	}
	t := terms(e.s.Permissions, set)
	offer, err := d.offer(e, e.s, t, set, dev, e.wish.Reason)
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "offer approved request", "session", e.id.String(), "error", err)
		return
	}
	d.try(ctx, e, action{Command: support.Command{Verb: support.Offer, Terms: t}, actor: system, evidence: offer})
}

// Deny refuses a request for good.
func (d *Desk) Deny(ctx context.Context, p account.Principal, id, reason string) (store.Request, error) {
	return d.decide(ctx, p, id, denyAction, func(e *entry, _ store.Device) error {
		if err := policy.Can(p.Policy(), policy.DecideRequest, policy.Object{}); err != nil {
			return err
		}
		return d.stepLocked(ctx, e, action{
			Command: support.Command{
				Verb: support.Reject, By: wirepb.EndedBy_ENDED_BY_REP, ByName: p.DisplayName,
				Code: wirepb.ErrorCode_ERROR_CODE_DENIED_BY_IT, Detail: text.Body(reason),
			},
			actor: p.Actor(), actorName: p.DisplayName, decided: p.DisplayName,
		})
	})
}

// decide finds the request that waits and decides it. One decision wins; an
// attempt that does not is recorded as well.
func (d *Desk) decide(
	ctx context.Context, p account.Principal, id, what string, do func(*entry, store.Device) error,
) (store.Request, error) {
	w, err := d.tryDecide(ctx, id, do)
	if errors.Is(err, support.ErrIllegal) {
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_ALREADY_DECIDED, "the time to decide is over")
	}
	object := "request:unknown" // what else was asked for is of no form that a record should carry
	if w.ID != "" {
		object = "request:" + w.ID
	}
	var ce *wire.CodeError
	if errors.As(err, &ce) {
		if _, failed := d.conf.Audit.Append(ctx, store.Record{
			At: d.conf.Now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: what, Object: object,
			ObjectName: w.DeviceName, Result: wire.CodeName(ce.Code), Detail: ce.Detail,
		}); failed != nil {
			return w, failed
		}
	}
	return w, err
}

func (d *Desk) tryDecide(ctx context.Context, id string, do func(*entry, store.Device) error) (store.Request, error) {
	e := d.ofRequest(id)
	if e == nil {
		w, err := d.conf.Store.Request(ctx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return w, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such request")
		case err != nil:
			return w, fmt.Errorf("find request: %w", err)
		}
		return w, decided(w)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.s.Phase != support.Requested {
		return e.wish, decided(e.wish)
	}
	dev, err := d.conf.Store.Device(ctx, e.device)
	if err != nil {
		return e.wish, fmt.Errorf("find device: %w", err)
	}
	err = do(e, dev)
	return e.wish, err
}
