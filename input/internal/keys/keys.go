// Package keys says which physical key is called what: USB HID usages of the
// keyboard page, Linux evdev codes (an X keycode is evdev + 8), Windows set-1
// scan codes and the code names of DOM KeyboardEvents.
package keys

// EvdevToX is what X servers add to an evdev code.
const EvdevToX = 8

// Highest keycode of the X protocol.
const maxX = 255

// Extended marks the scan codes that follow an E0 byte, Pause the one that
// follows E1.
const (
	Extended  = 0xE000
	ScanPause = 0xE11D
)

// Usages of the modifiers.
const (
	ControlLeft  = 0xE0
	ShiftLeft    = 0xE1
	AltLeft      = 0xE2
	MetaLeft     = 0xE3
	ControlRight = 0xE4
	ShiftRight   = 0xE5
	AltRight     = 0xE6
	MetaRight    = 0xE7
)

// Usages of keys that text is made of beside characters.
const (
	Enter = 0x28
	Tab   = 0x2B
	Pause = 0x48
)

// Key is one physical key. A zero Evdev or Scan means that the system has no
// such key; an empty Code that browsers have none, or that another row has it.
type Key struct {
	Code  string
	HID   uint16
	Evdev uint16
	Scan  uint16
}

// All returns the table, ordered by usage.
func All() []Key { return table[:] }

// ByHID finds a key by its usage.
func ByHID(usage uint16) (Key, bool) {
	lo, hi := 0, len(table)
	for lo < hi {
		mid := (lo + hi) / 2
		if table[mid].HID < usage {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(table) && table[lo].HID == usage {
		return table[lo], true
	}
	return Key{}, false
}

// X returns the X keycode of a usage under the evdev rules, which every X server
// of our day follows.
func X(usage uint16) (byte, bool) {
	k, ok := ByHID(usage)
	if !ok || k.Evdev == 0 || k.Evdev+EvdevToX > maxX {
		return 0, false
	}
	return byte(k.Evdev + EvdevToX), true
}

// Scan returns the Windows scan code of a usage.
func Scan(usage uint16) (uint16, bool) {
	k, ok := ByHID(usage)
	return k.Scan, ok && k.Scan != 0
}

// IsModifier reports whether a usage is Control, Shift, Alt or Meta.
func IsModifier(usage uint16) bool { return usage >= ControlLeft && usage <= MetaRight }
