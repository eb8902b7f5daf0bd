package account

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// LockField is the field of a pinning that names passkeys.
const LockField = "lock_passkeys"

// LockOf makes a jump lock of passkeys of the principal, by the ids of their factors, for
// the name by which the browser sees the broker.
func (v *Service) LockOf(ctx context.Context, p Principal, ids []string) (*wirepb.JumpLock, error) {
	if err := own(p); err != nil {
		return nil, err
	}
	field := func(detail string) error { return &FieldError{LockField, detail} }
	if len(ids) > wire.MaxJumpKeys {
		return nil, field(fmt.Sprintf("choose up to %d passkeys", wire.MaxJumpKeys))
	}
	w, err := v.party(ctx)
	if err != nil {
		return nil, err
	}
	have, factors, err := v.passkeys(ctx, p.ID, w.Config.RPID)
	if err != nil {
		return nil, err
	}
	l := &wirepb.JumpLock{RpId: w.Config.RPID, Origin: Site(ctx)}
	for _, id := range ids {
		i := slices.IndexFunc(factors, func(f store.Factor) bool { return f.ID == id })
		if i < 0 {
			return nil, field("choose passkeys of your own, made at this address")
		}
		der, err := publicKey(have[i].PublicKey)
		if err != nil {
			return nil, field(factors[i].Name + " cannot lock a device: " + err.Error())
		}
		l.Keys = append(l.Keys, &wirepb.JumpKey{Id: have[i].ID, PublicKey: der})
	}
	if err := wire.CheckLock(l); err != nil {
		return nil, field(err.Error())
	}
	return l, nil
}

var errKeyKind = errors.New("devices do not know its kind of key")

// publicKey brings a passkey's key from COSE into the form that endpoints read, for which
// they need no more than their standard library.
func publicKey(cose []byte) ([]byte, error) {
	parsed, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return nil, errKeyKind
	}
	var key any
	switch k := parsed.(type) {
	case webauthncose.EC2PublicKeyData:
		key, err = p256(k)
	case webauthncose.OKPPublicKeyData:
		key = ed25519.PublicKey(k.XCoord)
		if k.Algorithm != int64(webauthncose.AlgEdDSA) || len(k.XCoord) != ed25519.PublicKeySize {
			err = errKeyKind
		}
	case webauthncose.RSAPublicKeyData:
		e := int(new(big.Int).SetBytes(k.Exponent).Int64())
		key = &rsa.PublicKey{N: new(big.Int).SetBytes(k.Modulus), E: e}
		if k.Algorithm != int64(webauthncose.AlgRS256) || len(k.Exponent) > 4 {
			err = errKeyKind
		}
	default:
		err = errKeyKind
	}
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKIXPublicKey(key)
}

func p256(k webauthncose.EC2PublicKeyData) (*ecdsa.PublicKey, error) {
	if k.Algorithm != int64(webauthncose.AlgES256) {
		return nil, errKeyKind
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, k.XCoord, k.YCoord))
	if err != nil {
		return nil, errKeyKind
	}
	return key, nil
}

// LockOptions are those of navigator.credentials.get for the proof that a lock asks for.
func LockOptions(l *wirepb.JumpLock, grant []byte, life time.Duration) ([]byte, error) {
	o := protocol.PublicKeyCredentialRequestOptions{
		Challenge: wire.LockChallenge(grant), RelyingPartyID: l.RpId, Timeout: int(life / time.Millisecond),
		UserVerification: protocol.VerificationRequired,
	}
	for _, k := range l.Keys {
		o.AllowedCredentials = append(o.AllowedCredentials, protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: k.Id})
	}
	b, err := json.Marshal(protocol.CredentialAssertion{Response: o})
	if err != nil {
		return nil, fmt.Errorf("jump lock: %w", err)
	}
	return b, nil
}

// LockProof reads the browser's answer to those.
func LockProof(assertion string) (*wirepb.JumpProof, error) {
	if len(assertion) > maxCredential {
		return nil, errInvalid
	}
	a, err := protocol.ParseCredentialRequestResponseBytes([]byte(assertion))
	if err != nil {
		return nil, errInvalid
	}
	r := a.Raw.AssertionResponse
	return &wirepb.JumpProof{Key: a.RawID, AuthenticatorData: r.AuthenticatorData, ClientData: r.ClientDataJSON, Signature: r.Signature}, nil
}
