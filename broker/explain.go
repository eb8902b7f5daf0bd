package broker

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/broker/policybook"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Explanation is a decision and what was known to make it.
type Explanation struct {
	policy.Decision
	Device   store.Device
	Settings []policy.Resolved
}

// Explain says whether a rep may do something with a device at a time, by the
// settings in the data folder, and which rule decides.
func (b *Books) Explain(ctx context.Context, rep, device string, a policy.Action, at time.Time) (Explanation, error) {
	book, err := policybook.Open(ctx, policybook.Config{
		Store: b.store, Audit: b.audit, Now: time.Now, GrantKey: b.keys.Grant, Base: policy.Defaults(),
	})
	if err != nil {
		return Explanation{}, err
	}
	p, err := b.accounts.Named(ctx, rep)
	if err != nil {
		return Explanation{}, err
	}
	d, err := book.Find(ctx, device)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Device: d, Settings: book.Explain(d), Decision: policy.Decision{
		Err:  wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "the device was revoked"),
		Rule: policy.Rule{Kind: "state"},
	}}
	if d.RevokedAt.IsZero() {
		e.Decision = book.Decide(p.Policy(), d, a, at)
	}
	return e, nil
}

// Scopes lists the settings scopes in order.
func (b *Books) Scopes(ctx context.Context) ([]policy.Scope, error) {
	l, err := b.store.Scopes(ctx)
	return l.List, err
}
