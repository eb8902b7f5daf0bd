package tray

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/indicator"
	"github.com/alongside-remote/alongside/tray/internal/window"
)

// drawEvery is the least time between two pictures of the banner: each goes to the helper,
// which has to know it before it is shown.
const drawEvery = 125 * time.Millisecond

// errRearranged ends a view whose monitors are others now.
var errRearranged = errors.New("the monitors have changed")

// spreadView is the banner on XWayland: a window at the upper edge of each monitor, all
// with the same picture. Compositors keep such windows above others; whether they do, the
// X server does not know. The view says what it draws before it does, so that the helper
// can look for it in what the monitors show, and never says that it is shown.
//
//	opened ──all mapped──▶ said ──▶ drawn
//	                         ▲────────┘ other words, place, button
type spreadView struct {
	d     *window.Display
	face  bannerFace
	sign  func(sign) bool // false: the process ends
	place float64         // of the middle, from left to right

	sheets []*spreadSheet
	dirty  bool        // something else is to be drawn
	drawn  time.Time   // when last
	turn   *time.Timer // of drawing
	check  *time.Timer // of the stacking

	pace pace

	dragging *spreadSheet
	grab     int // from the window's left edge
}

// spreadSheet is the window on one monitor.
type spreadSheet struct {
	w      *window.Window
	screen image.Rectangle
	area   image.Rectangle
	mapped bool
}

func (v *spreadView) open() error {
	v.d.WatchLayout()
	screens, err := v.d.Monitors()
	if err != nil {
		return err
	}
	v.face.width = screens[0].Dx()
	for _, s := range screens {
		v.face.width = min(v.face.width, s.Dx()) // one picture for all
	}
	size := v.face.layout()
	for _, s := range screens[:min(len(screens), indicator.MaxSpots)] {
		w, err := v.d.New(window.Spec{Title: bannerTitle, Size: size, Overlay: true})
		if err != nil {
			return err
		}
		v.sheets = append(v.sheets, &spreadSheet{w: w, screen: s})
		w.Map()
		w.Raise()
	}
	v.arrange(size)
	return nil
}

// loop is that of bannerView.
func (v *spreadView) loop(ctx context.Context, wanted <-chan *notch, beats <-chan func()) (*notch, error) {
	v.turn, v.check = time.NewTimer(far), time.NewTimer(settle)
	defer v.turn.Stop()
	defer v.check.Stop()
	second := time.NewTimer(far)
	defer second.Stop()
	v.face.notch.arm(second)
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case n := <-wanted:
			if n == nil || !bytes.Equal(n.session, v.face.notch.session) {
				return n, errReplaced
			}
			v.face.notch = n
			v.face.notch.arm(second)
			v.redraw()
		case beat := <-beats:
			beat()
		case <-second.C:
			v.face.notch.arm(second)
			v.redraw()
		case <-v.turn.C:
			v.draw()
		case <-v.check.C:
			err = v.restack()
		case e, ok := <-v.d.Events():
			if !ok {
				return nil, window.ErrGone
			}
			err = v.handle(e)
		}
		if err != nil {
			return nil, err
		}
	}
}

// redraw draws soon.
func (v *spreadView) redraw() {
	if !v.dirty {
		v.dirty = true
		v.turn.Reset(max(0, drawEvery-time.Since(v.drawn)))
	}
}

// draw says what is drawn now, then does it. Before all windows are there it waits.
func (v *spreadView) draw() {
	if slices.ContainsFunc(v.sheets, func(s *spreadSheet) bool { return !s.mapped }) {
		v.dirty = false
		return
	}
	v.dirty, v.drawn = false, time.Now()
	size := v.face.layout()
	v.arrange(size)
	img := image.NewRGBA(image.Rectangle{Max: size})
	v.face.draw(img, false)
	places := make([]indicator.Place, 0, len(v.sheets))
	for _, s := range v.sheets {
		places = append(places, indicator.Place{Monitor: s.screen, Area: s.area})
	}
	v.sign(sign{kind: signPlaced, placed: indicator.Placed(v.face.notch.session, img, places)})
	for _, s := range v.sheets {
		s.w.Resize(size)
		s.w.Move(s.area.Min)
		copy(s.w.Image.Pix, img.Pix)
		s.w.Paint()
	}
}

// arrange finds the places for a banner of a size.
func (v *spreadView) arrange(size image.Point) {
	for _, s := range v.sheets {
		x := s.screen.Min.X
		if room := s.screen.Dx() - size.X; room > 0 {
			x += int(v.place*float64(room) + 0.5)
		}
		s.area = image.Rectangle{Max: size}.Add(image.Pt(x, s.screen.Min.Y))
	}
}

func (v *spreadView) sheet(id xproto.Window) *spreadSheet {
	for _, s := range v.sheets {
		if s.w.ID == id {
			return s
		}
	}
	return nil
}

func (v *spreadView) handle(e xgb.Event) error {
	switch e := e.(type) {
	case xproto.ExposeEvent:
		if s := v.sheet(e.Window); s != nil && e.Count == 0 {
			s.w.Paint()
		}
	case xproto.MapNotifyEvent:
		if s := v.sheet(e.Window); s != nil && !s.mapped {
			s.mapped = true
			v.redraw()
		}
		v.look()
	case xproto.UnmapNotifyEvent:
		if v.sheet(e.Window) != nil {
			return fmt.Errorf("%w: unmapped by another program", errDestroyed)
		}
	case xproto.DestroyNotifyEvent:
		if v.sheet(e.Window) != nil {
			return errDestroyed
		}
	case xproto.ConfigureNotifyEvent:
		if e.Window == v.d.Root() {
			return v.rearranged()
		}
		v.look()
	case window.Foreign:
		return v.rearranged()
	case xproto.MotionNotifyEvent, xproto.ButtonPressEvent, xproto.ButtonReleaseEvent, xproto.LeaveNotifyEvent:
		v.pointer(e)
	}
	return nil
}

func (v *spreadView) rearranged() error {
	now, err := v.d.Monitors()
	if err != nil {
		return err
	}
	now = now[:min(len(now), indicator.MaxSpots)]
	if !slices.EqualFunc(now, v.sheets, func(r image.Rectangle, s *spreadSheet) bool { return r == s.screen }) {
		return errRearranged
	}
	return nil
}

// look has the stacking looked at soon, but not more often than it may be answered.
func (v *spreadView) look() { v.check.Reset(max(settle, time.Until(v.pace.next()))) }

// restack raises the windows, and puts them back, where others that X knows of cover them.
func (v *spreadView) restack() error {
	covered := false
	for _, s := range v.sheets {
		above, err := v.d.Covering(s.w, s.area)
		if err != nil {
			return err
		}
		covered = covered || slices.ContainsFunc(above, func(w xproto.Window) bool { return v.sheet(w) == nil })
	}
	if !covered {
		return nil
	}
	v.pace.raised(time.Now())
	for _, s := range v.sheets {
		s.w.Raise()
		s.w.Move(s.area.Min)
	}
	return nil
}

// pointer drags the banner along its edge and presses its buttons.
func (v *spreadView) pointer(e xgb.Event) {
	f, before := &v.face, v.face
	switch e := e.(type) {
	case xproto.ButtonPressEvent:
		if e.Detail != 1 {
			return
		}
		if f.press(image.Pt(int(e.EventX), int(e.EventY))) {
			v.dragging, v.grab = v.sheet(e.Event), int(e.EventX)
		}
	case xproto.MotionNotifyEvent:
		f.hot = f.button(image.Pt(int(e.EventX), int(e.EventY)))
		if s := v.dragging; s != nil && s.screen.Dx() > s.area.Dx() {
			room := s.screen.Dx() - s.area.Dx()
			x := int(e.RootX) - v.grab - s.screen.Min.X
			v.place = float64(max(0, min(x, room))) / float64(room)
			v.redraw()
		}
	case xproto.ButtonReleaseEvent:
		if e.Detail != 1 {
			return
		}
		if k := f.release(image.Pt(int(e.EventX), int(e.EventY))); k != signShown {
			v.sign(sign{kind: k})
		}
		v.dragging = nil
	case xproto.LeaveNotifyEvent:
		f.hot = signShown
	}
	if f.hot != before.hot || f.pressed != before.pressed {
		v.redraw()
	}
}
