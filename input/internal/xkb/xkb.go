// Package xkb holds what the X keyboard extension says about a keyboard: which
// keysym each key produces under which modifiers. It builds the few requests
// needed and reads their replies; it has no connection of its own.
package xkb

import "errors"

// Name of the extension.
const Name = "XKEYBOARD"

// Real modifiers, as bits of a mask.
const (
	Shift = 1 << iota
	Lock
	Control
	Mod1
	Mod2
	Mod3
	Mod4
	Mod5
)

// Alphabetic is the index of the key type that every map has and that takes
// both Shift and Lock, so that neither changes a key with two equal levels.
const Alphabetic = 2

// groups is the most groups a key can have.
const groups = 4

// ErrMalformed is a reply that breaks the protocol.
var ErrMalformed = errors.New("malformed keyboard map")

// State is what modifiers and group stand at.
type State struct {
	Mods    uint8 // effective: base, latched and locked together
	Base    uint8 // of keys held down
	Latched uint8
	Locked  uint8
	Group   uint8 // effective
}

// Type says how modifiers choose the level of a key.
type Type struct {
	Mask    uint8 // the modifiers that matter
	Levels  uint8
	Entries []Entry
}

// Entry is one combination of modifiers that chooses a level. Any other chooses
// level 0.
type Entry struct {
	Mods     uint8
	Level    uint8
	Preserve uint8 // modifiers the program shall see all the same
}

// Key is what one key produces.
type Key struct {
	Types [groups]uint8
	Info  uint8 // number of groups and what to do beyond them
	Width uint8 // levels per group
	Syms  []uint32
}

// Map is a keyboard's mapping, indexed by keycode.
type Map struct {
	Min, Max uint8
	Types    []Type
	Keys     [256]Key
	ModMap   [256]uint8 // modifiers a key stands for
}

// Groups returns the number of groups of a key.
func (k *Key) Groups() uint8 { return min(k.Info&0x0F, groups) }

// Group returns the group of a key that is in effect under an effective group of
// the keyboard. ok is false when the key has no groups.
func (k *Key) Group(group uint8) (_ uint8, ok bool) {
	n := k.Groups()
	if n == 0 {
		return 0, false
	}
	if group < n {
		return group, true
	}
	switch k.Info & 0xC0 {
	case 0x40: // clamp
		return n - 1, true
	case 0x80: // redirect
		if to := k.Info >> 4 & 3; to < n {
			return to, true
		}
		return 0, true
	default: // wrap
		return group % n, true
	}
}

// Type returns the type of a key's group.
func (m *Map) Type(k *Key, group uint8) (*Type, bool) {
	if i := int(k.Types[group%groups]); i < len(m.Types) {
		return &m.Types[i], true
	}
	return nil, false
}

// At returns the keysym of a group and level of a key, 0 where there is none.
func (k *Key) At(group, level uint8) uint32 {
	if i := int(group)*int(k.Width) + int(level); level < k.Width && i < len(k.Syms) {
		return k.Syms[i]
	}
	return 0
}

// Level returns the level that modifiers choose and which of them were used up
// in choosing it.
func (t *Type) Level(mods uint8) (level, consumed uint8) {
	for _, e := range t.Entries {
		if e.Mods == mods&t.Mask {
			return e.Level, t.Mask &^ e.Preserve
		}
	}
	return 0, t.Mask
}

// Sym returns the keysym of a key in a state of the keyboard, 0 if there is
// none, and the modifiers used up in choosing it.
func (m *Map) Sym(keycode uint8, mods, group uint8) (sym uint32, consumed uint8) {
	k := &m.Keys[keycode]
	g, ok := k.Group(group)
	if !ok {
		return 0, 0
	}
	t, ok := m.Type(k, g)
	if !ok {
		return 0, 0
	}
	level, consumed := t.Level(mods)
	return k.At(g, level), consumed
}

// Empty reports whether a key produces nothing and stands for nothing.
func (m *Map) Empty(keycode uint8) bool {
	for _, s := range m.Keys[keycode].Syms {
		if s != 0 {
			return false
		}
	}
	return m.ModMap[keycode] == 0
}

// Holds reports whether a key is as SetKey leaves it, and with which keysym.
func (m *Map) Holds(keycode uint8) (sym uint32, ok bool) {
	k := &m.Keys[keycode]
	ok = k.Groups() == 1 && k.Width == 2 && k.Types[0] == Alphabetic && len(k.Syms) == 2 &&
		k.Syms[0] != 0 && k.Syms[0] == k.Syms[1] && m.ModMap[keycode] == 0
	if !ok {
		return 0, false
	}
	return k.Syms[0], true
}
