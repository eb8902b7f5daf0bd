package jump

import (
	"context"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// A Jump Client with a lock starts without a person's yes only where a passkey has
// answered for its grant. So the grant comes first:
//
//	Challenge: the grant is made and kept ──▶ the browser's passkey answers for it
//	──▶ Start: the answer is checked, and the grant offered with it
//
// The endpoint checks it again: to it the broker is nobody.

// lockLife is how long a passkey may take: as long as a grant may be offered.
const lockLife = wire.MaxGrantWindow

// Passkeys makes locks of what reps prove themselves with; package account does.
type Passkeys interface {
	LockOf(ctx context.Context, p account.Principal, ids []string) (*wirepb.JumpLock, error)
}

// Proof is the answer to a Challenge.
type Proof struct{ Challenge, Assertion string }

// challenge is a grant that a passkey is asked to answer for. A sign-in has one at most.
type challenge struct {
	id, client string
	viewOnly   bool
	reason     string
	draft      *desk.Draft
	until      time.Time
}

// Challenge asks for the proof of a passkey for the start of a Jump Client that is locked.
func (b *Book) Challenge(ctx context.Context, p account.Principal, id string, viewOnly bool, reason string) (challengeID string, options []byte, err error) {
	if err := policy.Can(p.Policy(), policy.StartJump, policy.Object{}); err != nil {
		return "", nil, err
	}
	c, terms, _, err := b.ready(ctx, p, id)
	if err != nil {
		return "", nil, err
	}
	switch {
	case c.Lock == nil:
		return "", nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "this Jump Client has no lock")
	case p.SignIn == "":
		return "", nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "a passkey answers for a sign-in, and not for an API key")
	}
	draft, err := b.conf.Desk.Draft(ctx, p, b.ask(c, terms, viewOnly, reason))
	if err != nil {
		return "", nil, b.refused(ctx, p, "jump.start", c, err)
	}
	if options, err = account.LockOptions(c.Lock, draft.Grant(), lockLife); err != nil {
		return "", nil, err
	}
	now := b.conf.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	for who, o := range b.proving {
		if !now.Before(o.until) {
			delete(b.proving, who)
		}
	}
	n := challenge{account.NewID(), c.ID, viewOnly, reason, draft, now.Add(lockLife)}
	b.proving[p.SignIn] = n
	return n.id, options, nil
}

// opened is the draft for which a passkey of the lock has answered. An answer counts once.
func (b *Book) opened(p account.Principal, c store.JumpClient, viewOnly bool, reason string, proof *Proof) (*desk.Draft, error) {
	b.mu.Lock()
	n, ok := b.proving[p.SignIn]
	ok = ok && p.SignIn != "" && n.id == proof.Challenge
	if ok {
		delete(b.proving, p.SignIn)
	}
	b.mu.Unlock()
	if !ok || n.client != c.ID || n.viewOnly != viewOnly || n.reason != reason || !b.conf.Now().Before(n.until) || c.Lock == nil {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_STALE, "this was used already or took too long; begin again")
	}
	answer, err := account.LockProof(proof.Assertion)
	if err != nil {
		return nil, err
	}
	if _, err := wire.VerifyJumpProof(c.Lock, n.draft.Grant(), answer); err != nil {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_JUMP_PROOF_INVALID, err.Error())
	}
	n.draft.Prove(answer)
	return n.draft, nil
}

// keepsLock checks what the endpoint says of its lock against what it was told.
func keepsLock(told, has *wirepb.JumpLock) error {
	if has != nil {
		if err := wire.CheckLock(has); err != nil {
			return err
		}
	}
	if told != nil && has == nil {
		return errors.New("the device does not know jump locks: update it")
	}
	return nil
}
