package input

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/input/internal/keysym"
	"github.com/alongside-remote/alongside/input/internal/xkb"
)

// textKey makes text appear for the press of a key: by the key itself where it
// gives the text, by another key that gives it as things stand, held for as long
// as the viewer's; else it is typed at once.
func (x *xtest) textKey(usage uint16, code byte, ok bool, text string) error {
	k := &x.keyboard
	r, n := utf8.DecodeRuneInString(text)
	if n == len(text) && k.ours()&k.roles.Shortcut == 0 {
		if ok && k.produces(code, r) {
			if err := x.putDead(); err != nil {
				return err
			}
			x.hold(usage, code)
			return nil
		}
		for _, p := range k.places(k.state.Group).Rune(r) {
			if k.produces(p.Keycode, r) {
				k.dead = nil // the viewer has composed
				x.hold(usage, p.Keycode)
				return nil
			}
		}
	}
	return x.text(text)
}

// text types characters one after the other, whatever modifiers are held.
func (x *xtest) text(s string) error {
	x.keyboard.dead = nil
	for i, r := range s {
		if x.closing() {
			return fmt.Errorf("%w: closed", ErrLost)
		}
		var err error
		switch {
		case r == '\n' && i > 0 && s[i-1] == '\r': // one line end
		case r == '\n', r == '\r':
			err = x.typeSym(keysym.Return)
		case r == '\t':
			err = x.typeSym(keysym.Tab)
		case unicode.IsControl(r):
		default:
			err = x.typeRune(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *xtest) typeRune(r rune) error {
	if err := x.known(); err != nil {
		return err
	}
	k := &x.keyboard
	for _, p := range k.places(k.state.Group).Rune(r) {
		remove, add, ok := k.reach(p.Keycode, p.Level)
		if !ok {
			continue
		}
		got, ok := k.layout.Rune(p.Keycode, k.state.Mods&^remove|add, k.state.Group)
		if ok && got == r {
			x.tap(p.Keycode, remove, add)
			return nil
		}
	}
	return x.typeSpare(keysym.Of(r))
}

func (x *xtest) typeSym(sym uint32) error {
	if err := x.known(); err != nil {
		return err
	}
	k := &x.keyboard
	for _, p := range k.places(k.state.Group).Sym(sym) {
		if remove, add, ok := k.reach(p.Keycode, p.Level); ok {
			x.tap(p.Keycode, remove, add)
			return nil
		}
	}
	return x.typeSpare(sym)
}

func (x *xtest) typeSpare(sym uint32) error {
	code, err := x.spare(sym)
	if err != nil {
		return err
	}
	// Its two levels are equal: Shift, Lock and AltGr may stay as they are.
	x.tap(code, x.keyboard.ours()&x.keyboard.roles.Shortcut, 0)
	return nil
}

// known makes sure that we know what state the keyboard is in.
func (x *xtest) known() error {
	if x.keyboard.fresh && x.unanswered < unansweredLimit {
		return nil
	}
	return x.sync()
}

// reach says which modifiers to change for a level. Those of commands come off;
// of the others, what we hold can be lifted, but no lock and nothing that
// somebody else holds.
func (k *keyboard) reach(code, level byte) (remove, add uint8, ok bool) {
	ours := k.ours()
	command := ours & k.roles.Shortcut
	removable := ours &^ (k.state.Locked | k.state.Latched)
	remove, add, ok = k.layout.Reach(xkb.Place{Keycode: code, Level: level}, k.state.Group, k.state.Mods, removable, k.roles.Addable())
	return remove | command, add, ok
}

// tap presses and releases a key with modifiers lifted and added meanwhile.
func (x *xtest) tap(code byte, remove, add uint8) {
	k := &x.keyboard
	x.letGo(code)
	var lifted []byte
	for _, held := range k.held {
		if k.layout.ModMap[held]&remove != 0 {
			lifted = append(lifted, held)
			x.fake(xproto.KeyRelease, held, 0, 0)
		}
	}
	for bit, key := range k.roles.Keys {
		if add&(1<<bit) != 0 {
			x.fake(xproto.KeyPress, key, 0, 0)
		}
	}
	x.fake(xproto.KeyPress, code, 0, 0)
	x.fake(xproto.KeyRelease, code, 0, 0)
	for bit, key := range k.roles.Keys {
		if add&(1<<bit) != 0 {
			x.fake(xproto.KeyRelease, key, 0, 0)
		}
	}
	for _, held := range lifted {
		x.fake(xproto.KeyPress, held, 0, 0)
	}
	if k.state.Latched != 0 {
		k.fresh = false
	}
}
