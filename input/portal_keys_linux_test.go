package input_test

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
	"github.com/alongside-remote/alongside/wire"
)

// told writes events down for people: keys by their Linux code, characters by keysym,
// with + and - for down and up.
func told(events []portaltest.Event) string {
	var all []string
	for _, e := range events {
		sign := map[bool]string{true: "+", false: "-"}[e.Down]
		switch e.Kind {
		case portaltest.Key:
			all = append(all, fmt.Sprintf("%s%d", sign, e.Code))
		case portaltest.Symbol:
			all = append(all, fmt.Sprintf("%ssym:%x", sign, e.Code))
		case portaltest.Button:
			all = append(all, fmt.Sprintf("%sbutton:%x", sign, e.Code))
		case portaltest.Motion:
			all = append(all, fmt.Sprintf("%d:%v,%v", e.Node, e.X, e.Y))
		case portaltest.Wheel:
			all = append(all, fmt.Sprintf("wheel%d:%d", e.Code, e.Steps))
		}
	}
	return strings.Join(all, " ")
}

// X4: what of the viewer's keys goes by its place, and what by the character.
func TestX4_PortalKeysAndCharacters(t *testing.T) {
	const (
		keyC, keyE, keyQ, keyY, keyZ, one, seven = 0x06, 0x08, 0x14, 0x1C, 0x1D, 0x1E, 0x24
		control, shift, alt, altRight            = 0xE0, 0xE1, 0xE2, 0xE6
		enter, tab, capsLock, f5, up             = 0x28, 0x2B, 0x39, 0x3E, 0x52
		numLock, pad7, padEnter                  = 0x53, 0x5F, 0x58
	)
	press, release, tap := inputtest.Press, inputtest.Release, inputtest.Tap
	click := func(down bool) wire.Input {
		return wire.Input{Kind: wire.InputButton, X: 3, Y: 4, Button: wire.ButtonLeft, Down: down}
	}
	all := func(parts ...any) (list []wire.Input) {
		for _, p := range parts {
			switch p := p.(type) {
			case wire.Input:
				list = append(list, p)
			case []wire.Input:
				list = append(list, p...)
			}
		}
		return list
	}
	s := newShared(t, portaltest.Options{})
	in := s.open(t)
	for _, c := range []struct {
		what   string
		events []wire.Input
		want   string
	}{
		{"a character", tap(keyY, "z"), "+sym:7a -sym:7a"},
		{"one that is held, and repeats", all(press(keyY, "y"), press(keyY, "y"), release(keyY)), "+sym:79 -sym:79 +sym:79 -sym:79"},
		{"of other scripts", []wire.Input{{Kind: wire.InputText, Text: "é€ф漢"}}, "+sym:e9 -sym:e9 +sym:20ac -sym:20ac +sym:6c6 -sym:6c6 +sym:1006f22 -sym:1006f22"},
		{"Shift is let go for it, once", all(press(shift, ""), tap(seven, "/"), tap(keyE, "E"), release(shift)), "+42 -42 +sym:2f -sym:2f +sym:45 -sym:45"},
		{"and pressed again for what needs it", all(press(shift, ""), tap(seven, "/"), tap(up, ""), release(shift)), "+42 -42 +sym:2f -sym:2f +42 +103 -103 -42"},
		{
			"also for a click", all(press(shift, ""), tap(seven, "/"), click(true), click(false), release(shift)),
			"+42 -42 +sym:2f -sym:2f 41:3,4 +42 +button:110 41:3,4 -button:110 -42",
		},
		{"a command by its character", all(press(control, ""), tap(keyC, "c"), release(control)), "+29 +sym:63 -sym:63 -29"},
		{"a command with Shift", all(press(control, ""), press(shift, ""), tap(keyC, "C"), release(shift), release(control)), "+29 +42 +sym:63 -sym:63 -42 -29"},
		{"a command of a sign", all(press(control, ""), press(shift, ""), tap(one, "!"), release(shift), release(control)), "+29 +42 -42 +sym:21 -sym:21 -29"},
		{"a command of another script", all(press(control, ""), tap(keyC, "с"), release(control)), "+29 +46 -46 -29"},
		{"AltGr", all(press(altRight, ""), tap(keyQ, "@"), release(altRight)), "+sym:40 -sym:40"},
		{"AltGr of Windows", all(press(control, ""), press(altRight, ""), tap(seven, "{"), release(altRight), release(control)), "+29 -29 +sym:7b -sym:7b"},
		{"the right Alt key", all(press(altRight, ""), tap(keyZ, "z"), release(altRight)), "+100 +sym:7a -sym:7a -100"},
		{"a menu", all(press(alt, ""), release(alt)), "+56 -56"},
		{"a dead key, and what comes of it", all(tap(one, ""), tap(keyE, "ê")), "+sym:ea -sym:ea"},
		{"keys", all(tap(enter, "\r"), tap(tab, ""), tap(f5, "")), "+28 -28 +15 -15 +63 -63"},
		{"lines", []wire.Input{{Kind: wire.InputText, Text: "a\r\n\tb\n"}}, "+sym:61 -sym:61 +28 -28 +15 -15 +sym:62 -sym:62 +28 -28"},
		{"the number pad", all(tap(pad7, "7"), tap(pad7, ""), tap(padEnter, "")), "+sym:37 -sym:37 +102 -102 +96 -96"},
		{"locks", all(tap(capsLock, ""), tap(numLock, "")), ""},
		{"all at once", all(press(shift, ""), press(control, ""), press(up, ""), wire.Input{Kind: wire.InputReleaseAll}, release(up), release(shift)), ""},
	} {
		before := len(s.portal.Events())
		if err := in.Inject(c.events); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		got := s.portal.Events()[before:]
		if c.what == "all at once" { // modifiers go up last, in any order
			if len(got) != 6 || got[3].Code != 103 || got[3].Down || got[4].Down || got[5].Down {
				t.Errorf("%s: %s", c.what, told(got))
			}
			continue
		}
		if told(got) != c.want {
			t.Errorf("%s:\n got  %s\n want %s", c.what, told(got), c.want)
		}
	}
}

// X2, X3: on the right monitor, at the right place, whatever its scale.
func TestX3_PortalPointerOnSeveralMonitors(t *testing.T) {
	s := newShared(t, portaltest.Options{Streams: []portaltest.Stream{
		{Node: 7, At: image.Rect(0, 0, 100, 50)}, {Node: 8, At: image.Rect(100, -10, 160, 30)},
	}})
	in := s.open(t)
	s.show(t).Lay([]image.Rectangle{image.Rect(0, 0, 200, 100), image.Rect(200, -20, 320, 60)})
	origin := func(p image.Point) { in.(interface{ SetOrigin(p image.Point) }).SetOrigin(p) }
	at := func(x, y uint16) wire.Input { return wire.Input{Kind: wire.InputMotion, X: x, Y: y} }
	put(t, in, at(30, 21), at(250, 10))
	origin(image.Pt(200, -20))
	put(t, in, at(0, 0), at(119, 79), at(500, 500))
	wheel := func(dx, dy int16) wire.Input { return wire.Input{Kind: wire.InputWheel, X: 2, Y: 2, DX: dx, DY: dy} }
	put(t, in, wheel(0, 3*wire.WheelNotch), wheel(-wire.WheelNotch, wire.WheelNotch/2), wheel(0, 32767))
	want := "7:15,10.5 8:25,15 8:0,0 8:59.5,39.5 8:59.5,39.5 8:1,1 wheel0:3 8:1,1 wheel1:-1 8:1,1 wheel0:50"
	if got := told(s.portal.Events()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What is held goes up when the injector closes, whatever it is.
func TestPortalClosesWithNothingHeld(t *testing.T) {
	s := newShared(t, portaltest.Options{})
	in := s.open(t)
	put(t, in, inputtest.Press(0xE1, ""), inputtest.Press(0x50, ""), wire.Input{Kind: wire.InputButton, X: 1, Y: 1, Button: wire.ButtonRight, Down: true})
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	down := map[portaltest.Event]bool{}
	for _, e := range s.portal.Events() {
		if k := (portaltest.Event{Kind: e.Kind, Code: e.Code}); e.Down {
			down[k] = true
		} else {
			delete(down, k)
		}
	}
	if len(down) != 0 || !slices.ContainsFunc(s.portal.Events(), func(e portaltest.Event) bool { return e.Kind == portaltest.Button && !e.Down }) {
		t.Errorf("down: %v", down)
	}
}
