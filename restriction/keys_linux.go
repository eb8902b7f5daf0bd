package restriction

import (
	"fmt"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
)

// role is what a key does in a chord.
type role int

const (
	control role = iota
	alt
	shift
	del
	end
	roles
)

// chords knows the person's chords. A key counts by its place on a PC's keyboard, which
// nobody can change from within the desktop, and by what stands on it as well.
type chords struct {
	of   map[uint32]map[role]bool // by key code
	down map[uint32]bool
}

// places are the key codes of a PC's keyboard under X11 on Linux.
var places = [roles][]uint32{control: {37, 105}, alt: {64, 108}, shift: {50, 62}, del: {119, 91}, end: {115, 87}}

// symbols are the keysyms.
var symbols = [roles][]xproto.Keysym{
	control: {0xffe3, 0xffe4}, alt: {0xffe9, 0xffea, 0xffe7, 0xffe8}, shift: {0xffe1, 0xffe2},
	del: {0xffff, 0xff9f}, end: {0xff57, 0xff9c},
}

func newChords(c *x11.Conn) (*chords, error) {
	k := &chords{of: map[uint32]map[role]bool{}, down: map[uint32]bool{}}
	first, last := c.Setup.MinKeycode, c.Setup.MaxKeycode
	m, err := xproto.GetKeyboardMapping(c.Conn, first, byte(last-first)+1).Reply()
	if err != nil {
		return nil, fmt.Errorf("keyboard: %w", err)
	}
	for r := range roles {
		for _, code := range places[r] {
			k.add(code, r)
		}
		for at, s := range m.Keysyms {
			for _, want := range symbols[r] {
				if s == want && m.KeysymsPerKeycode > 0 {
					k.add(uint32(first)+uint32(at/int(m.KeysymsPerKeycode)), r) //nolint:gosec // a key code
				}
			}
		}
	}
	return k, nil
}

func (k *chords) add(code uint32, r role) {
	if k.of[code] == nil {
		k.of[code] = map[role]bool{}
	}
	k.of[code][r] = true
}

// press says what the person wants by pressing a key; 0: nothing of ours.
func (k *chords) press(code uint32) Sign {
	k.down[code] = true
	is := k.of[code]
	switch {
	case !k.holds(control) || !k.holds(alt):
	case is[del]:
		return TakenBack
	case is[end] && k.holds(shift):
		return Done
	}
	return 0
}

func (k *chords) release(code uint32) { delete(k.down, code) }

func (k *chords) holds(r role) bool {
	for code := range k.down {
		if k.of[code][r] {
			return true
		}
	}
	return false
}
