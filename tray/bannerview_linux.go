package tray

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/tray/internal/window"
)

// The hot-key that ends the session, whatever has the focus.
const (
	hotKeyName = "Ctrl+Alt+Shift+End"
	hotKeyMods = xproto.ModMaskControl | xproto.ModMask1 | xproto.ModMaskShift
)

// Times of the banner.
const (
	// settle gathers the many events of one change on the screen.
	settle = 40 * time.Millisecond
	// coveredFor is how long the banner may be out of sight before it counts as
	// lost: longer than a raise takes, shorter than anything could be done unseen.
	coveredFor = time.Second
)

var errDestroyed = errors.New("banner window destroyed")

// bannerView is the banner in its window on one display.
//
//	opened ──MapNotify──▶ mapped ──visible──▶ shown ──hidden for coveredFor──▶ covered ─┐
//	                                            ▲────────────visible────────────────────┘
type bannerView struct {
	d     *window.Display
	w     *window.Window
	log   *slog.Logger
	face  bannerFace
	sign  func(k signKind, detail string) bool // false: the process ends
	place float64                              // of the middle, from left to right

	screen image.Rectangle // the primary monitor
	area   image.Rectangle // of the banner, on the screen

	mapped, obscured bool
	shown            bool // as it is wanted now
	told             bool // that it is on the screen, and not since that it is not
	dragging         bool
	hotKey           byte // key code of the grabbed hot-key; 0: none
	grab             int  // from the window's left edge

	check    *time.Timer // look at the stacking
	covered  *time.Timer // hidden for too long
	pace     pace
	stubborn map[xproto.Window]bool // above us whatever we do
}

// maxStubborn bounds the memory of windows that cannot be covered.
const maxStubborn = 32

func (v *bannerView) open() error {
	v.stubborn = map[xproto.Window]bool{}
	v.d.WatchLayout()
	code, err := v.d.GrabChord(window.KeyEnd, hotKeyMods)
	if err != nil { // another program has it: the menu and the banner are left
		v.log.Warn("hot-key", "err", err)
	}
	v.hotKey = code
	screen, err := v.d.Primary()
	if err != nil {
		return err
	}
	v.screen, v.face.width = screen, screen.Dx()
	size := v.face.layout()
	v.w, err = v.d.New(window.Spec{Title: bannerTitle, Size: size, Overlay: true})
	if err != nil {
		return err
	}
	v.put()
	v.w.Map()
	v.w.Raise()
	v.draw()
	return v.d.Sync()
}

// put moves the window to its place on the primary monitor.
func (v *bannerView) put() {
	size := v.w.Image.Rect.Size()
	room := v.screen.Dx() - size.X
	x := v.screen.Min.X
	if room > 0 {
		x += int(v.place*float64(room) + 0.5)
	}
	v.area = image.Rectangle{Max: size}.Add(image.Pt(x, v.screen.Min.Y))
	v.w.Move(v.area.Min)
}

// loop runs until the banner is replaced by one of another session or by
// nothing, until the display is gone or ctx ends.
func (v *bannerView) loop(ctx context.Context, wanted <-chan *notch, beats <-chan func()) (*notch, error) {
	v.check = time.NewTimer(settle)
	defer v.check.Stop()
	v.covered = time.NewTimer(coveredFor)
	defer v.covered.Stop()
	second := time.NewTimer(time.Hour)
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
			v.face.notch, v.shown = n, false
			v.face.notch.arm(second)
			err = v.renew()
		case beat := <-beats:
			beat()
		case <-second.C:
			v.face.notch.arm(second)
			err = v.renew()
		case <-v.check.C:
			err = v.restack()
		case <-v.covered.C:
			if v.told && v.obscured {
				v.shown, v.told = false, false
				v.sign(signLost, "the banner is covered by another window")
			}
		case e, ok := <-v.d.Events():
			if !ok {
				return nil, window.ErrGone
			}
			err = v.handle(e)
		}
		if err == nil {
			err = v.announce()
		}
		if err != nil {
			return nil, err
		}
	}
}

// renew lays the banner out again, for new words or another monitor.
func (v *bannerView) renew() error {
	screen, err := v.d.Primary()
	if err != nil {
		return err
	}
	v.screen, v.face.width = screen, screen.Dx()
	if size := v.face.layout(); size != v.w.Image.Rect.Size() {
		v.w.Resize(size)
	}
	v.put()
	v.draw()
	return nil
}

// announce reports the banner once it is really there: mapped, in sight, on a
// monitor, and painted by the server.
func (v *bannerView) announce() error {
	if v.shown || !v.mapped || v.obscured || !v.area.Overlaps(v.screen) {
		return nil
	}
	v.w.Paint()
	if err := v.d.Sync(); err != nil {
		return err
	}
	v.shown, v.told = true, true
	v.sign(signShown, "")
	return nil
}

func (v *bannerView) handle(e xgb.Event) error {
	switch e := e.(type) {
	case xproto.ExposeEvent:
		if e.Count == 0 {
			v.w.Paint()
		}
	case xproto.MapNotifyEvent:
		if e.Window == v.w.ID {
			// In sight is what VisibilityNotify says, which follows.
			v.mapped, v.obscured = true, true
			return nil
		}
		v.look()
	case xproto.UnmapNotifyEvent:
		if e.Window == v.w.ID {
			return fmt.Errorf("%w: unmapped by another program", errDestroyed)
		}
	case xproto.DestroyNotifyEvent:
		if e.Window == v.w.ID {
			return errDestroyed
		}
		delete(v.stubborn, e.Window)
	case xproto.VisibilityNotifyEvent:
		v.obscured = e.State == xproto.VisibilityFullyObscured
		if v.obscured {
			v.covered.Reset(coveredFor)
		}
		if e.State != xproto.VisibilityUnobscured {
			v.look()
		}
	case xproto.ConfigureNotifyEvent:
		switch e.Window {
		case v.w.ID:
			// Someone else moved us: back to our place.
			if at := image.Pt(int(e.X), int(e.Y)); at != v.area.Min && !v.dragging {
				v.look()
			}
		case v.d.Root():
			return v.renew()
		default:
			// Of the windows that are dragged about only one that reaches into our
			// place can cover it; to look at each step would cost as much as the step.
			width, height := int(e.Width)+2*int(e.BorderWidth), int(e.Height)+2*int(e.BorderWidth)
			if image.Rect(0, 0, width, height).Add(image.Pt(int(e.X), int(e.Y))).Overlaps(v.area) {
				v.look()
			}
		}
	case window.Foreign:
		return v.renew()
	case xproto.KeyPressEvent:
		if v.hotKey != 0 && byte(e.Detail) == v.hotKey && e.Event == v.d.Root() {
			v.sign(signDone, "")
		}
	case xproto.MotionNotifyEvent, xproto.ButtonPressEvent, xproto.ButtonReleaseEvent, xproto.LeaveNotifyEvent:
		v.pointer(e)
	}
	return nil
}

// look has the stacking looked at soon, but not more often than it may be
// answered.
func (v *bannerView) look() {
	v.check.Reset(max(settle, time.Until(v.pace.next())))
}

// restack raises the banner when something that can be covered covers it.
func (v *bannerView) restack() error {
	above, err := v.d.Covering(v.w, v.area)
	if err != nil {
		return err
	}
	fresh := false
	for _, w := range above {
		fresh = fresh || !v.stubborn[w]
	}
	if !fresh {
		return nil
	}
	v.pace.raised(time.Now())
	v.w.Raise()
	v.put()
	// What is still above is held there by the server, such as a compositor's
	// overlay: raising again would change nothing.
	still, err := v.d.Covering(v.w, v.area)
	if err != nil {
		return err
	}
	for _, w := range still {
		if len(v.stubborn) < maxStubborn {
			v.stubborn[w] = true
		}
	}
	return nil
}

func (v *bannerView) draw() {
	v.face.draw(v.w.Image, false)
	v.w.Paint()
}

// pointer drags the banner along its edge and presses its buttons.
func (v *bannerView) pointer(e xgb.Event) {
	f, before := &v.face, v.face
	switch e := e.(type) {
	case xproto.ButtonPressEvent:
		if e.Detail != 1 {
			return
		}
		if f.press(image.Pt(int(e.EventX), int(e.EventY))) {
			v.dragging, v.grab = true, int(e.EventX)
		}
	case xproto.MotionNotifyEvent:
		f.hover = v.hotKey != 0
		f.hot = f.button(image.Pt(int(e.EventX), int(e.EventY)))
		if room := v.screen.Dx() - v.area.Dx(); v.dragging && room > 0 {
			x := int(e.RootX) - v.grab - v.screen.Min.X
			v.place = float64(max(0, min(x, room))) / float64(room)
			v.put()
		}
	case xproto.ButtonReleaseEvent:
		if e.Detail != 1 {
			return
		}
		if k := f.release(image.Pt(int(e.EventX), int(e.EventY))); k != signShown {
			v.sign(k, "")
		}
		v.dragging = false
	case xproto.LeaveNotifyEvent:
		f.hot, f.hover = signShown, false
	}
	if f.hover != before.hover {
		if size := f.layout(); size != v.w.Image.Rect.Size() {
			v.w.Resize(size)
		}
		v.put()
		v.draw()
		return
	}
	if f.hot != before.hot || f.pressed != before.pressed {
		v.draw()
	}
}
