package xkb

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden returns the answer of a server whose layout is de.
func golden(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/de.map")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseMap(t *testing.T) {
	m, err := ParseMap(golden(t))
	if err != nil {
		t.Fatal(err)
	}
	const q, acute, lvl3 = 24, 21, 92
	for _, c := range []struct {
		code, mods uint8
		want       rune
	}{
		{q, 0, 'q'},
		{q, Shift, 'Q'},
		{q, Lock, 'Q'},
		{q, Lock | Shift, 'q'},
		{q, Mod5, '@'},
		{q, Mod5 | Mod2, '@'},
		{29, 0, 'z'},
		{52, 0, 'y'},
		{26, Mod5, '€'},
		{20, 0, 'ß'},
	} {
		if r, _ := m.Rune(c.code, c.mods, 0); r != c.want {
			t.Errorf("key %d with %#x: %q, want %q", c.code, c.mods, r, c.want)
		}
	}
	if sym, _ := m.Sym(acute, 0, 3); sym != 0xFE51 {
		t.Errorf("dead acute is %#x", sym)
	}
	if got := m.Roles(); got.Shortcut != Control|Mod1|Mod4 || got.Keys[0] == 0 || got.Keys[7] != lvl3 {
		t.Errorf("roles %+v", got)
	}
}

func TestReach(t *testing.T) {
	m, err := ParseMap(golden(t))
	if err != nil {
		t.Fatal(err)
	}
	x := m.Index(0, func(uint8) bool { return false })
	at := x.Rune('@')[0]
	for _, c := range []struct {
		mods, removable, addable uint8
		want                     [3]any
	}{
		{0, 0, Mod5, [3]any{uint8(0), uint8(Mod5), true}},
		{Mod5, 0, Mod5, [3]any{uint8(0), uint8(0), true}},
		{Shift, Shift, Mod5, [3]any{uint8(Shift), uint8(Mod5), true}},
		{Shift, 0, Mod5, [3]any{uint8(0), uint8(0), false}},
		{0, 0, Shift, [3]any{uint8(0), uint8(0), false}},
	} {
		remove, add, ok := m.Reach(at, 0, c.mods, c.removable, c.addable)
		if diff := cmp.Diff(c.want, [3]any{remove, add, ok}); diff != "" {
			t.Errorf("mods %#x (-want +got):\n%s", c.mods, diff)
		}
	}
	if one := x.Rune('1')[0]; one.Keycode != 10 {
		t.Errorf("1 is typed by key %d, not on the main block", one.Keycode)
	}
}

func TestGroupOutOfRange(t *testing.T) {
	for _, c := range []struct{ info, group, want uint8 }{
		{2, 1, 1}, {2, 3, 1}, {2, 2, 0}, {2 | 0x40, 3, 1}, {2 | 0x80 | 1<<4, 3, 1}, {2 | 0x80 | 3<<4, 3, 0},
	} {
		k := Key{Info: c.info}
		if g, ok := k.Group(c.group); !ok || g != c.want {
			t.Errorf("info %#x group %d: %d, %v, want %d", c.info, c.group, g, ok, c.want)
		}
	}
	if _, ok := new(Key).Group(0); ok {
		t.Error("a key without groups has one")
	}
}

func TestParseMapCutAnywhere(t *testing.T) {
	b := golden(t)
	for n := range len(b) {
		if _, err := ParseMap(b[:n]); n < len(b)-4 && !errors.Is(err, ErrMalformed) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}

func TestChanged(t *testing.T) {
	event := make([]byte, 32)
	event[1], event[10], event[16], event[17] = 1, 2, 93, 1
	if got := Changed(event); got != 93 {
		t.Errorf("one key: %d", got)
	}
	for at, v := range map[int]byte{1: 0, 10: 3, 17: 2} {
		e := append([]byte(nil), event...)
		e[at] = v
		if got := Changed(e); got != 0 {
			t.Errorf("byte %d: %d", at, got)
		}
	}
}

func FuzzParseMap(f *testing.F) {
	f.Add(golden(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMap(b)
		if err != nil {
			return
		}
		roles := m.Roles()
		for group := range uint8(4) {
			x := m.Index(group, func(code uint8) bool { return m.Empty(code) })
			for _, p := range append(x.Rune('a'), x.Sym(0xFF0D)...) {
				m.Reach(p, group, Shift, Shift, roles.Addable())
				m.Rune(p.Keycode, Lock, group)
			}
		}
		m.Holds(m.Max)
	})
}

func FuzzParseState(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ParseState(b); err == nil && s.Group > 3 {
			t.Errorf("group %d", s.Group)
		}
	})
}
