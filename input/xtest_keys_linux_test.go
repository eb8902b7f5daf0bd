package input_test

import (
	"image"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/wire"
)

// Usages of the keyboard page, by the name of the US key cap.
const (
	keyA, keyC, keyE, keyM, keyN, keyQ, keyZ = 0x04, 0x06, 0x08, 0x10, 0x11, 0x14, 0x1D
	key2, key6, key7, key9                   = 0x1F, 0x23, 0x24, 0x26
	enter, tab, space, equal                 = 0x28, 0x2B, 0x2C, 0x2E
	capsLock, backquote                      = 0x39, 0x35
	control, shift, alt, altGr               = 0xE0, 0xE1, 0xE2, 0xE6
)

type events []wire.Input

func (e events) down(code uint16, text string) events { return append(e, inputtest.Press(code, text)) }
func (e events) up(code uint16) events                { return append(e, inputtest.Release(code)) }
func (e events) tap(code uint16, text string) events  { return append(e, inputtest.Tap(code, text)...) }

func TestX4_Keys(t *testing.T) {
	for _, c := range []struct {
		name, layout string
		in           events
		want         string
	}{
		{"plain keys follow the endpoint without text", "de", events{}.tap(keyZ, ""), "y"},
		{"text wins over position", "de", events{}.tap(keyZ, "z").tap(keyQ, "q"), "zq"},
		{"azerty viewer on qwerty", "us", events{}.tap(keyQ, "a").tap(keyA, "q").tap(key2, "é"), "aqé"},
		{"qwerty viewer on azerty", "fr", events{}.tap(keyQ, "q").tap(key2, "2").tap(keyM, "m"), "q2m"},
		{"AltGr by physical key", "de", events{}.down(altGr, "").tap(keyQ, "").tap(keyE, "").up(altGr).tap(keyE, ""), "@€e"},
		{"AltGr with the text it makes", "de", events{}.down(altGr, "").tap(keyQ, "@").tap(keyE, "€").up(altGr), "@€"},
		{"AltGr of a Windows browser, with Control", "de", events{}.down(control, "").down(altGr, "").tap(keyQ, "@").up(altGr).up(control).tap(keyQ, "q"), "@q"},
		{"AltGr of the viewer on a layout without", "us", events{}.down(altGr, "").tap(keyQ, "@").tap(keyE, "€").up(altGr).tap(keyA, "a"), "@€a"},
		{"Shift held where the character needs none", "fr", events{}.down(shift, "").tap(key7, "&").tap(key9, "(").up(shift), "&("},
		{"Shift and AltGr swapped", "de", events{}.down(shift, "").tap(key2, "@").tap(keyA, "A").up(shift).tap(keyA, "a"), "@Aa"},
		{"dead key composed by the viewer", "de", events{}.tap(equal, "").tap(keyE, "é"), "é"},
		{"dead key left to the endpoint", "de", events{}.tap(equal, "").tap(keyE, ""), "é"},
		{"dead key left to the endpoint, next key with text", "de", events{}.tap(equal, "").tap(keyE, "e"), "é"},
		{"dead circumflex, shifted dead key", "de", events{}.tap(backquote, "").tap(keyA, "â").down(shift, "").tap(equal, "").up(shift).tap(keyA, "à"), "âà"},
		{"dead key of the endpoint is a plain one of the viewer", "de", events{}.down(shift, "").tap(key6, "^").up(shift).tap(keyE, "e"), "^e"},
		{"dead key and space", "de", events{}.tap(backquote, "").tap(space, "^").tap(keyE, "e"), "^e"},
		{"Caps Lock on at the endpoint only", "de", events{}.tap(capsLock, "").tap(keyA, "a").tap(keyQ, "Q").tap(keyE, "é").tap(keyA, "ä").tap(capsLock, ""), "aQéä"},
		{"Caps Lock on at both", "fr", events{}.tap(capsLock, "").tap(keyQ, "A").tap(keyA, "a").tap(key2, "é").tap(capsLock, ""), "Aaé"},
		{"Caps Lock and typed text", "ru", events{}.tap(capsLock, "").down(shift, "").tap(keyA, "ф").tap(keyA, "Ф").tap(keyA, "a").tap(keyA, "漢").up(shift).tap(capsLock, ""), "фФa漢"},
		{"Latin viewer on ru", "ru", events{}.tap(keyA, "a").tap(keyQ, "q").tap(keyQ, "й"), "aqй"},
		{"Russian viewer on us", "us", events{}.tap(keyA, "ф").tap(keyQ, "й").tap(keyA, "a"), "фйa"},
		{"Enter and Tab, by key and as text", "us", events{}.tap(enter, "\r").tap(tab, "\t").tap(enter, "").tap(tab, ""), "\r\t\r\t"},
		{"a press of several characters", "us", events{}.tap(keyE, "´x").tap(keyA, "e\u0301"), "´xe\u0301"},
		{"repeat of a typed character types again", "us", events{}.down(keyA, "漢").down(keyA, "漢").up(keyA), "漢漢"},
		{"Control with a letter", "us", events{}.down(control, "").tap(keyC, "c").up(control), "\x03"},
		{"Control without text is the physical key", "us", events{}.down(control, "").tap(keyC, "").up(control), "\x03"},
		{"Control+C on ru alone", "ru", events{}.down(control, "").tap(keyC, "c").up(control).tap(keyC, "с"), "\x03с"},
		{"Control+A means the letter on azerty", "fr", events{}.down(control, "").tap(keyA, "a").up(control), "\x01"},
		{"Alt with a letter", "us", events{}.down(alt, "").tap(keyC, "c").up(alt), "\x1bc"},
		{"the right Alt key of a viewer without AltGr", "us", events{}.down(altGr, "").tap(keyC, "c").up(altGr).tap(keyC, "c"), "\x1bcc"},
		{"keypad with Num Lock off", "us", events{}.tap(0x59, "1").tap(0x63, ",").tap(0x57, "+"), "1,+"},
		{"text while Control is held", "us", append(append(events{}.down(control, ""), text("cC漢")), events{}.tap(keyC, "c").up(control)...), "cC漢\x03"},
		{"unknown usages do nothing", "us", events{}.tap(0x3000, "").tap(keyA, "a"), "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := inputtest.NewXDesk(t, c.layout, true)
			in := open(t, d)
			put(t, in, c.in...)
			put(t, in, text("."))
			inputtest.WaitText(t, d, c.want+".")
			inputtest.WaitUp(t, d)
		})
	}
}

func TestX4_SecondGroup(t *testing.T) {
	d := inputtest.NewXDesk(t, "us,ru", true)
	d.LockGroup(1)
	in := open(t, d)
	put(t, in, events{}.tap(keyA, "").tap(keyA, "a").tap(keyA, "ф").tap(keyC, "é")...)
	put(t, in, events{}.down(control, "").tap(keyC, "c").tap(keyC, "").up(control)...)
	inputtest.WaitText(t, d, "фaфé\x03\x03")
	if g := d.Group(); g != 1 {
		t.Errorf("group is now %d", g)
	}
}

func TestX4_LayoutChangesWhileInUse(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", true)
	in := open(t, d)
	want := ""
	for _, layout := range []string{"de", "ru", "fr", "us"} {
		d.Layout(layout)
		put(t, in, events{}.tap(keyQ, "q").tap(keyA, "é").tap(keyZ, "漢").down(shift, "").tap(key2, "@").up(shift)...)
		want += "qé漢@"
		inputtest.WaitText(t, d, want)
	}
}

func TestX4_AltGrOpensNoMenus(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	pad := d.NewPad(image.Rect(0, 0, 800, 600))
	in := open(t, d)
	put(t, in, events{}.down(altGr, "").tap(keyQ, "@").up(altGr).tap(keyA, "a")...)
	const shiftL, two, a = 50, 11, 38
	var got []byte
	for _, e := range arrived(t, pad, 6) {
		got = append(got, e.Detail)
	}
	if diff := cmp.Diff([]byte{shiftL, two, a}, got); diff != "" {
		t.Errorf("keycodes (-want +got):\n%s", diff)
	}
}

func TestX4_RepeatDoesNotDouble(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", true)
	in := open(t, d)
	put(t, in, events{}.down(keyA, "a").down(keyA, "a").down(keyA, "a").up(keyA).up(keyA).tap(keyC, "c")...)
	inputtest.WaitText(t, d, "ac")
}

func TestX4_FastTypingArrivesInOrder(t *testing.T) {
	d := inputtest.NewXDesk(t, "de", true)
	in := open(t, d)
	all := []rune(every())
	want := ""
	for i := range 500 {
		r := all[i*37%len(all)]
		want += string(r)
		put(t, in, events{}.tap(keyA+uint16(i%26), string(r))...)
	}
	inputtest.WaitText(t, d, want)
	inputtest.WaitUp(t, d)
}

func TestX4_KeyboardMapIsRestored(t *testing.T) {
	d := inputtest.NewXDesk(t, "fr", true)
	before := d.Keysyms()
	in := open(t, d)
	put(t, in, text("漢字😀я"))
	inputtest.WaitText(t, d, "漢字😀я")
	if cmp.Equal(before, d.Keysyms()) {
		t.Fatal("no spare key in use: the test proves nothing")
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, d.Keysyms()); diff != "" {
		t.Errorf("keysyms changed (-before +after):\n%s", diff)
	}
}
