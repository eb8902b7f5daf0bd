package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Time-based codes as every authenticator app makes them: RFC 6238, six digits,
// SHA-1.
const (
	totpPeriod = 30 // seconds
	totpSecret = 20 // bytes, as RFC 4226 recommends
	totpSkew   = 1  // steps that a clock may be off
	qrSize     = 240
)

// NewTOTP is a secret that has to be shown to an authenticator app.
type NewTOTP struct {
	ID     string
	Secret Secret // base32
	URI    Secret
	QR     []byte // PNG
}

// pendingTOTP is what is kept between Begin and Finish, the secret sealed as it will
// be in the factor.
type pendingTOTP struct{ Name, Secret string }

// BeginTOTP makes the secret of a new authenticator app.
func (v *Service) BeginTOTP(ctx context.Context, p Principal, name string) (NewTOTP, error) {
	if err := v.mayAdd(ctx, p); err != nil {
		return NewTOTP{}, err
	}
	_, org, err := v.SetupDone(ctx)
	if err != nil {
		return NewTOTP{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: org, AccountName: p.Name, Period: totpPeriod, SecretSize: totpSecret})
	if err != nil {
		return NewTOTP{}, fmt.Errorf("authenticator secret: %w", err)
	}
	img, err := key.Image(qrSize, qrSize)
	if err != nil {
		return NewTOTP{}, fmt.Errorf("QR code: %w", err)
	}
	var qr bytes.Buffer
	if err := png.Encode(&qr, img); err != nil {
		return NewTOTP{}, fmt.Errorf("QR code: %w", err)
	}
	n := NewTOTP{ID: NewID(), Secret: Secret(key.Secret()), URI: Secret(key.URL()), QR: qr.Bytes()}
	return n, v.keep(ctx, n.ID, p.SignIn, TOTP, pendingTOTP{factorName(name, "Authenticator app"), v.seal.Seal(p.ID, key.Secret())})
}

// keep stores what a browser has to come back with.
func (v *Service) keep(ctx context.Context, id, owner, kind string, content any) error {
	b, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("challenge: %w", err)
	}
	now := v.now()
	return v.store.AddChallenge(ctx, store.Challenge{ID: id, Owner: owner, Kind: kind, Content: string(b), ExpiresAt: now.Add(challengeLife)}, now)
}

// errOver is for a challenge that is not open: used, too old, or another's.
var errOver = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_STALE, "this was used already or took too long; begin again")

// FinishTOTP adds an authenticator app that shows the right code. A wrong one may
// be followed by another.
func (v *Service) FinishTOTP(ctx context.Context, p Principal, id, code, remote string) (Added, error) {
	if err := v.mayAdd(ctx, p); err != nil {
		return Added{}, err
	}
	c, err := v.store.Challenge(ctx, id, p.SignIn, TOTP, v.now())
	if errors.Is(err, store.ErrNotFound) {
		return Added{}, errOver
	}
	if err != nil {
		return Added{}, err
	}
	var pending pendingTOTP
	if err := json.Unmarshal([]byte(c.Content), &pending); err != nil {
		return Added{}, fmt.Errorf("challenge: %w", err)
	}
	secret, err := v.unseal(p.ID, pending.Secret)
	if err != nil {
		return Added{}, err
	}
	giveBack, err := v.mayGuess(ctx, p, remote)
	if err != nil {
		return Added{}, err
	}
	step, ok := matches(code, secret, v.now())
	if !ok {
		return Added{}, v.wrong(ctx, p, TOTP, remote, errInvalid)
	}
	giveBack()
	if _, err := v.store.SpendChallenge(ctx, id, p.SignIn, TOTP, v.now()); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			err = errOver
		}
		return Added{}, err
	}
	now := v.now()
	f := store.Factor{ID: NewID(), Account: p.ID, Kind: TOTP, Name: pending.Name, Secret: pending.Secret, CreatedAt: now, UsedAt: now}
	return v.addFactor(ctx, p, f, func(tx *store.Tx) error { return spend(tx, p.ID, step) })
}

// spend uses up a step: neither it nor an older one counts again.
func spend(tx *store.Tx, account string, step int64) error {
	err := tx.SpendStep(account, step)
	if errors.Is(err, store.ErrNotFound) {
		return errUsed
	}
	return err
}

// Refusals of proofs.
var (
	errInvalid = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_INVALID, "this is not right")
	errUsed    = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_STALE, "this code was used already; wait for the next one")
)

// matches finds the step whose code this is.
func matches(code, secret string, now time.Time) (step int64, ok bool) {
	at := now.Unix() / totpPeriod
	for _, step := range []int64{at, at - totpSkew, at + totpSkew} {
		good, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if good && err == nil {
			return step, true
		}
	}
	return 0, false
}
