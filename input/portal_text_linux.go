package input

import (
	"context"
	"fmt"
	"unicode"

	"github.com/alongside-remote/alongside/input/internal/keys"
)

// text types characters one after the other, whatever modifiers are held. One that is
// refused leaves the others as they are.
func (p *portalInjector) text(ctx context.Context, s string) error {
	if err := p.lift(ctx, keys.IsModifier); err != nil {
		return err
	}
	var worst error
	runes := []rune(s)
	for i, r := range runes {
		if p.closing() {
			return fmt.Errorf("%w: closed", ErrLost)
		}
		if r == '\n' && i > 0 && runes[i-1] == '\r' {
			continue // one line end
		}
		if worst = worse(worst, p.char(ctx, r)); lost(worst) {
			return worst
		}
	}
	return worst
}

// char types a character: Enter and Tab are keys, which all layouts have in one place.
func (p *portalInjector) char(ctx context.Context, r rune) error {
	switch {
	case r == '\r', r == '\n':
		return p.tap(ctx, keys.Enter)
	case r == '\t':
		return p.tap(ctx, keys.Tab)
	case unicode.IsControl(r):
		return nil
	default:
		return p.symbol(ctx, r)
	}
}

// tap presses and releases a key that nothing else holds down.
func (p *portalInjector) tap(ctx context.Context, usage uint16) error {
	code, _ := evdev(usage)
	if err := p.hold(ctx, usage, code); err != nil {
		return err
	}
	return p.drop(ctx, usage)
}

// lift lets go of modifiers that are held, until something else needs them.
func (p *portalInjector) lift(ctx context.Context, which func(usage uint16) bool) error {
	k := &p.keyboard
	for usage, code := range k.held {
		if !keys.IsModifier(usage) || !which(usage) {
			continue
		}
		k.lifted[usage] = code
		if err := p.drop(ctx, usage); err != nil {
			return err
		}
	}
	return nil
}

// unlift presses them again.
func (p *portalInjector) unlift(ctx context.Context) error {
	k := &p.keyboard
	for usage, code := range k.lifted {
		delete(k.lifted, usage)
		if err := p.hold(ctx, usage, code); err != nil {
			return err
		}
	}
	return nil
}

func (p *portalInjector) releaseKeys(ctx context.Context) error {
	k := &p.keyboard
	k.altWaits = false
	clear(k.lifted)
	var worst error
	for pass := range 2 { // modifiers last, so that no key means another on its way up
		for usage := range k.held {
			if keys.IsModifier(usage) != (pass == 1) {
				continue
			}
			if worst = worse(worst, p.drop(ctx, usage)); lost(worst) {
				return worst
			}
		}
	}
	return worst
}
