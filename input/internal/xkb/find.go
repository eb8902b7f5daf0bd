package xkb

import (
	"cmp"
	"math/bits"
	"slices"
	"unicode"

	"github.com/alongside-remote/alongside/input/internal/keysym"
)

// Place is where on a keyboard something is found.
type Place struct {
	Keycode uint8
	Level   uint8
}

// Index finds the places of one group of a map.
type Index struct {
	bySym  map[uint32][]Place
	byRune map[rune][]Place
}

// Index lists what the keys produce in a group, but for the keys to skip.
func (m *Map) Index(group uint8, skip func(keycode uint8) bool) *Index {
	x := &Index{bySym: make(map[uint32][]Place), byRune: make(map[rune][]Place)}
	for code := int(m.Min); code <= int(m.Max); code++ {
		k := &m.Keys[code]
		g, ok := k.Group(group)
		if !ok || skip(uint8(code)) {
			continue
		}
		for level := range k.Width {
			sym := k.At(g, level)
			if sym == 0 {
				continue
			}
			p := Place{Keycode: uint8(code), Level: level}
			x.bySym[sym] = append(x.bySym[sym], p)
			if r, ok := keysym.Rune(sym); ok {
				x.byRune[r] = append(x.byRune[r], p)
			}
		}
	}
	for _, all := range x.byRune {
		slices.SortStableFunc(all, func(a, b Place) int {
			return cmp.Compare(m.effort(a, group), m.effort(b, group))
		})
	}
	return x
}

// effort orders places of the same character: low levels first, the numeric
// keypad last, since programs and Num Lock treat it apart.
func (m *Map) effort(p Place, group uint8) int {
	k := &m.Keys[p.Keycode]
	g, _ := k.Group(group)
	e := int(p.Level)
	if keysym.IsKeypad(k.At(g, p.Level)) {
		e += 256
	}
	return e
}

// Rune returns the places of a character, the easiest first.
func (x *Index) Rune(r rune) []Place { return x.byRune[r] }

// Sym returns the places of a keysym.
func (x *Index) Sym(sym uint32) []Place { return x.bySym[sym] }

// Rune returns the character that a key produces as programs see it: where the
// key does not use Lock up, they make capitals themselves.
func (m *Map) Rune(keycode, mods, group uint8) (rune, bool) {
	sym, consumed := m.Sym(keycode, mods, group)
	r, ok := keysym.Rune(sym)
	if ok && mods&Lock != 0 && consumed&Lock == 0 {
		r = unicode.ToUpper(r)
	}
	return r, ok
}

// Reach says which modifiers to remove and to add so that a place's level is
// chosen: the fewest, out of those that can be removed and added.
func (m *Map) Reach(p Place, group, mods, removable, addable uint8) (remove, add uint8, ok bool) {
	k := &m.Keys[p.Keycode]
	g, ok := k.Group(group)
	if !ok {
		return 0, 0, false
	}
	t, ok := m.Type(k, g)
	if !ok {
		return 0, 0, false
	}
	best := -1
	try := func(want uint8) {
		if level, _ := t.Level(want); level != p.Level {
			return
		}
		out, in := mods&^want&t.Mask, want&^mods&t.Mask
		n := bits.OnesCount8(out) + bits.OnesCount8(in)
		if out&^removable == 0 && in&^addable == 0 && (best < 0 || n < best) {
			best, remove, add = n, out, in
		}
	}
	try(mods & t.Mask)
	try(0)
	for _, e := range t.Entries {
		try(e.Mods & t.Mask)
	}
	return remove, add, best >= 0
}

// Roles says which keys and modifiers mean what.
type Roles struct {
	// Shortcut are the modifiers under which a key is a command, not text.
	Shortcut uint8
	// Keys are the keys to press for the modifiers that choose levels, by bit.
	Keys [8]uint8
}

// Addable returns the modifiers for which there is a key.
func (r *Roles) Addable() (mask uint8) {
	for bit, code := range r.Keys {
		if code != 0 {
			mask |= 1 << bit
		}
	}
	return mask
}

// Keysyms of the modifiers of commands: Meta_L to Hyper_R.
const (
	metaL  = 0xFFE7
	hyperR = 0xFFEE
)

// Roles finds them.
func (m *Map) Roles() Roles {
	r := Roles{Shortcut: Control}
	for code := int(m.Min); code <= int(m.Max); code++ {
		mask := m.ModMap[code]
		if mask == 0 {
			continue
		}
		switch sym := m.Keys[code].At(0, 0); {
		case sym >= metaL && sym <= hyperR:
			r.Shortcut |= mask
		case sym == keysym.ShiftL, sym == keysym.ShiftR, sym == keysym.ModeSwitch,
			sym == keysym.ISOLevel3Shift, sym == keysym.ISOLevel5Shift:
			if bit := bits.TrailingZeros8(mask); r.Keys[bit] == 0 {
				r.Keys[bit] = uint8(code)
			}
		}
	}
	return r
}
