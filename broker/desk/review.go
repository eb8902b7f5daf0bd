package desk

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Review has policy asked again about a device's sessions and requests, or about
// all with "". It returns at once; the next Tick does it.
func (d *Desk) Review(device string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.review) < maxReview {
		d.review[device] = true
	} else {
		d.review[""] = true
	}
}

// maxReview bounds the devices that are noted one by one: beyond, all are looked
// at, which costs as much.
const maxReview = 1024

// reviewAll takes sessions away that policy does not allow any more.
func (d *Desk) reviewAll(ctx context.Context) {
	d.mu.Lock()
	due := d.review
	d.review = make(map[string]bool)
	d.mu.Unlock()
	if len(due) == 0 {
		return
	}
	for _, e := range d.open() {
		if due[""] || due[e.device] {
			d.reviewOne(ctx, e)
		}
	}
}

func (d *Desk) reviewOne(ctx context.Context, e *entry) {
	dev, err := d.conf.Store.Device(ctx, e.device)
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "review policy", "device", e.device, "error", err)
		d.Review(e.device)
		return
	}
	e.mu.Lock()
	nothing := e.s.ChatOnly() && e.s.Phase != support.AwaitingConsent
	e.mu.Unlock()
	if nothing {
		return // policy is asked when the rep wants more
	}
	decision := d.conf.Policy.Decide(policy.Principal{}, dev, policy.RequestSupport, d.conf.Now())
	if decision.Allowed() {
		return
	}
	why := codeOf(decision.Err)
	e.mu.Lock()
	defer e.mu.Unlock()
	c := support.Command{Verb: support.Cancel, By: wirepb.EndedBy_ENDED_BY_POLICY, Code: why.Code, Detail: why.Detail}
	if e.s.Phase == support.Active || e.s.Phase == support.Held {
		switch {
		case !e.s.EndsBy.IsZero():
			return // its notice runs
		case d.conf.Policy.Settings(dev).OnRevoke == policy.RevokeEnds:
			c.Verb = support.Revoke
		case e.s.Spared:
			return
		default:
			c.Verb = support.Spare
		}
	}
	if e.s.Phase.Final() || e.s.Phase == support.None {
		return
	}
	d.try(ctx, e, action{Command: c, actor: system})
}

// warn tells the endpoint of the end that policy has set; it keeps the time
// without the broker.
func (d *Desk) warn(e *entry) {
	left := max(e.s.EndsBy.Sub(d.conf.Now()), 0)
	// Offline: the broker's own clock ends it.
	_ = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Deadline{Deadline: &wirepb.SessionDeadline{
		Session: e.id[:], Seconds: uint32((left + time.Second - 1) / time.Second), //nolint:gosec // half a minute
		Code: wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, Detail: "remote support was switched off for this device",
	}}})
}

// codeOf is the refusal in an error of policy, which always is one.
func codeOf(err error) *wire.CodeError {
	if ce, is := err.(*wire.CodeError); is { //nolint:errorlint // of package policy, never wrapped
		return ce
	}
	return &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, Detail: err.Error()}
}
