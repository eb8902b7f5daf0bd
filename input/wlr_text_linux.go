package input

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/internal/wayland"
)

const (
	keyboardMap  = 0
	mapFormatXKB = 1
)

// place is a key of the map, and whether Shift is needed with it.
type place struct {
	code  byte
	shift bool
}

func (p place) mods() uint32 {
	if p.shift {
		return modShift
	}
	return 0
}

// The characters of the map, from the usages of Space and the keys around letters.
const (
	usageA    = 0x04
	usageOne  = 0x1E
	usageTab  = 0x2B
	shifted   = 1
	rowPlain  = "1234567890"
	rowShift  = "!@#$%^&*()"
	signPlain = " -=[]\\\\;'`,./" // usages 0x2C to 0x38; 0x32 is a second backslash
	signShift = " _+{}||:\"~<>?"
	usageSign = 0x2C
)

// padKeys are what the keys of the number pad are without their numbers.
var padKeys = map[uint16]uint16{
	0x59: 0x4D, 0x5A: 0x51, 0x5B: 0x4E, 0x5C: 0x50, 0x5E: 0x4F, 0x5F: 0x4A, 0x60: 0x52, 0x61: 0x4B, 0x62: 0x49, 0x63: 0x4C,
}

// charOf is the character of a key on a level: plain or shifted.
func charOf(usage uint16, level int) (rune, bool) {
	at := func(plain, shift string, i int) (rune, bool) {
		if i < 0 || i >= len(plain) {
			return 0, false
		}
		return rune([]string{plain, shift}[level][i]), true
	}
	switch i := int(usage); {
	case i < usageOne:
		return at("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", i-usageA)
	case i < usageOne+len(rowPlain):
		return at(rowPlain, rowShift, i-usageOne)
	default:
		return at(signPlain, signShift, i-usageSign)
	}
}

// placeOf finds the key of a character, which the map has for all of ASCII.
func placeOf(r rune) (place, bool) {
	switch r {
	case '\r', '\n':
		code, ok := keys.X(keys.Enter)
		return place{code: code}, ok
	case '\t':
		code, ok := keys.X(usageTab)
		return place{code: code}, ok
	}
	for usage := uint16(usageA); usage < usageSign+uint16(len(signPlain)); usage++ {
		for level := range 2 {
			if c, ok := charOf(usage, level); ok && c == r {
				code, ok := keys.X(usage)
				return place{code, level == shifted}, ok
			}
		}
	}
	return place{}, false
}

// wlrSpare is a keycode that no key has, which carries a character that the map
// lacks. A change of the map comes to programs in order with the keys around it;
// those of XWayland look it up later, so a spare keeps its character for as long as
// there are others.
type wlrSpare struct {
	code byte
	r    rune // 0: none
	used int  // counts uses
}

// spareCodes lists what no key of ours has, and no modifier of the map.
func spareCodes() (all []wlrSpare) {
	taken := map[byte]bool{92: true, 203: true, 204: true, 205: true, 206: true, 207: true}
	for _, k := range keys.All() {
		if code, ok := keys.X(k.HID); ok {
			taken[code] = true
		}
	}
	for code := 255; code > keys.EvdevToX; code-- {
		if !taken[byte(code)] {
			all = append(all, wlrSpare{code: byte(code)})
		}
	}
	return all
}

// sendMap gives the keyboard its map: keys as on a US board, and the spares.
func (w *wlr) sendMap() error {
	var codes, symbols strings.Builder
	for _, s := range w.keyboard.spares {
		if s.r != 0 {
			fmt.Fprintf(&codes, "<S%03d> = %d;\n", s.code, s.code)
			fmt.Fprintf(&symbols, "key <S%03d> { [ U%04X ] };\n", s.code, s.r)
		}
	}
	text := "xkb_keymap {\n" +
		"xkb_keycodes { include \"evdev+aliases(qwerty)\"\n" + codes.String() + "};\n" +
		"xkb_types { include \"complete\" };\nxkb_compatibility { include \"complete\" };\n" +
		"xkb_symbols { include \"pc+us+inet(evdev)\"\n" + symbols.String() + "};\n};\n\x00"
	m, err := wayland.NewMemory(len(text))
	if err != nil {
		return err
	}
	defer m.Free()
	copy(m.Bytes, text)
	w.conn.Request(w.keyboard.id, keyboardMap).Uint(mapFormatXKB).FD(m.FD()).Uint(uint32(len(text))).Send()
	w.tellMods()
	return w.conn.Flush()
}

// text types characters one after the other, whatever modifiers are held.
func (w *wlr) text(s string) error {
	runes := []rune(s)
	for i, r := range runes {
		if w.closing() {
			return fmt.Errorf("%w: closed", ErrLost)
		}
		p, ok := placeOf(r)
		switch {
		case r == '\n' && i > 0 && runes[i-1] == '\r': // one line end
		case ok:
			w.tap(p.code, p.mods())
		case unicode.IsControl(r):
		default:
			code, err := w.spare(r, runes[i:])
			if err != nil {
				return err
			}
			w.tap(code, 0)
		}
	}
	return nil
}

// spare returns a key that carries a character. When the map has to change for it,
// what comes behind it is put in too, as far as there are spares.
func (w *wlr) spare(r rune, rest []rune) (byte, error) {
	k := &w.keyboard
	use := func(s *wlrSpare) byte {
		k.uses++
		s.used = k.uses
		return s.code
	}
	if s := k.carrier(r); s != nil {
		return use(s), nil
	}
	kept := time.Until(k.changed.Add(settle))
	if kept > 0 && k.full() {
		if err := w.pause(kept); err != nil {
			return 0, err
		}
	}
	room := len(k.spares)
	for _, next := range rest {
		if _, ok := placeOf(next); ok || unicode.IsControl(next) {
			continue
		}
		s := k.carrier(next)
		if s == nil {
			s = k.oldest()
			s.r = next
		}
		use(s)
		if room--; room == 0 {
			break
		}
	}
	k.changed = time.Now()
	if err := w.sendMap(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrLost, err)
	}
	if s := k.carrier(r); s != nil {
		return use(s), nil
	}
	return 0, fmt.Errorf("%w: no keycode for a character", ErrBlocked)
}

func (k *wlrKeyboard) carrier(r rune) *wlrSpare {
	for i := range k.spares {
		if k.spares[i].r == r {
			return &k.spares[i]
		}
	}
	return nil
}

// oldest is the spare that was unused for longest; the first that never was.
func (k *wlrKeyboard) oldest() *wlrSpare {
	best := &k.spares[0]
	for i := range k.spares {
		if k.spares[i].used < best.used {
			best = &k.spares[i]
		}
	}
	return best
}

func (k *wlrKeyboard) full() bool { return k.oldest().r != 0 }

// pause gives programs of XWayland time to look the last characters up.
func (w *wlr) pause(d time.Duration) error {
	if err := w.conn.Flush(); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-w.done:
		return fmt.Errorf("%w: closed", ErrLost)
	}
}
