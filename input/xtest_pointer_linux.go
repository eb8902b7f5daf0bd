package input

import (
	"math"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/wire"
)

// X buttons of the wheel.
const (
	wheelUp    = 4
	wheelDown  = 5
	wheelLeft  = 6
	wheelRight = 7
)

// wheelLimit is the most clicks of one event: more than a page of a spun wheel,
// so that a forged event does not scroll for seconds.
const wheelLimit = 50

// pointer is what the backend remembers of buttons and wheel.
type pointer struct {
	held   [10]bool // by X button
	dx, dy int      // of the wheel, not yet a whole notch
}

// xButton translates a DOM button; 4 to 7 are the wheel.
func xButton(b uint8) (byte, bool) {
	switch b {
	case wire.ButtonLeft, wire.ButtonMiddle, wire.ButtonRight:
		return b + 1, true
	case wire.ButtonBack, wire.ButtonForward:
		return b - wire.ButtonBack + 8, true
	}
	return 0, false
}

func (x *xtest) move(e *wire.Input) {
	o := x.origin.Load()
	px := min(max(int(e.X)+o.X, 0), math.MaxInt16)
	py := min(max(int(e.Y)+o.Y, 0), math.MaxInt16)
	x.fake(xproto.MotionNotify, 0, int16(px), int16(py))
}

func (x *xtest) button(e *wire.Input) {
	b, ok := xButton(e.Button)
	if !ok {
		return
	}
	x.move(e)
	if x.pointer.held[b] == e.Down {
		return
	}
	x.pointer.held[b] = e.Down
	kind := byte(xproto.ButtonRelease)
	if e.Down {
		kind = xproto.ButtonPress
	}
	x.fake(kind, b, 0, 0)
}

func (x *xtest) wheel(e *wire.Input) {
	x.move(e)
	x.click(notches(&x.pointer.dy, e.DY), wheelUp, wheelDown)
	x.click(notches(&x.pointer.dx, e.DX), wheelLeft, wheelRight)
}

func (x *xtest) click(n int, negative, positive byte) {
	button := positive
	if n < 0 {
		n, button = -n, negative
	}
	for range min(n, wheelLimit) {
		x.fake(xproto.ButtonPress, button, 0, 0)
		x.fake(xproto.ButtonRelease, button, 0, 0)
	}
}

// releaseButtons does not wait for the last.
func (x *xtest) releaseButtons() {
	for b, down := range x.pointer.held {
		if down {
			x.fake(xproto.ButtonRelease, byte(b), 0, 0)
		}
	}
	x.pointer = pointer{}
}
