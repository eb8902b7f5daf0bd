package jump

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Start begins a session on a Jump Client, or joins the one that is on where its
// policy says so. proof is that of a passkey, where the Jump Client is locked; without
// one a person at the endpoint has to say yes.
func (b *Book) Start(ctx context.Context, p account.Principal, id string, viewOnly bool, reason string, proof *Proof) (s desk.Session, joined bool, err error) {
	c, terms, joins, err := b.ready(ctx, p, id)
	if err != nil {
		return s, false, err
	}
	if joins {
		if open, ok := b.conf.Desk.OfDevice(c.Device); ok {
			s, err = b.conf.Desk.JoinOpen(ctx, p, open.ID, "by the jump policy "+terms.Name)
			return s, true, b.refused(ctx, p, "jump.start", c, err)
		}
	}
	ask := b.ask(c, terms, viewOnly, reason)
	if proof != nil {
		if ask.Draft, err = b.opened(p, c, viewOnly, reason, proof); err != nil {
			return s, false, b.refused(ctx, p, "jump.start", c, err)
		}
	}
	s, err = b.conf.Desk.Start(ctx, p, ask)
	return s, false, err
}

func (b *Book) ask(c store.JumpClient, terms store.JumpPolicy, viewOnly bool, reason string) desk.Ask {
	return desk.Ask{Device: c.Device, ViewOnly: viewOnly, Reason: reason, Jump: &desk.Jump{Ask: terms.Ask}}
}

// ready is a Jump Client that p may start now, with its policy, and whether to start it
// means to join. Why not is recorded.
func (b *Book) ready(ctx context.Context, p account.Principal, id string) (c store.JumpClient, terms store.JumpPolicy, joins bool, err error) {
	r, err := b.reach(ctx, p)
	if err != nil {
		return c, terms, false, err
	}
	if c, err = b.find(ctx, r, id, false); err != nil {
		return c, terms, false, b.refused(ctx, p, "jump.start", store.JumpClient{ID: c.ID, Name: c.Name}, err)
	}
	shown, err := b.shown(ctx, r, c)
	if err != nil {
		return c, terms, false, err
	}
	if terms, err = b.terms(ctx, c); err != nil {
		return c, terms, false, err
	}
	if err = shown.Start; err == nil {
		err = proved(p, terms, b.conf.Now())
	}
	return c, terms, shown.Joins, b.refused(ctx, p, "jump.start", c, err)
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
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED, "prove a second factor, then start again")
	case now.Sub(p.ProvedAt) > proofAge:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_STALE, "the proof of a second factor is too old: prove it again")
	}
	return nil
}
