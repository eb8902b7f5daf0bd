package input

import (
	"unicode"
	"unicode/utf8"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/input/internal/keysym"
	"github.com/alongside-remote/alongside/input/internal/xkb"
	"github.com/alongside-remote/alongside/wire"
)

// deadLimit is the most dead keys in a row: no layout has more than two.
const deadLimit = 4

// keyboard is what the backend knows of the server's keyboard.
type keyboard struct {
	major  byte // opcode of XKB
	event  byte // number of its events
	state  xkb.State
	fresh  bool // state is as the server has it
	layout *xkb.Map
	roles  xkb.Roles
	index  [4]*xkb.Index // by group, made when needed

	held     map[uint16]byte // usage to keycode down at the server
	dead     []uint32        // dead keys pressed but not yet put in
	deadHeld uint16          // usage of the last, while it is down
	altWaits bool            // the right Alt key is down at the viewer but not yet here
	spares   []spare
}

// use takes a new map of the server.
func (k *keyboard) use(m *xkb.Map) {
	k.layout, k.roles, k.index = m, m.Roles(), [4]*xkb.Index{}
	k.findSpares()
}

func (k *keyboard) places(group uint8) *xkb.Index {
	g := group % uint8(len(k.index))
	if k.index[g] == nil {
		k.index[g] = k.layout.Index(g, k.isSpare)
	}
	return k.index[g]
}

// produces reports whether a key gives a character as things stand.
func (k *keyboard) produces(code byte, want rune) bool {
	r, ok := k.layout.Rune(code, k.state.Mods, k.state.Group)
	return ok && r == want
}

// ours returns the modifiers of the keys we hold.
func (k *keyboard) ours() (mask uint8) {
	for _, code := range k.held {
		mask |= k.layout.ModMap[code]
	}
	return mask
}

// key handles one key event.
//
// A repeat (down again while down) of a key that is held at the server is
// nothing: the server repeats by itself. A key whose character had to be typed
// as a whole is not held there, and types once more.
func (x *xtest) key(e *wire.Input) error {
	k := &x.keyboard
	if !e.Down {
		x.keyUp(e.Code)
		return nil
	}
	if _, again := k.held[e.Code]; again {
		return nil
	}
	code, ok := x.physical(e.Code)
	if ok && keys.IsModifier(e.Code) {
		if e.Code == keys.AltRight && k.isAlt(code) {
			k.altWaits = true
		} else {
			x.hold(e.Code, code)
		}
		return nil
	}
	if err := x.known(); err != nil {
		return err
	}
	text := keyText(e.Text)
	switch {
	case text == "":
		return x.plainKey(e.Code, code, ok)
	case k.isShortcut(text):
		return x.shortcut(e.Code, code, ok, text)
	default:
		return x.textKey(e.Code, code, ok, text)
	}
}

// keyText returns the text of a press. Enter, Tab and their like are keys, even
// for viewers that call them characters.
func keyText(s string) string {
	if r, n := utf8.DecodeRuneInString(s); n == len(s) && unicode.IsControl(r) {
		return ""
	}
	return s
}

func (x *xtest) keyUp(usage uint16) {
	k := &x.keyboard
	if k.deadHeld == usage {
		k.deadHeld = 0
	}
	if usage == keys.AltRight {
		k.altWaits = false
	}
	if code, down := k.held[usage]; down {
		delete(k.held, usage)
		x.fake(xproto.KeyRelease, code, 0, 0)
		x.spent(code)
	}
}

// isAlt reports whether a key is Alt, where the viewer's may mean AltGr. Such a
// key waits until a command needs it: pressed and lifted again for the sake of a
// character, it would open menus.
func (k *keyboard) isAlt(code byte) bool {
	return k.layout.ModMap[code]&k.roles.Shortcut != 0
}

// putAlt presses the right Alt key that waited.
func (x *xtest) putAlt() {
	if code, ok := x.physical(keys.AltRight); ok && x.keyboard.altWaits {
		x.keyboard.altWaits = false
		x.hold(keys.AltRight, code)
	}
}

// plainKey presses a key for what the server makes of it. Dead keys wait: whether
// they are still wanted is known by the next key's text.
func (x *xtest) plainKey(usage uint16, code byte, ok bool) error {
	k := &x.keyboard
	if !ok {
		return nil
	}
	sym, _ := k.layout.Sym(code, k.state.Mods, k.state.Group)
	switch {
	case keysym.IsState(sym) || k.layout.ModMap[code] != 0:
	case keysym.IsDead(sym) && k.ours()&k.roles.Shortcut == 0:
		if k.deadHeld != usage && len(k.dead) < deadLimit {
			k.dead = append(k.dead, sym)
		}
		k.deadHeld = usage
		return nil
	default:
		if err := x.putDead(); err != nil {
			return err
		}
	}
	x.putAlt()
	x.hold(usage, code)
	return nil
}

// putDead types the dead keys that waited: the viewer did not compose, so the
// program there shall.
func (x *xtest) putDead() error {
	dead := x.keyboard.dead
	x.keyboard.dead = nil
	for _, sym := range dead {
		if err := x.typeSym(sym); err != nil {
			return err
		}
	}
	return nil
}

// isShortcut reports whether a press with text is a command because of the
// modifiers held. The right Alt key makes characters on most layouts (on Windows
// together with Control): with it, only letters and digits are commands.
func (k *keyboard) isShortcut(text string) bool {
	is := func(usage uint16) bool { _, down := k.held[usage]; return down }
	altGr := is(keys.AltRight) || k.altWaits
	if altGr && !isAlphanumeric(text) {
		return false
	}
	return altGr || is(keys.ControlLeft) || is(keys.ControlRight) || is(keys.AltLeft) ||
		is(keys.MetaLeft) || is(keys.MetaRight)
}

func isAlphanumeric(text string) bool {
	if len(text) != 1 {
		return false
	}
	c := text[0]
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// shortcut presses the key of a command. The character on the viewer's key
// decides, not its position, because people mean Ctrl+A by what is printed there:
//
//  1. the physical key, if it gives the character as things stand;
//  2. a key that has it unshifted in the current group;
//  3. one that has it in another group, since toolkits look there for the letters
//     of commands (us,ru switched to ru);
//  4. for a letter that is nowhere (ru alone): a spare key that carries it;
//  5. the physical key.
func (x *xtest) shortcut(usage uint16, code byte, ok bool, text string) error {
	k := &x.keyboard
	k.dead = nil
	x.putAlt()
	r, n := utf8.DecodeRuneInString(text)
	if n != len(text) || r > unicode.MaxASCII || ok && k.produces(code, r) {
		return x.plainKey(usage, code, ok)
	}
	r = unicode.ToLower(r)
	for i := range k.index {
		group := (k.state.Group + uint8(i)) % uint8(len(k.index))
		if p, found := k.unshifted(group, code, r); found {
			x.hold(usage, p)
			return nil
		}
	}
	if !unicode.IsLetter(r) {
		return x.plainKey(usage, code, ok)
	}
	spare, err := x.spare(keysym.Of(r))
	if err != nil {
		return err
	}
	x.tap(spare, 0, 0)
	return nil
}

// unshifted finds a key with a character on its first level, preferably the one
// that was pressed.
func (k *keyboard) unshifted(group uint8, pressed byte, r rune) (byte, bool) {
	var found byte
	for _, p := range k.places(group).Rune(r) {
		if p.Level != 0 || keysym.IsKeypad(k.layout.Keys[p.Keycode].At(group, 0)) {
			continue
		}
		if p.Keycode == pressed {
			return pressed, true
		}
		if found == 0 {
			found = p.Keycode
		}
	}
	return found, found != 0
}

// hold presses a key until its usage is released.
func (x *xtest) hold(usage uint16, code byte) {
	k := &x.keyboard
	x.letGo(code)
	k.held[usage] = code
	x.fake(xproto.KeyPress, code, 0, 0)
	x.spent(code)
}

// letGo releases a key that another usage holds down.
func (x *xtest) letGo(code byte) {
	for usage, held := range x.keyboard.held {
		if held == code {
			delete(x.keyboard.held, usage)
			x.fake(xproto.KeyRelease, code, 0, 0)
		}
	}
}

// spent notes what a key that went down or up does to our knowledge.
func (x *xtest) spent(code byte) {
	k := &x.keyboard
	if k.layout.ModMap[code] != 0 || k.state.Latched != 0 {
		k.fresh = false
		return
	}
	key := &k.layout.Keys[code]
	for _, sym := range key.Syms {
		if keysym.IsState(sym) {
			k.fresh = false
			return
		}
	}
}

func (x *xtest) releaseKeys() {
	k := &x.keyboard
	for pass := range 2 { // modifiers last, so that no key means another on its way up
		for usage, code := range k.held {
			if (k.layout.ModMap[code] != 0) == (pass == 1) {
				delete(k.held, usage)
				x.fake(xproto.KeyRelease, code, 0, 0)
			}
		}
	}
	k.dead, k.deadHeld, k.altWaits, k.fresh = nil, 0, false, false
}
