package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"image/png"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Errors of SignButtons and VerifyButtons: refuse, never retry.
var (
	ErrButtonContent = errors.New("set of buttons has no sense") // a field is missing, too long or unfit
	ErrButtonDevice  = errors.New("set of buttons is for another device")
)

// SignButtons serialises s and signs it with the broker's grant key.
func SignButtons(key ed25519.PrivateKey, s *wirepb.ButtonSet) (buttons, sig []byte, err error) {
	if err := checkButtons(s); err != nil {
		return nil, nil, err
	}
	return sign(key, buttonDomain, s)
}

// VerifyButtons checks that a set was signed by key for this device. That it is newer
// than the last one is for the caller, who knows that.
func VerifyButtons(key ed25519.PublicKey, device [sha256.Size]byte, buttons, sig []byte) (*wirepb.ButtonSet, error) {
	s := new(wirepb.ButtonSet)
	if err := verify(key, buttonDomain, buttons, sig, s); err != nil {
		return nil, fmt.Errorf("buttons: %w", err)
	}
	if err := checkButtons(s); err != nil {
		return nil, err
	}
	if [sha256.Size]byte(s.DeviceSpki) != device {
		return nil, ErrButtonDevice
	}
	return s, nil
}

func checkButtons(s *wirepb.ButtonSet) error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", ErrButtonContent, what) }
	switch {
	case len(s.DeviceSpki) != sha256.Size:
		return bad("device")
	case s.Version == 0:
		return bad("version")
	case len(s.Buttons) > MaxButtons:
		return bad("number of buttons")
	}
	seen := map[string]bool{}
	for _, b := range s.Buttons {
		if what := badButton(b); what != "" {
			return bad(what)
		}
		if seen[string(b.Id)] {
			return bad("the same button twice")
		}
		seen[string(b.Id)] = true
	}
	return nil
}

// badButton names what is wrong with a button; empty: nothing.
func badButton(b *wirepb.Button) string {
	switch {
	case len(b.Id) != SessionIDSize:
		return "id"
	case !GoodButtonTitle(b.Title):
		return "title"
	case !GoodButtonGreeting(b.Greeting):
		return "greeting"
	case len(b.User) > MaxName || !utf8.ValidString(b.User):
		return "user"
	case b.ExpiresUnixMs <= 0:
		return "expiry"
	case GoodButtonIcon(b.Icon) != nil:
		return "icon"
	default:
		return ""
	}
}

// GoodButtonTitle reports whether s may stand on a button: a line that prints.
func GoodButtonTitle(s string) bool {
	return s != "" && len(s) <= MaxButtonTitle && strings.TrimSpace(s) == s && prints(s, false)
}

// GoodButtonGreeting reports whether a button may greet with s: lines that print.
func GoodButtonGreeting(s string) bool { return len(s) <= MaxButtonGreeting && prints(s, true) }

func prints(s string, lines bool) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && (r != '\n' || !lines) })
}

// GoodButtonIcon returns what is wrong with an icon; nil: nothing. It looks at the
// size and the kind, and not at the pixels.
func GoodButtonIcon(b []byte) error {
	if len(b) > MaxButtonIcon {
		return fmt.Errorf("%w: icon of %d bytes", ErrButtonContent, len(b))
	}
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("%w: icon: %w", ErrButtonContent, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > MaxButtonSide || c.Height > MaxButtonSide {
		return fmt.Errorf("%w: icon of %d×%d pixels", ErrButtonContent, c.Width, c.Height)
	}
	return nil
}
