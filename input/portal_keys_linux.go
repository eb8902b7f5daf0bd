package input

import (
	"context"
	"unicode"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/input/internal/keysym"
	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/wire"
)

// Locks change what keysyms give at the desktop, and the viewer's text has taken its own
// into account: they are not passed on.
const (
	usageCapsLock = 0x39
	usageNumLock  = 0x53
)

// portalKeyboard is what the backend holds down at the desktop. Nobody tells us what
// the desktop's layout is, nor what its locks are: a character goes by its keysym, for
// which the desktop finds the key and the modifiers, and a key without one by its place.
//
// A character is pressed and released at once: the modifiers that the desktop adds stay
// down with it, and would count for the next, pressed before it is up. A viewer's
// repeats type it again.
type portalKeyboard struct {
	held map[uint16]uint16 // usage to the code that is down at the desktop
	// lifted are modifiers that are down at the viewer and were let go for the sake of
	// characters. They are pressed again when something else needs them.
	lifted   map[uint16]uint16
	altWaits bool // the right Alt key is down at the viewer but not yet here
}

func newPortalKeyboard() portalKeyboard {
	return portalKeyboard{held: map[uint16]uint16{}, lifted: map[uint16]uint16{}}
}

func (p *portalInjector) key(ctx context.Context, e *wire.Input) error {
	k := &p.keyboard
	if !e.Down {
		return p.keyUp(ctx, e.Code)
	}
	if k.down(e.Code) {
		return nil
	}
	code, ok := evdev(e.Code)
	switch text := keyText(e.Text); {
	case e.Code == keys.AltRight:
		k.altWaits = true // it may be AltGr at the viewer
		return nil
	case !ok && text == "", e.Code == usageCapsLock, e.Code == usageNumLock:
		return nil
	case keys.IsModifier(e.Code):
		return p.hold(ctx, e.Code, code)
	case text == "":
		return p.plainKey(ctx, e.Code, code)
	case k.isShortcut(text):
		return p.shortcut(ctx, e.Code, code, ok, text)
	default:
		return p.text(ctx, text)
	}
}

// evdev is the Linux code of a usage.
func evdev(usage uint16) (uint16, bool) {
	k, ok := keys.ByHID(usage)
	return k.Evdev, ok && k.Evdev != 0
}

// down says whether a key is down here, or was let go for a moment only.
func (k *portalKeyboard) down(usage uint16) bool {
	_, held := k.held[usage]
	_, lifted := k.lifted[usage]
	return held || lifted
}

func (p *portalInjector) keyUp(ctx context.Context, usage uint16) error {
	k := &p.keyboard
	if usage == keys.AltRight {
		k.altWaits = false
	}
	delete(k.lifted, usage)
	if _, down := k.held[usage]; down {
		return p.drop(ctx, usage)
	}
	return nil
}

// plainKey presses a key without a character, by its place. One of the keys that have
// one is a dead key at the viewer: what comes of it is told by the next key.
func (p *portalInjector) plainKey(ctx context.Context, usage, code uint16) error {
	if _, dead := charOf(usage, 0); dead && !p.keyboard.commands() && !p.keyboard.altWaits {
		return nil
	}
	if nav, pad := padKeys[usage]; pad {
		code, _ = evdev(nav)
	}
	if err := p.unlift(ctx); err != nil {
		return err
	}
	if err := p.putAlt(ctx); err != nil {
		return err
	}
	return p.hold(ctx, usage, code)
}

// putAlt presses the right Alt key that waited.
func (p *portalInjector) putAlt(ctx context.Context) error {
	code, ok := evdev(keys.AltRight)
	if !ok || !p.keyboard.altWaits {
		return nil
	}
	p.keyboard.altWaits = false
	return p.hold(ctx, keys.AltRight, code)
}

// commands says whether Control, Alt or Meta is down.
func (k *portalKeyboard) commands() bool {
	for usage := uint16(keys.ControlLeft); usage <= keys.MetaRight; usage++ {
		if usage != keys.ShiftLeft && usage != keys.ShiftRight && k.down(usage) {
			return true
		}
	}
	return false
}

// isShortcut reports whether a press with text is a command because of the modifiers
// held. With the right Alt key only letters and digits are commands: it makes characters
// on most layouts (on Windows together with Control).
func (k *portalKeyboard) isShortcut(text string) bool {
	if k.altWaits || k.down(keys.AltRight) {
		return isAlphanumeric(text)
	}
	return k.commands()
}

// shortcut presses the key of a command: by its character, because people mean Ctrl+A by
// what is printed there; one that is not on every keyboard by its place. Shift counts
// with letters; other characters have what they need of it.
func (p *portalInjector) shortcut(ctx context.Context, usage, code uint16, ok bool, text string) error {
	r, n := utf8.DecodeRuneInString(text)
	printed := n == len(text) && r <= unicode.MaxASCII
	if !printed && !ok {
		return nil
	}
	if err := p.unlift(ctx); err != nil {
		return err
	}
	if err := p.putAlt(ctx); err != nil {
		return err
	}
	switch {
	case !printed:
		return p.hold(ctx, usage, code)
	case unicode.IsLetter(r):
		return p.symbol(ctx, unicode.ToLower(r))
	default:
		if err := p.lift(ctx, func(usage uint16) bool { return usage == keys.ShiftLeft || usage == keys.ShiftRight }); err != nil {
			return err
		}
		return p.symbol(ctx, r)
	}
}

// hold presses a key until its usage is released.
func (p *portalInjector) hold(ctx context.Context, usage, code uint16) error {
	for other, held := range p.keyboard.held {
		if held == code {
			if err := p.drop(ctx, other); err != nil {
				return err
			}
		}
	}
	if err := p.press(ctx, code, true); err != nil {
		return err
	}
	p.keyboard.held[usage] = code
	return nil
}

// drop releases what a usage holds down. A release that was refused is not tried again:
// the session's end releases all.
func (p *portalInjector) drop(ctx context.Context, usage uint16) error {
	code := p.keyboard.held[usage]
	delete(p.keyboard.held, usage)
	return p.press(ctx, code, false)
}

func (p *portalInjector) press(ctx context.Context, code uint16, down bool) error {
	return p.call(ctx, portal.Keyboard, func(ctx context.Context) error { return p.session.Key(ctx, code, down) })
}

// symbol types one character.
func (p *portalInjector) symbol(ctx context.Context, r rune) error {
	sym := keysym.Named(r)
	for _, down := range []bool{true, false} {
		if err := p.call(ctx, portal.Keyboard, func(ctx context.Context) error { return p.session.Symbol(ctx, sym, down) }); err != nil {
			return err
		}
	}
	return nil
}
