package input_test

import (
	"fmt"
	"image"
	"slices"
	"testing"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/input/internal/keysym"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
	"github.com/alongside-remote/alongside/wire"
)

// compositor does what the portal of a compositor has it do: it puts what came by the
// portal into a real one, by its virtual devices.
type compositor struct {
	in input.Injector
	at image.Point
}

// otherUsage is no key's: a keysym is pressed by it.
const otherUsage = 0x03

func (c *compositor) put(e portaltest.Event) error {
	i := wire.Input{X: uint16(c.at.X), Y: uint16(c.at.Y), Down: e.Down}
	switch e.Kind {
	case portaltest.Motion:
		c.at = image.Pt(int(e.X), int(e.Y))
		i = wire.Input{Kind: wire.InputMotion, X: uint16(c.at.X), Y: uint16(c.at.Y)}
	case portaltest.Button:
		buttons := []uint32{0x110, 0x112, 0x111, 0x113, 0x114}
		i.Kind, i.Button = wire.InputButton, uint8(slices.Index(buttons, e.Code))
	case portaltest.Wheel:
		i.Kind = wire.InputWheel
		*[]*int16{&i.DY, &i.DX}[e.Code] = int16(e.Steps) * wire.WheelNotch
	case portaltest.Symbol:
		r, ok := keysym.Rune(e.Code)
		if !ok {
			return fmt.Errorf("no such keysym: %#x", e.Code)
		}
		i = wire.Input{Kind: wire.InputKey, Code: otherUsage, Text: string(r), Down: e.Down}
	case portaltest.Key:
		n := slices.IndexFunc(keys.All(), func(k keys.Key) bool { return uint32(k.Evdev) == e.Code })
		if n < 0 {
			return fmt.Errorf("no such key: %d", e.Code)
		}
		i = wire.Input{Kind: wire.InputKey, Code: keys.All()[n].HID, Down: e.Down}
	}
	return c.in.Inject([]wire.Input{i})
}

// portalDesk is a real compositor behind a played portal, with a terminal that tells
// what arrived.
func portalDesk(t *testing.T) (input.Injector, *inputtest.SwayDesk) {
	t.Helper()
	d := inputtest.NewSwayDesk(t, waylandtest.Options{Size: "800x600"})
	c := &compositor{in: openWlr(t)}
	d.Ready()
	return newShared(t, portaltest.Options{Input: c.put}).open(t), d
}

func TestPortalConformance(t *testing.T) {
	inputtest.Run(t, func(t *testing.T) (input.Injector, inputtest.Desk) { return portalDesk(t) })
}

func TestX4_PortalTextArrives(t *testing.T) {
	const keyI, keyQ, keyZ, seven, control, shift, altRight, home = 0x0C, 0x14, 0x1D, 0x24, 0xE0, 0xE1, 0xE6, 0x4A
	in, d := portalDesk(t)
	want := "漢é漢 Grüße, ça va? Привет, мир! €uro → 😀 \"'`~\\|"
	put(t, in, wire.Input{Kind: wire.InputText, Text: want})
	inputtest.WaitText(t, d, want)
	// A German viewer: Y and Z are exchanged, Shift+7 is a slash, AltGr+Q is @.
	put(t, in, inputtest.Tap(keyZ, "y")...)
	put(t, in, inputtest.Press(shift, ""), inputtest.Press(keyZ, "Y"), inputtest.Release(keyZ), inputtest.Press(seven, "/"), inputtest.Release(seven), inputtest.Release(shift))
	put(t, in, inputtest.Press(altRight, ""), inputtest.Press(keyQ, "@"), inputtest.Release(keyQ), inputtest.Release(altRight))
	inputtest.WaitText(t, d, want+"yY/@")
	before := len(d.Presses())
	put(t, in, inputtest.Press(control, ""))
	put(t, in, inputtest.Tap(keyI, "c")...) // Dvorak: what is printed on the key counts
	put(t, in, inputtest.Release(control))
	put(t, in, inputtest.Tap(home, "")...)
	inputtest.Wait(t, func() bool { return len(d.Presses()) >= before+3 })
	if got := d.Presses()[before:]; !slices.Equal(got, []string{"57442u;1", "99u;5", "1H;1"}) {
		t.Errorf("arrived %q", got)
	}
	inputtest.WaitUp(t, d)
}

func TestPortalWheelAndButtonsArrive(t *testing.T) {
	in, d := portalDesk(t)
	wheel := func(dx, dy int16) wire.Input {
		return wire.Input{Kind: wire.InputWheel, X: 100, Y: 100, DX: dx, DY: dy}
	}
	put(t, in, wheel(0, 3*wire.WheelNotch), wheel(0, -wire.WheelNotch), wheel(2*wire.WheelNotch, 0))
	inputtest.Wait(t, func() bool { return d.Wheel().X > 0 && d.Wheel().Y == 2 })
	for b := range uint8(5) {
		put(t, in, wire.Input{Kind: wire.InputButton, X: 100, Y: 100, Button: b, Down: true})
	}
	inputtest.Wait(t, func() bool { return d.Down() == 5 })
	put(t, in, wire.Input{Kind: wire.InputReleaseAll})
	inputtest.WaitUp(t, d)
}
