//go:build linux

package bed

import (
	"context"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

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
