package sendinput

import (
	"image"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/wire"
)

// german is a layout of a few keys.
type german struct{ caps bool }

func (german) Find(r rune) (uint16, bool, bool) {
	switch r {
	case 'a':
		return 0x1E, false, true
	case 'A':
		return 0x1E, true, true
	case 'z':
		return 0x15, false, true
	case 'y':
		return 0x2C, false, true
	case 'e':
		return 0x12, false, true
	}
	return 0, false, false
}
func (german) Dead(scan uint16) bool { return scan == 0x0D }
func (g german) CapsLock() bool      { return g.caps }

// said spells records: what and whether down or up.
func said(records []Record) (all []string) {
	for _, r := range records {
		w, flags := r.union[0], uint32(r.union[0]>>32)
		scan := w >> 16 & 0xFFFF
		s := ""
		switch {
		case r.kind == kindMouse:
			continue
		case flags&keyUnicode != 0:
			s = "U" + string(rune(scan))
		case flags&keyScanCode == 0:
			s = "vk"
		default:
			s = name(uint16(scan), flags&keyExtended != 0)
		}
		if flags&keyUp != 0 {
			s = "-" + s
		}
		all = append(all, s)
	}
	return all
}

func name(scan uint16, extended bool) string {
	if extended {
		scan |= keys.Extended
	}
	for _, k := range keys.All() {
		if k.Scan == scan && k.Code != "" {
			return k.Code
		}
	}
	return "?"
}

func down(code uint16, text string) wire.Input {
	return wire.Input{Kind: wire.InputKey, Code: code, Down: true, Text: text}
}
func up(code uint16) wire.Input { return wire.Input{Kind: wire.InputKey, Code: code} }

func TestX4_Keys(t *testing.T) {
	for _, c := range []struct {
		name string
		caps bool
		in   []wire.Input
		want []string
	}{
		{"a key that gives its text is pressed", false, []wire.Input{down(4, "a"), up(4)}, []string{"KeyA", "-KeyA"}},
		{"repeats are passed on", false, []wire.Input{down(4, "a"), down(4, "a"), up(4), up(4)}, []string{"KeyA", "KeyA", "-KeyA"}},
		{"text wins over position", false, []wire.Input{down(0x1D, "z"), up(0x1D)}, []string{"Uz", "-Uz"}},
		{"no text is the physical key", false, []wire.Input{down(0x1D, ""), up(0x1D)}, []string{"KeyZ", "-KeyZ"}},
		{"Shift that the character needs", false, []wire.Input{down(0xE1, ""), down(4, "A"), up(4), up(0xE1)}, []string{"ShiftLeft", "KeyA", "-KeyA", "-ShiftLeft"}},
		{"Caps Lock", true, []wire.Input{down(4, "a"), up(4)}, []string{"Ua", "-Ua"}},
		{"command by its letter", false, []wire.Input{down(0xE0, ""), down(0x1D, "z"), up(0x1D), up(0xE0)}, []string{"ControlLeft", "KeyY", "-KeyY", "-ControlLeft"}},
		{"command without text", false, []wire.Input{down(0xE0, ""), down(6, ""), up(6), up(0xE0)}, []string{"ControlLeft", "KeyC", "-KeyC", "-ControlLeft"}},
		{
			"AltGr", false,
			[]wire.Input{down(0xE0, ""), down(0xE6, ""), down(0x14, "@"), up(0x14), up(0xE6), up(0xE0)},
			[]string{"ControlLeft", "-ControlLeft", "U@", "-U@", "ControlLeft", "-ControlLeft"},
		},
		{
			"AltGr without text", false,
			[]wire.Input{down(0xE6, ""), down(0x14, ""), up(0x14), up(0xE6)},
			[]string{"AltRight", "KeyQ", "-KeyQ", "-AltRight"},
		},
		{
			"right Alt as a command", false,
			[]wire.Input{down(0xE6, ""), down(0x06, "c"), up(0x06), up(0xE6)},
			[]string{"AltRight", "KeyC", "-KeyC", "-AltRight"},
		},
		{"dead key composed by the viewer", false, []wire.Input{down(0x2E, ""), up(0x2E), down(8, "é"), up(8)}, []string{"Ué", "-Ué"}},
		{"dead key left to Windows", false, []wire.Input{down(0x2E, ""), up(0x2E), down(8, "e"), up(8)}, []string{"Equal", "-Equal", "KeyE", "-KeyE"}},
		{"lines", false, []wire.Input{{Kind: wire.InputText, Text: "\r\n\t\x00"}}, []string{"Enter", "-Enter", "Tab", "-Tab"}},
		{"extended and odd keys", false, []wire.Input{down(0x52, ""), down(0x48, ""), down(0x3000, "")}, []string{"ArrowUp", "vk"}},
		{"all up, modifiers last", false, []wire.Input{down(0xE1, ""), down(4, "A"), {Kind: wire.InputReleaseAll}, up(4)}, []string{"ShiftLeft", "KeyA", "-KeyA", "-ShiftLeft"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tr Translator
			var got []Record
			d := &Desktop{Bounds: image.Rect(0, 0, 800, 600), Layout: german{c.caps}}
			for i := range c.in {
				got = tr.Append(got, &c.in[i], d)
			}
			if diff := cmp.Diff(c.want, said(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAstralTextIsAPairOfUnits(t *testing.T) {
	got := new(Translator).text(nil, "😀")
	want := []Record{unit(0xD83D, true), unit(0xD83D, false), unit(0xDE00, true), unit(0xDE00, false)}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Record{})); diff != "" {
		t.Error(diff)
	}
}

func TestX3_EveryPixelIsHit(t *testing.T) {
	for _, size := range []int{1, 640, 1366, 1920, 3840, 7680, 12345} {
		for px := range size {
			if back := int(absolute(px, size)) * size >> 16; back != px {
				t.Fatalf("pixel %d of %d becomes %d", px, size, back)
			}
		}
	}
	if absolute(-5, 100) != 0 || absolute(1000, 100) != absolute(99, 100) || absolute(3, 0) != 0 {
		t.Error("outside is not the edge")
	}
}

func TestPointer(t *testing.T) {
	var tr Translator
	d := &Desktop{Bounds: image.Rect(-1920, 0, 1920, 1080), Origin: image.Pt(-1920, 0), Layout: german{}}
	e := func(in wire.Input) []Record { return tr.Append(nil, &in, d) }
	at := func(x, y int) Record { return move(image.Pt(x, y), d.Bounds) }
	for _, c := range []struct {
		in   wire.Input
		want []Record
	}{
		{wire.Input{Kind: wire.InputMotion, X: 1920, Y: 5}, []Record{at(0, 5)}},
		{wire.Input{Kind: wire.InputButton, Button: wire.ButtonRight, Down: true}, []Record{at(-1920, 0), mouse(0x8, 0)}},
		{wire.Input{Kind: wire.InputButton, Button: wire.ButtonRight, Down: true}, []Record{at(-1920, 0)}},
		{wire.Input{Kind: wire.InputButton, Button: wire.ButtonForward, Down: true}, []Record{at(-1920, 0), mouse(0x80, 2)}},
		{wire.Input{Kind: wire.InputButton, Button: 9, Down: true}, nil},
		{wire.Input{Kind: wire.InputWheel, DX: 30, DY: 120}, []Record{at(-1920, 0), mouse(mouseWheel, 0xFFFFFF88), mouse(mouseHWheel, 30)}},
		{wire.Input{Kind: wire.InputReleaseAll}, []Record{mouse(0x10, 0), mouse(0x100, 2)}},
	} {
		if diff := cmp.Diff(c.want, e(c.in), cmp.AllowUnexported(Record{})); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.in, diff)
		}
	}
}

func TestRecordHasTheSizeOfWindows(t *testing.T) {
	if s := unsafe.Sizeof(Record{}); s != RecordSize {
		t.Errorf("%d bytes", s)
	}
}
