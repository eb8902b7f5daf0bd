package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Proof is one answer: a code, a recovery code, or a passkey's to a challenge.
type Proof struct {
	TOTP      Secret
	Recovery  Secret
	Challenge string
	Assertion string
}

// mayProve refuses who has no sign-in to prove a factor for.
func mayProve(p Principal) error {
	if p.Need == NeedProof && !p.Key {
		return nil
	}
	return own(p)
}

// mayGuess takes one of the tries of a code, which giveBack returns.
func (v *Service) mayGuess(ctx context.Context, p Principal, remote string) (giveBack func(), err error) {
	now := v.now()
	byAddress, ok := v.addresses.Take(Prefix(remote), now)
	if !ok {
		return nil, v.limited(ctx, p.Name, remote)
	}
	byAccount, ok := v.codes.Take(p.ID, now)
	if !ok {
		byAddress()
		return nil, v.limited(ctx, p.Name, remote)
	}
	return func() { byAddress(); byAccount() }, nil
}

// wrong records a proof that does not count and returns why.
func (v *Service) wrong(ctx context.Context, p Principal, kind, remote string, why error) error {
	var ce *wire.CodeError
	if !errors.As(why, &ce) {
		return why
	}
	_, err := v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "mfa.prove", Object: p.Actor(), ObjectName: p.DisplayName,
		Result: wire.CodeName(ce.Code), Detail: "by " + kind + " from " + Prefix(remote),
	})
	return errors.Join(err, why)
}

// Prove completes half a sign-in, or makes the proof of a whole one fresh. What it
// takes counts once. The cookie is the sign-in's from now on.
func (v *Service) Prove(ctx context.Context, p Principal, proof Proof, remote string) (Principal, Secret, error) {
	if err := mayProve(p); err != nil {
		return Principal{}, "", err
	}
	giveBack, err := v.mayGuess(ctx, p, remote)
	if err != nil {
		return Principal{}, "", err
	}
	var kind string
	var use func(*store.Tx) error
	switch {
	case proof.Challenge != "":
		kind = Passkey
		use, err = v.checkPasskey(ctx, p, proof)
	case proof.Recovery != "":
		kind = "recovery code"
		use, err = v.checkRecovery(ctx, p, proof.Recovery)
	default:
		kind = TOTP
		use, err = v.checkTOTP(ctx, p, proof.TOTP)
	}
	if err != nil {
		return Principal{}, "", v.wrong(ctx, p, kind, remote, err)
	}
	cookie := NewSecret()
	r := store.Record{
		At: v.now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "mfa.prove", Object: p.Actor(), ObjectName: p.DisplayName, Result: audit.OK,
		Detail: "by " + kind + " from " + Prefix(remote),
	}
	if p.Need != NeedNothing {
		r.Action = signedIn
	}
	if _, err := v.audit.Append(ctx, r, func(tx *store.Tx) error {
		if err := use(tx); err != nil {
			return err
		}
		return v.prove(tx, p, cookie)
	}); err != nil {
		return Principal{}, "", v.wrong(ctx, p, kind, remote, err)
	}
	giveBack()
	w, err := v.store.WebSessionByID(ctx, p.SignIn)
	if w, err = v.standing(w, err); err != nil {
		return Principal{}, "", err
	}
	return of(w), cookie, nil
}

func (v *Service) checkTOTP(ctx context.Context, p Principal, code Secret) (func(*store.Tx) error, error) {
	all, err := v.store.Factors(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	refusal := errInvalid
	for _, f := range all {
		if f.Kind != TOTP {
			continue
		}
		secret, err := v.unseal(p.ID, f.Secret)
		if err != nil {
			refusal = err // unless another app is the right one
			continue
		}
		if step, ok := matches(code.Reveal(), secret, v.now()); ok {
			return func(tx *store.Tx) error {
				if err := spend(tx, p.ID, step); err != nil {
					return err
				}
				return tx.UseFactor(f.ID, f.Secret, f.Secret, v.now())
			}, nil
		}
	}
	return nil, refusal
}

func (v *Service) checkRecovery(ctx context.Context, p Principal, code Secret) (func(*store.Tx) error, error) {
	hash := HashSecret(plainCode(code))
	used, err := v.store.RecoveryCode(ctx, p.ID, hash)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, errInvalid
	case err != nil:
		return nil, err
	case !used.IsZero():
		return nil, errSpent
	}
	return func(tx *store.Tx) error {
		err := tx.SpendRecoveryCode(p.ID, hash, v.now())
		if errors.Is(err, store.ErrNotFound) {
			return errSpent
		}
		return err
	}, nil
}

var errSpent = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_STALE, "this recovery code was used already; take another")

// checkPasskey verifies an assertion. A counter that does not go on means that the
// key exists twice.
func (v *Service) checkPasskey(ctx context.Context, p Principal, proof Proof) (func(*store.Tx) error, error) {
	w, err := v.party(ctx)
	if err != nil {
		return nil, err
	}
	pending, err := v.take(ctx, p, proof.Challenge, provePasskey)
	if err != nil {
		return nil, err
	}
	if len(proof.Assertion) > maxCredential {
		return nil, errInvalid
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(proof.Assertion))
	if err != nil {
		return nil, v.unusable(ctx, err)
	}
	have, factors, err := v.passkeys(ctx, p.ID, w.Config.RPID)
	if err != nil {
		return nil, err
	}
	c, err := w.ValidateLogin(holder{p, have}, pending.Session, parsed)
	if err != nil {
		return nil, v.unusable(ctx, err)
	}
	if c.Authenticator.CloneWarning {
		return nil, v.unusable(ctx, errCloned)
	}
	i := slices.IndexFunc(have, func(h webauthn.Credential) bool { return bytes.Equal(h.ID, c.ID) })
	if i < 0 {
		return nil, errInvalid
	}
	next, err := json.Marshal(credential{w.Config.RPID, *c})
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	return func(tx *store.Tx) error {
		err := tx.UseFactor(factors[i].ID, factors[i].Secret, string(next), v.now())
		if errors.Is(err, store.ErrNotFound) {
			return errOver // another answer counted it on
		}
		return err
	}, nil
}

var errCloned = errors.New("its counter did not go on: the key may exist twice")
