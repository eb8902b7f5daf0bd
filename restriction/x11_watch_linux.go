package restriction

import (
	"errors"
	"image"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/alongside-remote/alongside/internal/x11"
)

// errUnheard means that events were dropped: a chord of the person's may be among them.
var errUnheard = errors.New("more was done than could be heard")

func pointOf(p *xproto.QueryPointerReply) image.Point { return image.Pt(int(p.RootX), int(p.RootY)) }

// watch hears what the person does until the desktop is closed or gone.
func (d *desktop) watch() {
	defer close(d.done)
	for {
		select {
		case <-d.stop:
			return
		case <-d.conn.Gone():
			d.mu.Lock()
			d.giveAll(Lost)
			d.mu.Unlock()
			<-d.stop
			return
		case <-d.alarm.C:
			d.mu.Lock()
			d.dim()
			d.mu.Unlock()
		case <-d.conn.Wake():
			d.mu.Lock()
			d.hear()
			d.mu.Unlock()
		}
		d.conn.Drain()
	}
}

// dim makes monitors dark again: those that are light for the person's sake, when that
// is over, and those that another program made light. The lock is held.
func (d *desktop) dim() {
	if !d.held.Screen {
		return
	}
	if left := time.Until(d.lit); left > 0 {
		d.alarm.Reset(left)
		return
	}
	d.lit = time.Time{}
	if err := d.ramps.darken(); err != nil {
		d.fail(err)
		return
	}
	d.alarm.Reset(lookEvery)
}

// brighten makes monitors light because the person did something. The lock is held.
func (d *desktop) brighten() {
	if !d.held.Screen {
		return
	}
	if d.lit.IsZero() {
		if err := d.ramps.light(); err != nil {
			d.fail(err)
			return
		}
	}
	d.lit = time.Now().Add(d.litFor)
	d.alarm.Reset(d.litFor)
}

// fail gives everything back that cannot be held as it was promised. The lock is held.
func (d *desktop) fail(err error) {
	d.log.Warn("restriction", "err", err)
	d.giveAll(Lost)
}

// hear acts on the events that have come. The lock is held.
func (d *desktop) hear() { d.hearWithout(x11.ActOther) }

func (d *desktop) hearWithout(not x11.Act) {
	var lost bool
	d.events, lost = d.conn.Events(d.events[:0])
	if d.held.Nothing() {
		return
	}
	if lost {
		d.fail(errUnheard)
		return
	}
	moved := uint16(0)
	for i := range d.events {
		e := &d.events[i]
		if d.held.Screen && d.lit.IsZero() && d.ramps.changed(e) {
			d.dim()
		}
		if a, _, _ := d.devices.Act(e); a == not {
			continue
		}
		if id := d.act(e); id != 0 {
			moved = id
		}
		if d.held.Nothing() {
			return
		}
	}
	if moved != 0 {
		d.follow(moved)
	}
}

// act acts on one event, and says which device moved, if one did. The lock is held.
func (d *desktop) act(e *x11.Event) (moved uint16) {
	a, id, detail := d.devices.Act(e)
	if a == x11.ActHierarchy {
		d.arrived()
		return 0
	}
	if _, own := d.own[id]; !own || a == x11.ActOther {
		return 0
	}
	switch a {
	case x11.ActKeyPress:
		if s := d.chords.press(detail); s != 0 {
			d.giveAll(s)
			return 0
		}
	case x11.ActKeyRelease:
		d.chords.release(detail)
		return 0
	case x11.ActButtonPress:
		if d.held.Input && d.onBanner(id) {
			d.giveAll(TakenBack)
			return 0
		}
	case x11.ActMotion:
		moved = id
	default:
	}
	d.brighten()
	return moved
}

// arrived takes devices that came, too. The lock is held.
func (d *desktop) arrived() {
	err := d.know()
	if err == nil && d.held.Input {
		err = d.grab()
	}
	if err != nil {
		d.fail(err)
	}
}

// onBanner says whether a device that was taken points to the banner. The lock is held.
func (d *desktop) onBanner(id uint16) bool {
	if d.held.Banner == 0 || !d.grabbed[id] {
		return false
	}
	_, w, err := d.devices.Pointer(id, d.conn.Root)
	return err == nil && uint32(w) == d.held.Banner
}

// follow takes the desktop's pointer to where a device that was taken points, so that
// the person sees it. The lock is held.
func (d *desktop) follow(id uint16) {
	if !d.held.Input || !d.grabbed[id] {
		return
	}
	at, _, err := d.devices.Pointer(id, d.conn.Root)
	if err != nil {
		return // it went away, which the next event tells
	}
	xtest.FakeInput(d.conn.Conn, xproto.MotionNotify, 0, 0, d.conn.Root, int16(at.X), int16(at.Y), 0) //nolint:gosec // on the screen
}
