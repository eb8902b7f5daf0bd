package sendinput

import (
	"image"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/wire"
)

// Layout is the keyboard layout of the program in front.
type Layout interface {
	// Find returns the key of a character and whether it needs Shift. ok is false
	// if there is none, or one that needs more.
	Find(r rune) (scan uint16, shift, ok bool)
	// Dead reports whether a key waits for the next to make one character.
	Dead(scan uint16) bool
	// CapsLock reports whether that is on.
	CapsLock() bool
}

// Desktop is where events go. Origin is the viewer's (0, 0).
type Desktop struct {
	Bounds image.Rectangle // the virtual desktop
	Origin image.Point
	Layout Layout
}

// Translator remembers what is down. Its zero value is ready; one goroutine.
//
// Windows does not repeat injected keys, so a key down again is one repeat.
type Translator struct {
	held    map[uint16]uint16 // usage to scan code
	buttons [wire.ButtonForward + 1]bool
	dead    uint16 // scan code of a dead key that waits, 0: none

	// altGr is the right Alt key at the viewer. It is pressed here only when a
	// command or a key without text needs it: for the sake of a character it
	// would be Alt, which opens menus.
	altGr bool
}

// buttonFlags are the flags of a button going down; going up is the next bit.
// The data of the last two tells them apart.
var buttonFlags = [...]struct{ flags, data uint32 }{
	wire.ButtonLeft:    {0x2, 0},
	wire.ButtonMiddle:  {0x20, 0},
	wire.ButtonRight:   {0x8, 0},
	wire.ButtonBack:    {mouseXDown, 1},
	wire.ButtonForward: {mouseXDown, 2},
}

// Append appends the records of an event.
func (t *Translator) Append(dst []Record, e *wire.Input, d *Desktop) []Record {
	switch e.Kind {
	case wire.InputMotion:
		return t.move(dst, e, d)
	case wire.InputButton:
		if int(e.Button) >= len(t.buttons) {
			return dst
		}
		dst = t.move(dst, e, d)
		if t.buttons[e.Button] != e.Down {
			dst = t.button(dst, e.Button, e.Down)
		}
		return dst
	case wire.InputWheel:
		dst = t.move(dst, e, d)
		if e.DY != 0 { // positive is away from the user
			dst = append(dst, mouse(mouseWheel, uint32(-int32(e.DY))))
		}
		if e.DX != 0 {
			dst = append(dst, mouse(mouseHWheel, uint32(int32(e.DX))))
		}
		return dst
	case wire.InputKey:
		return t.key(dst, e, d.Layout)
	case wire.InputText:
		t.dead = 0
		return t.text(dst, e.Text)
	case wire.InputReleaseAll:
		return t.ReleaseAll(dst)
	}
	return dst
}

func (t *Translator) move(dst []Record, e *wire.Input, d *Desktop) []Record {
	return append(dst, move(image.Pt(int(e.X), int(e.Y)).Add(d.Origin), d.Bounds))
}

func (t *Translator) button(dst []Record, b uint8, down bool) []Record {
	t.buttons[b] = down
	f := buttonFlags[b]
	if !down {
		f.flags <<= 1
	}
	return append(dst, mouse(f.flags, f.data))
}

func (t *Translator) key(dst []Record, e *wire.Input, l Layout) []Record {
	if e.Code == keys.AltRight {
		t.altGr = e.Down
		if e.Down {
			return dst
		}
	}
	if !e.Down {
		if scan, down := t.held[e.Code]; down {
			delete(t.held, e.Code)
			dst = append(dst, key(scan, false))
		}
		return dst
	}
	scan, ok := keys.Scan(e.Code)
	r, n := utf8.DecodeRuneInString(e.Text)
	single := n > 0 && n == len(e.Text)
	switch {
	case keys.IsModifier(e.Code):
		return t.hold(dst, e.Code, scan, ok)
	case n == 0, single && unicode.IsControl(r):
		return t.plain(dst, e.Code, scan, ok, l)
	case t.shortcut(r):
		t.dead = 0
		dst = t.putAlt(dst)
		if at, shift, found := l.Find(unicode.ToLower(r)); found && !shift && r <= unicode.MaxASCII {
			return t.hold(dst, e.Code, at, true)
		}
		return t.hold(dst, e.Code, scan, ok)
	}
	if single && ok && t.gives(scan, r, l) {
		return t.hold(t.putDead(dst), e.Code, scan, true)
	}
	t.dead = 0
	return t.text(dst, e.Text)
}

// plain presses a key for what Windows makes of it. A dead key waits: whether it
// is wanted is known by the next key's text.
func (t *Translator) plain(dst []Record, usage, scan uint16, ok bool, l Layout) []Record {
	if ok && l.Dead(scan) && !t.command() && !t.altGr {
		t.dead = scan
		return dst
	}
	return t.hold(t.putAlt(t.putDead(dst)), usage, scan, ok)
}

// putAlt presses the right Alt key that waited.
func (t *Translator) putAlt(dst []Record) []Record {
	if !t.altGr || t.down(keys.AltRight) {
		return dst
	}
	scan, ok := keys.Scan(keys.AltRight)
	return t.hold(dst, keys.AltRight, scan, ok)
}

func (t *Translator) putDead(dst []Record) []Record {
	if t.dead != 0 {
		dst = append(dst, key(t.dead, true), key(t.dead, false))
		t.dead = 0
	}
	return dst
}

// gives reports whether a key makes a character as things stand.
func (t *Translator) gives(scan uint16, r rune, l Layout) bool {
	at, shift, ok := l.Find(r)
	return ok && at == scan && shift == (t.down(keys.ShiftLeft) || t.down(keys.ShiftRight)) &&
		!t.command() && !t.altGr && (!l.CapsLock() || !unicode.IsLetter(r))
}

func (t *Translator) down(usage uint16) bool { _, down := t.held[usage]; return down }

// command reports whether modifiers of commands are held.
func (t *Translator) command() bool {
	return t.down(keys.ControlLeft) || t.down(keys.ControlRight) || t.down(keys.AltLeft) ||
		t.down(keys.MetaLeft) || t.down(keys.MetaRight)
}

// shortcut reports whether a press that makes r is a command. With the right Alt
// key only letters and digits are.
func (t *Translator) shortcut(r rune) bool {
	if t.altGr {
		return r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
	}
	return t.command()
}

func (t *Translator) hold(dst []Record, usage, scan uint16, ok bool) []Record {
	if !ok {
		return dst
	}
	if t.held == nil {
		t.held = make(map[uint16]uint16)
	}
	if before, again := t.held[usage]; again && before != scan {
		dst = append(dst, key(before, false))
	}
	t.held[usage] = scan
	return append(dst, key(scan, true))
}

// text types characters with the modifiers of commands lifted meanwhile. Line
// ends and tabs are keys.
func (t *Translator) text(dst []Record, s string) []Record {
	var lifted []uint16
	for _, usage := range []uint16{
		keys.ControlLeft, keys.ControlRight, keys.AltLeft, keys.AltRight, keys.MetaLeft, keys.MetaRight,
	} {
		if scan, down := t.held[usage]; down {
			lifted = append(lifted, scan)
			dst = append(dst, key(scan, false))
		}
	}
	for i, r := range s {
		switch {
		case r == '\n' && i > 0 && s[i-1] == '\r':
		case r == '\n', r == '\r':
			dst = tap(dst, keys.Enter)
		case r == '\t':
			dst = tap(dst, keys.Tab)
		case unicode.IsControl(r):
		default:
			for _, u := range utf16.AppendRune(nil, r) {
				dst = append(dst, unit(u, true), unit(u, false))
			}
		}
	}
	for _, scan := range lifted {
		dst = append(dst, key(scan, true))
	}
	return dst
}

func tap(dst []Record, usage uint16) []Record {
	scan, _ := keys.Scan(usage)
	return append(dst, key(scan, true), key(scan, false))
}

// ReleaseAll appends the release of all that is down, modifiers last.
func (t *Translator) ReleaseAll(dst []Record) []Record {
	for pass := range 2 {
		for usage, scan := range t.held {
			if keys.IsModifier(usage) == (pass == 1) {
				delete(t.held, usage)
				dst = append(dst, key(scan, false))
			}
		}
	}
	for b, down := range t.buttons {
		if down {
			dst = t.button(dst, uint8(b), false)
		}
	}
	t.dead, t.altGr = 0, false
	return dst
}
