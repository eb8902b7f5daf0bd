package gnometest

import (
	"image"
	"testing"

	"github.com/godbus/dbus/v5"
)

const (
	mutterInput   = "org.gnome.Mutter.RemoteDesktop"
	mutterSession = "org.gnome.Mutter.RemoteDesktop.Session"

	// evdev's number of a button
	buttonLeft = 0x110
)

// Keysyms that a person presses.
const (
	KeyTab    = 0xff09
	KeyReturn = 0xff0d
	KeyEscape = 0xff1b
	KeySpace  = 0x20
)

// Person has a keyboard and a pointer at the desktop, beside those of the portal.
type Person struct {
	t    testing.TB
	d    *Desktop
	seat dbus.BusObject
}

// NewPerson sits somebody down at the desktop until the test ends.
func (d *Desktop) NewPerson() *Person {
	d.t.Helper()
	var path dbus.ObjectPath
	if err := d.bus.Object(mutterInput, "/org/gnome/Mutter/RemoteDesktop").Call(mutterInput+".CreateSession", 0).Store(&path); err != nil {
		d.t.Fatal(err)
	}
	p := &Person{t: d.t, d: d, seat: d.bus.Object(mutterInput, path)}
	p.call("Start")
	return p
}

func (p *Person) call(method string, args ...any) {
	p.t.Helper()
	if err := p.seat.Call(mutterSession+"."+method, 0, args...).Err; err != nil {
		p.t.Fatalf("%s: %v", method, err)
	}
}

// Press presses keys one after the other.
func (p *Person) Press(keys ...uint32) {
	p.t.Helper()
	for _, k := range keys {
		p.call("NotifyKeyboardKeysym", k, true)
		p.call("NotifyKeyboardKeysym", k, false)
	}
}

// Point moves the pointer to a pixel of the first monitor: from its corner, where it
// cannot go further. The compositor multiplies by the monitor's scale.
func (p *Person) Point(at image.Point) {
	p.t.Helper()
	const far = -1e5
	p.call("NotifyPointerMotionRelative", float64(far), float64(far))
	p.call("NotifyPointerMotionRelative", float64(at.X)/p.d.scale, float64(at.Y)/p.d.scale)
}

// Click presses the first button where the pointer is.
func (p *Person) Click() {
	p.t.Helper()
	p.call("NotifyPointerButton", int32(buttonLeft), true)
	p.call("NotifyPointerButton", int32(buttonLeft), false)
}
