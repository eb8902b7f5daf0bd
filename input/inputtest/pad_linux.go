package inputtest

import (
	"image"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
)

// Arrived is what a window was told of a key or button.
type Arrived struct {
	Down   bool
	Key    bool
	Detail byte // keycode or X button
	State  uint16
	At     image.Point // on the screen
}

// Pad is a window over a part of the screen that writes down what it gets.
type Pad struct {
	d      *XDesk
	events []x11.Event
	got    []Arrived
}

// NewPad opens a window and takes the keyboard focus.
func (d *XDesk) NewPad(r image.Rectangle) *Pad {
	d.t.Helper()
	id, err := xproto.NewWindowId(d.Conn.Conn)
	if err != nil {
		d.t.Fatal(err)
	}
	err = xproto.CreateWindowChecked(d.Conn.Conn, 0, id, d.Conn.Root, int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), 0, xproto.WindowClassInputOutput, 0,
		xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{
			1,
			xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease |
				xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease | xproto.EventMaskExposure,
		}).Check()
	if err != nil {
		d.t.Fatal(err)
	}
	xproto.MapWindow(d.Conn.Conn, id)
	p := &Pad{d: d}
	Wait(d.t, func() bool {
		return xproto.SetInputFocusChecked(d.Conn.Conn, xproto.InputFocusParent, id, 0).Check() == nil
	})
	return p
}

// Got returns all that arrived so far.
func (p *Pad) Got() []Arrived {
	p.events, _ = p.d.Conn.Events(p.events[:0])
	for i := range p.events {
		e := &p.events[i]
		c := e.Code()
		if c < xproto.KeyPress || c > xproto.ButtonRelease {
			continue
		}
		p.got = append(p.got, Arrived{
			Down:   c == xproto.KeyPress || c == xproto.ButtonPress,
			Key:    c <= xproto.KeyRelease,
			Detail: e[1],
			State:  uint16(e[28]) | uint16(e[29])<<8,
			At:     e.Rect(20).Min,
		})
	}
	return p.got
}
