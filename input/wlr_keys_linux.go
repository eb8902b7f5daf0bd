package input

import (
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/wire"
)

const (
	keyboardKey       = 1
	keyboardModifiers = 2
)

// Modifiers of the map, as bits.
const (
	modShift   = 1 << 0
	modControl = 1 << 2
	modAlt     = 1 << 3
	modMeta    = 1 << 6
	modCommand = modControl | modAlt | modMeta
)

// wlrKeyboard is the virtual keyboard as it stands.
type wlrKeyboard struct {
	id       uint32
	held     map[uint16]byte // usage to keycode down at the compositor
	mods     uint32          // as the compositor was told
	altWaits bool            // the right Alt key is down at the viewer but not yet here
	spares   []wlrSpare
	uses     int       // of spares
	changed  time.Time // when spares were given characters
}

// key handles one key event. A repeat of a key that is held is nothing: programs
// repeat by themselves. A key whose character had to be typed as a whole is not
// held, and types once more.
func (w *wlr) key(e *wire.Input) error {
	k := &w.keyboard
	if !e.Down {
		w.keyUp(e.Code)
		return nil
	}
	if _, again := k.held[e.Code]; again {
		return nil
	}
	code, ok := keys.X(e.Code)
	switch text := keyText(e.Text); {
	case e.Code == keys.AltRight:
		k.altWaits = true // it may be AltGr at the viewer
	case keys.IsModifier(e.Code):
		if ok {
			w.hold(e.Code, code)
		}
	case text == "":
		w.plainKey(e.Code, code, ok)
	case k.isShortcut(text):
		w.shortcut(e.Code, code, ok, text)
	default:
		return w.textKey(e.Code, text)
	}
	return nil
}

func (w *wlr) keyUp(usage uint16) {
	k := &w.keyboard
	if usage == keys.AltRight {
		k.altWaits = false
	}
	if code, down := k.held[usage]; down {
		delete(k.held, usage)
		w.send(code, released)
		w.setMods(k.ours())
	}
}

// plainKey presses a key without a character, by its place. One of the keys that
// have one is a dead key at the viewer: what comes of it is told by the next key.
func (w *wlr) plainKey(usage uint16, code byte, ok bool) {
	if _, dead := charOf(usage, 0); !ok || dead && w.keyboard.mods&modCommand == 0 && !w.keyboard.altWaits {
		return
	}
	if nav, pad := padKeys[usage]; pad {
		code, _ = keys.X(nav)
	}
	w.putAlt()
	w.hold(usage, code)
}

// putAlt presses the right Alt key that waited.
func (w *wlr) putAlt() {
	if code, ok := keys.X(keys.AltRight); ok && w.keyboard.altWaits {
		w.keyboard.altWaits = false
		w.hold(keys.AltRight, code)
	}
}

// isShortcut reports whether a press with text is a command because of the
// modifiers held. With the right Alt key only letters and digits are commands: it
// makes characters on most layouts (on Windows together with Control).
func (k *wlrKeyboard) isShortcut(text string) bool {
	_, right := k.held[keys.AltRight]
	if right || k.altWaits {
		return isAlphanumeric(text)
	}
	return k.mods&modCommand != 0
}

// shortcut presses the key of a command: the one that has the character on the
// viewer's key, because people mean Ctrl+A by what is printed there; else the one
// at its place.
func (w *wlr) shortcut(usage uint16, code byte, ok bool, text string) {
	w.putAlt()
	r, n := utf8.DecodeRuneInString(text)
	if p, found := placeOf(unicode.ToLower(r)); n == len(text) && found && !p.shift {
		w.hold(usage, p.code)
		return
	}
	if p, found := placeOf(r); n == len(text) && found {
		w.hold(usage, p.code) // Shift is held with it, or not meant
		return
	}
	if ok {
		w.hold(usage, code)
	}
}

// textKey makes text appear for the press of a key: by a key that gives it as
// things stand, held for as long as the viewer's; else it is typed at once.
func (w *wlr) textKey(usage uint16, text string) error {
	r, n := utf8.DecodeRuneInString(text)
	if p, found := placeOf(r); n == len(text) && found && w.keyboard.mods == p.mods() {
		w.hold(usage, p.code)
		return nil
	}
	return w.text(text)
}

// hold presses a key until its usage is released.
func (w *wlr) hold(usage uint16, code byte) {
	w.letGo(code)
	w.keyboard.held[usage] = code
	w.send(code, pressed)
	w.setMods(w.keyboard.ours())
}

// letGo releases a key that another usage holds down.
func (w *wlr) letGo(code byte) {
	for usage, held := range w.keyboard.held {
		if held == code {
			delete(w.keyboard.held, usage)
			w.send(code, released)
		}
	}
}

// tap presses and releases a key under other modifiers than those held.
func (w *wlr) tap(code byte, mods uint32) {
	w.letGo(code)
	w.setMods(mods)
	w.send(code, pressed)
	w.send(code, released)
	w.setMods(w.keyboard.ours())
}

func (w *wlr) send(code byte, state uint32) {
	w.conn.Request(w.keyboard.id, keyboardKey).Uint(w.now()).Uint(uint32(code) - keys.EvdevToX).Uint(state).Send()
}

// ours returns the modifiers of the keys we hold.
func (k *wlrKeyboard) ours() (mods uint32) {
	for usage := range k.held {
		switch usage {
		case keys.ShiftLeft, keys.ShiftRight:
			mods |= modShift
		case keys.ControlLeft, keys.ControlRight:
			mods |= modControl
		case keys.AltLeft, keys.AltRight:
			mods |= modAlt
		case keys.MetaLeft, keys.MetaRight:
			mods |= modMeta
		}
	}
	return mods
}

func (w *wlr) setMods(mods uint32) {
	if w.keyboard.mods != mods {
		w.keyboard.mods = mods
		w.tellMods()
	}
}

func (w *wlr) tellMods() {
	w.conn.Request(w.keyboard.id, keyboardModifiers).Uint(w.keyboard.mods).Uint(0).Uint(0).Uint(0).Send()
}

func (w *wlr) releaseKeys() {
	for pass := range 2 { // modifiers last, so that no key means another on its way up
		for usage, code := range w.keyboard.held {
			if keys.IsModifier(usage) == (pass == 1) {
				delete(w.keyboard.held, usage)
				w.send(code, released)
			}
		}
	}
	w.keyboard.altWaits = false
	w.setMods(0)
}
