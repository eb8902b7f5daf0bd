// Package keysym knows which character an X keysym stands for.
package keysym

import "unicode"

// Keysyms that are no characters but are needed by name.
const (
	None           = 0
	BackSpace      = 0xFF08
	Tab            = 0xFF09
	Return         = 0xFF0D
	ModeSwitch     = 0xFF7E
	NumLock        = 0xFF7F
	ShiftL         = 0xFFE1
	ShiftR         = 0xFFE2
	HyperR         = 0xFFEE
	ISOLock        = 0xFE01
	ISOLevel3Shift = 0xFE03
	ISOLevel5Shift = 0xFE11
	ISOLevel5Lock  = 0xFE13
	DeadGrave      = 0xFE50

	deadLast      = 0xFE6F // then come keys of AccessX
	deadLetters   = 0xFE80
	deadLettersTo = 0xFE93
	unicodeOffset = 0x01000000
	keypadFirst   = 0xFF80
	keypadLast    = 0xFFBD
)

// run maps n keysyms from first on to the runes from r on.
type run struct {
	first uint32
	r     rune
	n     uint16
}

// Rune returns the character of a keysym. Return, Tab and their like are keys,
// not characters.
func Rune(sym uint32) (rune, bool) {
	switch {
	case sym >= 0x20 && sym <= 0x7E, sym >= 0xA0 && sym <= 0xFF:
		return rune(sym), true
	case sym >= unicodeOffset+0x20 && sym <= unicodeOffset+unicode.MaxRune:
		return rune(sym - unicodeOffset), true
	case IsKeypad(sym):
		return keypad(sym)
	}
	lo, hi := 0, len(legacy)
	for lo < hi {
		mid := (lo + hi) / 2
		if legacy[mid].first+uint32(legacy[mid].n) <= sym {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(legacy) && sym >= legacy[lo].first {
		return legacy[lo].r + rune(sym-legacy[lo].first), true
	}
	return 0, false
}

// Of returns the keysym by which every program knows a character.
func Of(r rune) uint32 {
	if r >= 0x20 && r <= 0x7E || r >= 0xA0 && r <= 0xFF {
		return uint32(r)
	}
	return unicodeOffset + uint32(r)
}

// IsDead reports whether a keysym waits for the next to make one character.
func IsDead(sym uint32) bool {
	return sym >= DeadGrave && sym <= deadLast || sym >= deadLetters && sym <= deadLettersTo
}

// IsKeypad reports whether a keysym is of the numeric keypad.
func IsKeypad(sym uint32) bool { return sym >= keypadFirst && sym <= keypadLast }

// IsState reports whether a key of this keysym changes what other keys produce:
// a modifier, a lock, a latch or a change of group.
func IsState(sym uint32) bool {
	return sym >= ShiftL && sym <= HyperR || sym >= ISOLock && sym <= ISOLevel5Lock ||
		sym == ModeSwitch || sym == NumLock
}

// keypad returns the character of a key of the numeric keypad: KP_Multiply is
// 0xFFAA, and from there on they follow ASCII as far as the digits.
func keypad(sym uint32) (rune, bool) {
	switch {
	case sym >= 0xFFAA && sym <= 0xFFB9:
		return rune(sym - 0xFF80), true
	case sym == keypadFirst:
		return ' ', true
	case sym == keypadLast:
		return '=', true
	}
	return 0, false
}

// Named returns the keysym that layouts have for a character: the older one, where
// there is one.
func Named(r rune) uint32 {
	if sym := Of(r); sym < unicodeOffset {
		return sym
	}
	for _, l := range legacy {
		if r >= l.r && r < l.r+rune(l.n) {
			return l.first + uint32(r-l.r)
		}
	}
	return Of(r)
}
