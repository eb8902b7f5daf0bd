//go:build linux

package bed

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// lockParty is the host of the console in whose name a Passkey answers.
const lockParty = "help.example"

// Passkey is a rep's, and the browser around it, for a test that plays the broker.
type Passkey struct {
	id    []byte
	key   *ecdsa.PrivateKey
	count uint32
}

// NewPasskey makes one.
func NewPasskey() (*Passkey, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p := &Passkey{id: make([]byte, 16), key: k}
	_, _ = rand.Read(p.id) // never fails
	return p, err
}

// Lock is the jump lock that this passkey opens.
func (p *Passkey) Lock() (*wirepb.JumpLock, error) {
	der, err := x509.MarshalPKIXPublicKey(p.key.Public())
	return &wirepb.JumpLock{RpId: lockParty, Origin: "https://" + lockParty, Keys: []*wirepb.JumpKey{{Id: p.id, PublicKey: der}}}, err
}

// Prove answers for a grant, as a key whose user is there and verified.
func (p *Passkey) Prove(grant []byte) (*wirepb.JumpProof, error) {
	const presentAndVerified = 0x05
	client, err := json.Marshal(map[string]any{
		"type": "webauthn.get", "challenge": base64.RawURLEncoding.EncodeToString(wire.LockChallenge(grant)), "origin": "https://" + lockParty,
	})
	if err != nil {
		return nil, err
	}
	p.count++
	party, hash := sha256.Sum256([]byte(lockParty)), sha256.Sum256(client)
	data := binary.BigEndian.AppendUint32(append(party[:], presentAndVerified), p.count)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, p.key, digest[:])
	return &wirepb.JumpProof{Key: p.id, AuthenticatorData: data, ClientData: client, Signature: sig}, err
}

// VirtualAuthenticator gives the browser a security key that is always there and
// always verifies its user.
func (b *Browser) VirtualAuthenticator() error {
	return b.do("virtual authenticator", func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return chromedp.Void{}, err
	})
}

// RequireMFA has the organisation demand a second factor of every rep.
func (b *Broker) RequireMFA(ctx context.Context) error {
	_, err := b.run(ctx, "", "account", "mfa", "mandatory", "--data", b.Data, "on")
	return err
}
