package keysym

import (
	"testing"
	"unicode/utf8"
)

func TestRune(t *testing.T) {
	for sym, want := range map[uint32]rune{
		'a': 'a', 0xE9: 'é', 0x20AC: '€', 0x6C6: 'ф', 0x7E1: 'α', 0x1B1: 'ą', 0xFFB1: '1', 0xFFAB: '+',
		0x0101F600: '😀', 0x01000301: '\u0301', 0xAA9: '—', 0xCE0: 'א', 0x13BC: 'Œ',
	} {
		if r, ok := Rune(sym); !ok || r != want {
			t.Errorf("Rune(%#x) = %q, %v; want %q", sym, r, ok, want)
		}
	}
	for _, sym := range []uint32{0, 0x1F, 0x7F, 0x9F, Return, Tab, ShiftL, DeadGrave, ISOLevel3Shift, 0x01110000, 0xFFFFFFFF, 0x100} {
		if r, ok := Rune(sym); ok {
			t.Errorf("Rune(%#x) = %q", sym, r)
		}
	}
}

func TestOfIsTheInverse(t *testing.T) {
	for r := rune(0x20); r <= utf8.MaxRune; r++ {
		if r >= 0x7F && r < 0xA0 {
			continue
		}
		if got, ok := Rune(Of(r)); !ok || got != r {
			t.Fatalf("Rune(Of(%q)) = %q, %v", r, got, ok)
		}
	}
}

func TestNamed(t *testing.T) {
	for r, want := range map[rune]uint32{'a': 'a', 'é': 0xE9, 'ф': 0x6C6, 'Ф': 0x6E6, '€': 0x20AC, 'ß': 0xDF, 'ą': 0x1B1, '漢': 0x01006F22, '😀': 0x0101F600} {
		if got := Named(r); got != want {
			t.Errorf("Named(%q) = %#x, want %#x", r, got, want)
		}
	}
	for r := rune(0x20); r < 0x10000; r++ {
		if r >= 0x7F && r < 0xA0 {
			continue
		}
		if got, ok := Rune(Named(r)); !ok || got != r {
			t.Fatalf("Rune(Named(%q)) = %q, %v", r, got, ok)
		}
	}
}

func TestKinds(t *testing.T) {
	for sym, want := range map[uint32][3]bool{ // dead, keypad, state
		0xFE51: {true, false, false}, 0xFE70: {}, 0xFE20: {}, 0xFFB5: {false, true, false},
		ShiftL: {false, false, true}, NumLock: {false, false, true}, ISOLevel3Shift: {false, false, true}, 'a': {},
	} {
		if got := [3]bool{IsDead(sym), IsKeypad(sym), IsState(sym)}; got != want {
			t.Errorf("%#x: %v, want %v", sym, got, want)
		}
	}
}
