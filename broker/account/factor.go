package account

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Kinds of second factors.
const (
	TOTP    = "totp"
	Passkey = "passkey"
)

// Limits of second factors.
const (
	maxFactors    = 16
	recoveryCodes = 10
	// challengeLife is how long a browser has to answer.
	challengeLife = 5 * time.Minute
	// freshness is how old a proof may be for changes of factors and new API keys.
	freshness = 15 * time.Minute
)

// Factors lists the principal's second factors, and how many recovery codes are
// left.
func (v *Service) Factors(ctx context.Context, p Principal) ([]store.Factor, int, error) {
	if err := own(p); err != nil {
		return nil, 0, err
	}
	all, err := v.store.Factors(ctx, p.ID)
	if err != nil {
		return nil, 0, err
	}
	left, err := v.store.RecoveryCodes(ctx, p.ID)
	return all, left, err
}

// fresh refuses what needs a second factor that was proved lately, where the
// account has one.
func (v *Service) fresh(ctx context.Context, p Principal) error {
	a, err := v.find(ctx, p.ID)
	switch {
	case err != nil:
		return err
	case a.Factors == 0:
		return nil
	case p.ProvedAt.IsZero():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED, "prove a second factor first")
	case v.now().Sub(p.ProvedAt) > freshness:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_STALE, "prove a second factor again")
	}
	return nil
}

// mayAdd says whether the principal may add a factor now: with half a sign-in only
// the first one, where the organisation demands it.
func (v *Service) mayAdd(ctx context.Context, p Principal) error {
	if p.Need == NeedFactor && !p.Key {
		return nil
	}
	if err := own(p); err != nil {
		return err
	}
	return v.fresh(ctx, p)
}

// Added is a factor that was added and what goes with it.
type Added struct {
	Factor   store.Factor
	Recovery []Secret // codes, with the first factor
	Cookie   Secret   // the sign-in's from now on
}

// addFactor records and stores a factor that was just proved to be there.
func (v *Service) addFactor(ctx context.Context, p Principal, f store.Factor, with func(*store.Tx) error) (Added, error) {
	a := Added{Factor: f, Cookie: NewSecret()}
	_, err := v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "mfa.add", Object: p.Actor(), ObjectName: p.DisplayName, Result: audit.OK,
		Detail: "factor: none → " + f.Kind + " " + f.Name,
	}, func(tx *store.Tx) error {
		have, err := tx.Factors(p.ID)
		if err != nil {
			return err
		}
		if len(have) >= maxFactors {
			return &FieldError{"name", fmt.Sprintf("there are %d factors already", maxFactors)}
		}
		if p.Need == NeedFactor && len(have) > 0 {
			return errChanged // by another sign-in, which has proved it
		}
		if err := with(tx); err != nil {
			return err
		}
		if err := tx.AddFactor(f); err != nil {
			return err
		}
		if len(have) == 0 {
			codes, hashes := newRecoveryCodes()
			if err := tx.SetRecoveryCodes(p.ID, hashes); err != nil {
				return err
			}
			a.Recovery = codes
		}
		return v.prove(tx, p, a.Cookie)
	})
	return a, err
}

// prove notes a proof in the principal's sign-in and gives it another cookie. What
// was half is not left to the cookie before for a moment.
func (v *Service) prove(tx *store.Tx, p Principal, cookie Secret) error {
	w, err := tx.WebSession(p.SignIn)
	if err != nil {
		return err
	}
	until := v.now().Add(rotateGrace)
	if p.Need != NeedNothing {
		until = time.Time{}
	}
	if err := tx.RotateWebSession(w.ID, w.Token, HashSecret(cookie), until); err != nil {
		return err
	}
	return tx.ProveWebSession(w.ID, v.now())
}

// RemoveFactor removes one of the principal's factors; the last one only where the
// organisation does not demand one.
func (v *Service) RemoveFactor(ctx context.Context, p Principal, id string) error {
	if err := own(p); err != nil {
		return err
	}
	if err := v.fresh(ctx, p); err != nil {
		return err
	}
	have, err := v.store.Factors(ctx, p.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(have, func(f store.Factor) bool { return f.ID == id })
	if i < 0 {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such factor")
	}
	_, err = v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "mfa.remove", Object: p.Actor(), ObjectName: p.DisplayName, Result: audit.OK,
		Detail: "factor: " + have[i].Kind + " " + have[i].Name + " → none",
	}, func(tx *store.Tx) error {
		if err := tx.RemoveFactor(p.ID, id); err != nil {
			return errors.Join(err, errChanged)
		}
		left, err := tx.Factors(p.ID)
		if err != nil || len(left) > 0 {
			return err
		}
		must, err := tx.MFAMandatory()
		if err != nil {
			return err
		}
		if must {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_IN_USE, "this is your last factor and your organisation asks for one; add another first")
		}
		return tx.RemoveFactors(p.ID) // its recovery codes
	})
	return err
}

// ResetMFA removes every factor of another account and ends its sign-ins.
func (v *Service) ResetMFA(ctx context.Context, by Actor, id string) error {
	if err := by.can(policy.EditAccount); err != nil {
		return err
	}
	if by.Principal != nil && by.Principal.ID == id {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, "another administrator has to do this")
	}
	a, err := v.find(ctx, id)
	if err != nil {
		return err
	}
	if err := by.can(policy.EditAccount, permissionsOf(a.Roles)); err != nil {
		return err
	}
	var ended []string
	_, err = v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: by.ID, ActorName: by.Name, Action: "mfa.reset", Object: "rep:" + id, ObjectName: a.DisplayName, Result: audit.OK,
		Detail: fmt.Sprintf("factors: %d → 0", a.Factors),
	}, func(tx *store.Tx) (err error) {
		if err := tx.RemoveFactors(id); err != nil {
			return err
		}
		ended, err = tx.RemoveWebSessions(id, "")
		return err
	})
	v.watchers.fire(ended...)
	return err
}

// NewRecoveryCodes replaces the principal's recovery codes.
func (v *Service) NewRecoveryCodes(ctx context.Context, p Principal) ([]Secret, error) {
	if err := own(p); err != nil {
		return nil, err
	}
	if err := v.fresh(ctx, p); err != nil {
		return nil, err
	}
	codes, hashes := newRecoveryCodes()
	_, err := v.audit.Append(ctx, store.Record{
		At: v.now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "mfa.recovery_codes", Object: p.Actor(), ObjectName: p.DisplayName, Result: audit.OK,
	}, func(tx *store.Tx) error {
		have, err := tx.Factors(p.ID)
		if err == nil && len(have) == 0 {
			err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "add a second factor first")
		}
		if err != nil {
			return err
		}
		return tx.SetRecoveryCodes(p.ID, hashes)
	})
	return codes, err
}

// newRecoveryCodes makes codes of 80 bits, beyond guessing, so that a plain hash
// keeps them.
func newRecoveryCodes() (codes []Secret, hashes []string) {
	for range recoveryCodes {
		b := make([]byte, 10)
		_, _ = rand.Read(b) // never fails
		s := strings.ToLower(base32.StdEncoding.EncodeToString(b))
		codes = append(codes, Secret(s[:4]+"-"+s[4:8]+"-"+s[8:12]+"-"+s[12:]))
		hashes = append(hashes, HashSecret(Secret(s)))
	}
	return codes, hashes
}

// plainCode is a recovery code as it is hashed, however it was typed.
func plainCode(code Secret) Secret {
	return Secret(strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code.Reveal())))
}

// factorName is the name of a new factor.
func factorName(s, otherwise string) string {
	if s = text.Name(s); s == "" {
		return otherwise
	}
	return text.Line(s, maxFactorName)
}

const maxFactorName = 64
