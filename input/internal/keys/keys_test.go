package keys

import "testing"

func TestTableIsOrderedAndUnique(t *testing.T) {
	codes, scans, evdev := map[string]uint16{}, map[uint16]uint16{}, map[uint16]uint16{}
	for i, k := range All() {
		if i > 0 && k.HID <= All()[i-1].HID {
			t.Errorf("usage %#x is not above the one before", k.HID)
		}
		if got, ok := ByHID(k.HID); !ok || got != k {
			t.Errorf("ByHID(%#x) = %v, %v", k.HID, got, ok)
		}
		if other, dup := codes[k.Code]; dup && k.Code != "" {
			t.Errorf("%s is %#x and %#x", k.Code, other, k.HID)
		}
		codes[k.Code] = k.HID
		// The two Backslash keys share their codes with each other, Stop two usages.
		if k.HID == 0x32 || k.HID == 0xF3 {
			continue
		}
		if other, dup := scans[k.Scan]; dup && k.Scan != 0 {
			t.Errorf("scan code %#x is %#x and %#x", k.Scan, other, k.HID)
		}
		if other, dup := evdev[k.Evdev]; dup && k.Evdev != 0 {
			t.Errorf("evdev %d is %#x and %#x", k.Evdev, other, k.HID)
		}
		scans[k.Scan], evdev[k.Evdev] = k.HID, k.HID
	}
}

func TestWholeBoards(t *testing.T) {
	// 0x04 to 0x65 are the 104 and 105 keys but the modifiers.
	for usage := uint16(0x04); usage <= 0x65; usage++ {
		if _, ok := X(usage); !ok {
			t.Errorf("usage %#x has no X keycode", usage)
		}
		if _, ok := Scan(usage); !ok {
			t.Errorf("usage %#x has no scan code", usage)
		}
	}
	for _, code := range []string{"IntlRo", "IntlYen", "KanaMode", "Convert", "NonConvert", "Lang1", "Lang2", "MediaPlayPause", "MetaRight"} {
		found := false
		for _, k := range All() {
			found = found || k.Code == code && k.Scan != 0 && k.Evdev != 0
		}
		if !found {
			t.Errorf("no %s", code)
		}
	}
}

func TestKnownKeys(t *testing.T) {
	for _, c := range []struct {
		usage uint16
		x     byte
		scan  uint16
	}{
		{0x04, 38, 0x1E},
		{0x1D, 52, 0x2C},
		{Enter, 36, 0x1C},
		{0x52, 111, 0xE048},
		{0x64, 94, 0x56},
		{ControlLeft, 37, 0x1D},
		{AltRight, 108, 0xE038},
		{Pause, 127, ScanPause},
		{0x73, 202, 0x76},
	} {
		x, _ := X(c.usage)
		scan, _ := Scan(c.usage)
		if x != c.x || scan != c.scan {
			t.Errorf("%#x: X %d, scan %#x; want %d, %#x", c.usage, x, scan, c.x, c.scan)
		}
	}
	for _, usage := range []uint16{0, 3, 0x66 + 0x40, 0x1000, 0xFFFF} {
		if _, ok := X(usage); ok {
			t.Errorf("%#x has an X keycode", usage)
		}
	}
}
