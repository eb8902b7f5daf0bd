package jump

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Start begins a session on a Jump Client, or joins the one that is on where its
// policy says so.
func (b *Book) Start(ctx context.Context, p account.Principal, id string, viewOnly bool, reason string) (s desk.Session, joined bool, err error) {
	r, err := b.reach(ctx, p)
	if err != nil {
		return s, false, err
	}
	c, err := b.find(ctx, r, id, false)
	if err != nil {
		return s, false, b.refused(ctx, p, "jump.start", store.JumpClient{ID: c.ID, Name: c.Name}, err)
	}
	shown, err := b.shown(ctx, r, c)
	if err != nil {
		return s, false, err
	}
	terms, err := b.terms(ctx, c)
	if err != nil {
		return s, false, err
	}
	if err := shown.Start; err != nil {
		return s, false, b.refused(ctx, p, "jump.start", c, err)
	}
	if err := proved(p, terms, b.conf.Now()); err != nil {
		return s, false, b.refused(ctx, p, "jump.start", c, err)
	}
	if shown.Joins {
		if open, ok := b.conf.Desk.OfDevice(c.Device); ok {
			s, err = b.conf.Desk.JoinOpen(ctx, p, open.ID, "by the jump policy "+terms.Name)
			return s, true, b.refused(ctx, p, "jump.start", c, err)
		}
	}
	s, err = b.conf.Desk.Start(ctx, p, desk.Ask{
		Device: c.Device, ViewOnly: viewOnly, Reason: reason, Jump: &desk.Jump{Ask: terms.Ask},
	})
	return s, false, err
}

// terms is the policy of a Jump Client.
func (b *Book) terms(ctx context.Context, c store.JumpClient) (store.JumpPolicy, error) {
	all, err := b.conf.Store.JumpPolicies(ctx)
	for _, t := range all {
		if t.ID == c.Policy {
			return t, nil
		}
	}
	return store.JumpPolicy{}, err
}

// proved checks the second factor that a jump policy asks for.
func proved(p account.Principal, terms store.JumpPolicy, now time.Time) error {
	switch {
	case !terms.SecondFactor:
		return nil
	case p.ProvedAt.IsZero():
		return refuse(wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED, "prove a second factor, then start again")
	case now.Sub(p.ProvedAt) > proofAge:
		return refuse(wirepb.ErrorCode_ERROR_CODE_MFA_STALE, "the proof of a second factor is too old: prove it again")
	}
	return nil
}
