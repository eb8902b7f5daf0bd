package input

import (
	"image"

	"github.com/alongside-remote/alongside/wire"
)

const (
	pointerMotion   = 1 // absolute
	pointerButton   = 2
	pointerFrame    = 4
	pointerSource   = 5
	pointerDiscrete = 7

	axisVertical   = 0
	axisHorizontal = 1
	sourceWheel    = 0
	// notchTurn is what programs expect of a notch of a wheel, in their pixels.
	notchTurn = 15

	pressed  = 1
	released = 0
)

// wlrPointer is what the backend remembers of buttons and wheel.
type wlrPointer struct {
	id     uint32
	held   [5]bool // by DOM button
	dx, dy int     // of the wheel, not yet a whole notch
}

// evdevButtons are the Linux codes of DOM buttons: left, middle, right, back,
// forward.
var evdevButtons = [5]uint32{0x110, 0x112, 0x111, 0x113, 0x114}

func (w *wlr) move(e *wire.Input) {
	o := w.origin.Load()
	x, y, extent := w.layout.Place(image.Pt(int(e.X), int(e.Y)).Add(*o))
	w.conn.Request(w.pointer.id, pointerMotion).Uint(w.now()).
		Uint(x).Uint(y).Uint(uint32(extent.X)).Uint(uint32(extent.Y)).Send()
}

// frame ends what belongs together.
func (w *wlr) frame() { w.conn.Request(w.pointer.id, pointerFrame).Send() }

func (w *wlr) button(e *wire.Input) {
	if int(e.Button) >= len(evdevButtons) {
		return
	}
	w.move(e)
	w.frame()
	if w.pointer.held[e.Button] == e.Down {
		return
	}
	w.put(e.Button, e.Down)
}

func (w *wlr) put(button uint8, down bool) {
	w.pointer.held[button] = down
	state := uint32(released)
	if down {
		state = pressed
	}
	w.conn.Request(w.pointer.id, pointerButton).Uint(w.now()).Uint(evdevButtons[button]).Uint(state).Send()
	w.frame()
}

func (w *wlr) wheel(e *wire.Input) {
	w.move(e)
	w.frame()
	w.turn(axisVertical, notches(&w.pointer.dy, e.DY))
	w.turn(axisHorizontal, notches(&w.pointer.dx, e.DX))
}

func (w *wlr) turn(axis uint32, n int) {
	if n = min(max(n, -wheelLimit), wheelLimit); n == 0 {
		return
	}
	w.conn.Request(w.pointer.id, pointerDiscrete).Uint(w.now()).Uint(axis).
		Fixed(float64(n * notchTurn)).Int(int32(n)).Send()
	// Compositors take the source as that of the axis that came last.
	w.conn.Request(w.pointer.id, pointerSource).Uint(sourceWheel).Send()
	w.frame()
}

func (w *wlr) releaseButtons() {
	for b, down := range w.pointer.held {
		if down {
			w.put(uint8(b), false)
		}
	}
	w.pointer.dx, w.pointer.dy = 0, 0
}
