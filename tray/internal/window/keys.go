package window

import (
	"fmt"
	"unicode"

	"github.com/jezek/xgb/xproto"
	"golang.org/x/text/encoding/charmap"
)

// Keysyms that windows act on.
const (
	KeyBackspace = 0xff08
	KeyTab       = 0xff09
	KeyReturn    = 0xff0d
	KeyEscape    = 0xff1b
	KeyHome      = 0xff50
	KeyLeft      = 0xff51
	KeyRight     = 0xff53
	KeyPageUp    = 0xff55
	KeyPageDown  = 0xff56
	KeyEnd       = 0xff57
	KeyEnter     = 0xff8d
	KeyDelete    = 0xffff
	KeyBackTab   = 0xfe20
	KeySpace     = 0x20
)

// keyboard is the core map of the server: keysyms in columns of group and level.
type keyboard struct {
	first byte
	cols  int
	syms  []xproto.Keysym
}

func (d *Display) loadKeyboard() error {
	s := xproto.Setup(d.conn)
	m, err := xproto.GetKeyboardMapping(d.conn, s.MinKeycode, byte(int(s.MaxKeycode)-int(s.MinKeycode)+1)).Reply()
	if err != nil {
		return fmt.Errorf("read keyboard: %w", err)
	}
	d.keys = keyboard{byte(s.MinKeycode), int(m.KeysymsPerKeycode), m.Keysyms}
	return nil
}

// ReloadKeyboard reads the map again, after a MappingNotify.
func (d *Display) ReloadKeyboard() error { return d.loadKeyboard() }

// Key is what a press means: the keysym and, where it writes, the rune.
func (d *Display) Key(e xproto.KeyPressEvent) (sym uint32, r rune) {
	sym = d.keys.lookup(byte(e.Detail), e.State)
	if e.State&(xproto.ModMaskControl|xproto.ModMask1|xproto.ModMask4) != 0 {
		return sym, 0
	}
	return sym, runeOf(sym)
}

// GrabChord has a key with modifiers reported to the root's events, whoever has
// the focus, whatever locks are on and whatever else is held. It returns the key's code. The error says
// that the keyboard has no such key, or that another program has taken it.
func (d *Display) GrabChord(sym uint32, mods uint16) (code byte, err error) {
	for i, s := range d.keys.syms {
		if uint32(s) == sym && i%d.keys.cols == 0 {
			code = d.keys.first + byte(i/d.keys.cols)
			break
		}
	}
	if code == 0 {
		return 0, fmt.Errorf("no key for %#x", sym)
	}
	const all, locks = 0xff, uint16(xproto.ModMaskLock | xproto.ModMask2)
	var asked [all + 1]xproto.GrabKeyCookie
	others := all &^ mods
	for more := range asked {
		if more := uint16(more); more&^others == 0 {
			asked[more] = xproto.GrabKeyChecked(d.conn, false, d.screen.Root, mods|more, xproto.Keycode(code),
				xproto.GrabModeAsync, xproto.GrabModeAsync)
		}
	}
	for more, c := range asked {
		if more := uint16(more); more&^others == 0 {
			// Another program may have one of the odd ones.
			if err := c.Check(); err != nil && more&^locks == 0 {
				return 0, fmt.Errorf("grab key %d: %w", code, err)
			}
		}
	}
	return code, nil
}

// lookup follows the core protocol: columns 0 and 1 are the levels of the first
// group, 2 and 3 those of the second, and 4 to 7 levels three and four.
func (k keyboard) lookup(code byte, state uint16) uint32 {
	at := func(col int) uint32 {
		i := (int(code)-int(k.first))*k.cols + col
		if col >= k.cols || i < 0 || i >= len(k.syms) {
			return 0
		}
		return uint32(k.syms[i])
	}
	base := 0
	if group := int(state>>13) & 3; group == 1 && at(2) != 0 {
		base = 2
	}
	if state&xproto.ModMask5 != 0 && at(base+4) != 0 {
		base += 4
	}
	lower, upper := at(base), at(base+1)
	shift := state&xproto.ModMaskShift != 0
	// The keypad's digits are on its second level, under Num Lock.
	if state&xproto.ModMask2 != 0 && upper >= 0xff80 && upper <= 0xffbd {
		shift = !shift
	}
	if upper == 0 {
		upper = lower
		if r := runeOf(lower); shift && r != 0 {
			return symOf(unicode.ToUpper(r), lower)
		}
	}
	sym := lower
	if shift {
		sym = upper
	}
	if state&xproto.ModMaskLock != 0 && !shift {
		if r := runeOf(sym); unicode.IsLower(r) {
			return symOf(unicode.ToUpper(r), sym)
		}
	}
	return sym
}

func symOf(r rune, or uint32) uint32 {
	if r <= 0 {
		return or
	}
	if r < 0x100 {
		return uint32(r)
	}
	return 0x01000000 | uint32(r)
}

// runeOf is what a keysym writes; 0 for those that do not.
func runeOf(sym uint32) rune {
	switch {
	case sym >= 0x20 && sym <= 0x7e, sym >= 0xa0 && sym <= 0xff:
		return rune(sym)
	case sym >= 0x01000100 && sym <= 0x0110ffff:
		return rune(sym & 0x00ffffff)
	case sym >= 0xffaa && sym <= 0xffb9: // keypad
		return rune(sym - 0xff80)
	case sym == 0x20ac:
		return '€'
	}
	low := byte(sym)
	if low < 0xa0 {
		return 0
	}
	switch sym >> 8 {
	case 0x1:
		return charmap.ISO8859_2.DecodeByte(low)
	case 0x2:
		return charmap.ISO8859_3.DecodeByte(low)
	case 0x3:
		return charmap.ISO8859_4.DecodeByte(low)
	case 0x6:
		return charmap.KOI8U.DecodeByte(low)
	case 0x7:
		return greek(low)
	}
	return 0
}

// greek keysyms are ISO 8859-7 for plain letters, with the two sigmas swapped;
// the accented ones have an order of their own.
func greek(low byte) rune {
	const accented = "ΆΈΉΊΪ\x00Ό\x00ΎΫ\x00Ώ\x00\x00\x00\x00άέήίϊΐόύϋΰώ"
	switch {
	case low == 0xf2:
		return 'σ'
	case low == 0xf3:
		return 'ς'
	case low >= 0xa1 && int(low-0xa1) < len([]rune(accented)):
		return []rune(accented)[low-0xa1]
	case low >= 0xc1:
		return charmap.ISO8859_7.DecodeByte(low)
	}
	return 0
}
