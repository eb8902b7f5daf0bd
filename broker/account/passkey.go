package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/alongside-remote/alongside/broker/store"
)

// Kinds of challenges for passkeys.
const (
	newPasskey   = "passkey.new"
	provePasskey = "passkey.prove"
	// maxCredential bounds what a browser may send for one.
	maxCredential = 32 << 10
)

// credential is what is kept of a passkey: it belongs to one name of the broker.
type credential struct {
	Site       string // the relying party's id: a host name
	Credential webauthn.Credential
}

// holder is an account as the library sees it.
type holder struct {
	p    Principal
	have []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.p.ID) }
func (h holder) WebAuthnName() string                       { return h.p.Name }
func (h holder) WebAuthnDisplayName() string                { return h.p.DisplayName }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.have }

// party is the broker under the name by which the browser sees it.
func (v *Service) party(ctx context.Context) (*webauthn.WebAuthn, error) {
	origin := Site(ctx)
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return nil, &FieldError{"passkey", "passkeys need a browser"}
	}
	_, org, err := v.SetupDone(ctx)
	if err != nil {
		return nil, err
	}
	w, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: org, RPOrigins: []string{origin}})
	if err != nil {
		return nil, &FieldError{"passkey", "open the console by a host name: passkeys do not work with an address"}
	}
	return w, nil
}

// passkeys are the credentials of an account for a site, each with its factor.
func (v *Service) passkeys(ctx context.Context, account, site string) ([]webauthn.Credential, []store.Factor, error) {
	all, err := v.store.Factors(ctx, account)
	if err != nil {
		return nil, nil, err
	}
	var found []webauthn.Credential
	var factors []store.Factor
	for _, f := range all {
		if f.Kind != Passkey {
			continue
		}
		var c credential
		if err := json.Unmarshal([]byte(f.Secret), &c); err != nil {
			return nil, nil, fmt.Errorf("passkey %s: %w", f.ID, err)
		}
		if c.Site == site {
			found, factors = append(found, c.Credential), append(factors, f)
		}
	}
	return found, factors, nil
}

// pendingPasskey is what is kept while the browser asks its authenticator.
type pendingPasskey struct {
	Name    string
	Session webauthn.SessionData
}

// BeginPasskey makes the options of navigator.credentials.create.
func (v *Service) BeginPasskey(ctx context.Context, p Principal, name string) (id string, options []byte, err error) {
	if err := v.mayAdd(ctx, p); err != nil {
		return "", nil, err
	}
	w, err := v.party(ctx)
	if err != nil {
		return "", nil, err
	}
	have, _, err := v.passkeys(ctx, p.ID, w.Config.RPID)
	if err != nil {
		return "", nil, err
	}
	creation, session, err := w.BeginRegistration(holder{p, have},
		webauthn.WithExclusions(webauthn.Credentials(have).CredentialDescriptors()),
		webauthn.WithConveyancePreference(protocol.PreferNoAttestation))
	if err != nil {
		return "", nil, fmt.Errorf("passkey: %w", err)
	}
	if options, err = json.Marshal(creation); err != nil {
		return "", nil, fmt.Errorf("passkey: %w", err)
	}
	id = NewID()
	return id, options, v.keep(ctx, id, p.SignIn, newPasskey, pendingPasskey{factorName(name, "Passkey"), *session})
}

// take takes a challenge of the principal's sign-in, which nobody can answer again.
func (v *Service) take(ctx context.Context, p Principal, id, kind string) (pending pendingPasskey, err error) {
	c, err := v.store.SpendChallenge(ctx, id, p.SignIn, kind, v.now())
	if errors.Is(err, store.ErrNotFound) {
		return pending, errOver
	}
	if err == nil {
		err = json.Unmarshal([]byte(c.Content), &pending)
	}
	return pending, err
}

// FinishPasskey adds a passkey that answered its challenge.
func (v *Service) FinishPasskey(ctx context.Context, p Principal, id, answer string) (Added, error) {
	if err := v.mayAdd(ctx, p); err != nil {
		return Added{}, err
	}
	w, err := v.party(ctx)
	if err != nil {
		return Added{}, err
	}
	pending, err := v.take(ctx, p, id, newPasskey)
	if err != nil {
		return Added{}, err
	}
	if len(answer) > maxCredential {
		return Added{}, errInvalid
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return Added{}, v.unusable(ctx, err)
	}
	c, err := w.CreateCredential(holder{p: p}, pending.Session, parsed)
	if err != nil {
		return Added{}, v.unusable(ctx, err)
	}
	b, err := json.Marshal(credential{w.Config.RPID, *c})
	if err != nil {
		return Added{}, fmt.Errorf("passkey: %w", err)
	}
	now := v.now()
	f := store.Factor{ID: NewID(), Account: p.ID, Kind: Passkey, Name: pending.Name, Secret: string(b), CreatedAt: now, UsedAt: now}
	return v.addFactor(ctx, p, f, func(*store.Tx) error { return nil })
}

// unusable tells the log why, and the browser that it is not right.
func (v *Service) unusable(ctx context.Context, err error) error {
	v.log.InfoContext(ctx, "passkey refused", "error", detail(err))
	return errInvalid
}

// detail is an error of the library in full.
func detail(err error) string {
	var e *protocol.Error
	if errors.As(err, &e) {
		return e.Type + ": " + e.Details + ": " + e.DevInfo
	}
	return err.Error()
}

// Challenge is what may be answered to prove a second factor.
type Challenge struct {
	ID      string
	Options []byte // of navigator.credentials.get; empty: no passkey for this name
	TOTP    bool   // a code will do as well
}

// Challenge asks for a second factor of the principal.
func (v *Service) Challenge(ctx context.Context, p Principal) (Challenge, error) {
	if err := mayProve(p); err != nil {
		return Challenge{}, err
	}
	all, err := v.store.Factors(ctx, p.ID)
	if err != nil {
		return Challenge{}, err
	}
	var c Challenge
	for _, f := range all {
		c.TOTP = c.TOTP || f.Kind == TOTP
	}
	w, err := v.party(ctx)
	if err != nil {
		return c, nil //nolint:nilerr // by a code, then
	}
	have, _, err := v.passkeys(ctx, p.ID, w.Config.RPID)
	if err != nil || len(have) == 0 {
		return c, err
	}
	assertion, session, err := w.BeginLogin(holder{p, have})
	if err != nil {
		return Challenge{}, fmt.Errorf("passkey: %w", err)
	}
	if c.Options, err = json.Marshal(assertion); err != nil {
		return Challenge{}, fmt.Errorf("passkey: %w", err)
	}
	c.ID = NewID()
	return c, v.keep(ctx, c.ID, p.SignIn, provePasskey, pendingPasskey{Session: *session})
}
