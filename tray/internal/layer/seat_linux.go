package layer

import (
	"image"
	"math"

	"github.com/alongside-remote/alongside/internal/wayland"
)

const (
	seatVersion      = 5
	seatCapabilities = 0
	seatPointer      = 1 // among the capabilities
	seatGetPointer   = 0

	pointerCursor  = 0
	pointerEnter   = 0
	pointerLeave   = 1
	pointerMotion  = 2
	pointerButton  = 3
	pointerRelease = 1
	buttonLeft     = 0x110
	buttonPressed  = 1
)

// TouchKind is what a pointer did.
type TouchKind int

// What pointers do. Of the buttons only the first is told.
const (
	Moved TouchKind = iota
	Pressed
	Released
	Left
)

// Touch is what a pointer did on a surface, at a point of it in the compositor's
// coordinates. While a button is held the point may be outside.
type Touch struct {
	Kind    TouchKind
	Surface *Surface
	At      image.Point
}

// seat is a group of devices. It may have no pointer, get one and lose it.
type seat struct {
	d       *Display
	id      uint32
	pointer uint32 // 0: none
	over    *Surface
	at      image.Point
}

func (d *Display) onGlobal(g wayland.Global, gone bool) {
	if g.Interface != "wl_seat" {
		return
	}
	if gone {
		if s := d.seats[g.Name]; s != nil {
			s.lose()
			delete(d.seats, g.Name)
		}
		return
	}
	s := &seat{d: d}
	s.id, _ = d.conn.Bind(g, seatVersion, func(op uint16, a *wayland.Args) {
		if op == seatCapabilities {
			s.may(a.Uint()&seatPointer != 0)
		}
	})
	d.seats[g.Name] = s
}

// may follows whether there is a pointer.
func (s *seat) may(point bool) {
	switch {
	case !point:
		s.lose()
	case s.pointer == 0:
		s.pointer = s.d.conn.New(s.onPointer)
		s.d.conn.Request(s.id, seatGetPointer).Uint(s.pointer).Send()
	}
}

func (s *seat) lose() {
	if s.pointer == 0 {
		return
	}
	s.tell(Left)
	s.d.conn.Request(s.pointer, pointerRelease).Send()
	s.d.conn.Destroyed(s.pointer)
	s.pointer, s.over = 0, nil
}

func (s *seat) onPointer(op uint16, a *wayland.Args) {
	switch op {
	case pointerEnter:
		serial := a.Uint()
		s.over = s.d.surfaces[a.Uint()] // nil: of one that we have destroyed
		s.d.conn.Request(s.pointer, pointerCursor).Uint(serial).Uint(s.d.arrow).Int(0).Int(0).Send()
		s.move(a)
	case pointerLeave:
		s.tell(Left)
		s.over = nil
	case pointerMotion:
		a.Uint() // time
		s.move(a)
	case pointerButton:
		_, _ = a.Uint(), a.Uint() // serial, time
		if a.Uint() != buttonLeft {
			return
		}
		if a.Uint() == buttonPressed {
			s.tell(Pressed)
		} else {
			s.tell(Released)
		}
	}
}

func (s *seat) move(a *wayland.Args) {
	s.at = image.Pt(int(math.Floor(a.Fixed())), int(math.Floor(a.Fixed())))
	s.tell(Moved)
}

func (s *seat) tell(k TouchKind) {
	if s.over != nil {
		s.d.touch(Touch{Kind: k, Surface: s.over, At: s.at})
	}
}
