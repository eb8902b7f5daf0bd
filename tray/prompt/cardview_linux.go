package prompt

import (
	"context"
	"fmt"
	"image"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/tray/internal/window"
)

// armAfter is how long a window must have been on the screen before it takes a
// yes: a click or key that was meant for what was there before is not an answer,
// and neither is remote input that was on its way when the prompt opened.
const armAfter = 400 * time.Millisecond

// A window manager that is just starting may lose the wish of a window to be
// shown, so it is repeated; one that never shows it makes this a failure, not a
// question that nobody answered.
const (
	insistEvery = time.Second
	insistTimes = 6
)

// cardView is a card in a window.
type cardView struct {
	d     *window.Display
	w     *window.Window
	card  *card
	alone bool // no window manager gives us the focus

	corner image.Point // where it was placed
	dirty  bool        // to be painted

	shown    time.Time // when the window was mapped
	deadline time.Time
}

func (v *cardView) open() error {
	v.card.hot, v.card.pressed = -1, -1
	for i := range v.card.entries {
		v.card.entries[i].Cursor, v.card.entries[i].Max = len(v.card.entries[i].Text), MaxField
	}
	size := v.card.layout()
	w, err := v.d.New(window.Spec{Title: v.card.title, Size: size})
	if err != nil {
		return err
	}
	v.w = w
	screen, err := v.d.Primary()
	if err != nil {
		return err
	}
	v.corner = screen.Min.Add(screen.Size().Sub(size).Div(2))
	if v.card.timeout > 0 {
		v.deadline = time.Now().Add(v.card.timeout)
	}
	v.mapWindow()
	v.paint()
	return v.d.Sync()
}

func (v *cardView) mapWindow() {
	v.alone = !v.d.HasManager()
	v.w.Move(v.corner)
	v.w.Map()
	v.w.Raise()
}

func (v *cardView) paint() {
	v.card.draw(v.w.Image, time.Until(v.deadline))
	v.w.Paint()
}

var errNotShown = fmt.Errorf("%w: the window manager does not show the window", ErrFailed)

// loop runs until there is a result. The error is window.ErrGone, errNotShown or
// the cause of ctx.
func (v *cardView) loop(ctx context.Context) (result, error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	if v.card.timeout <= 0 {
		tick.Stop() // nothing changes, nothing runs
	}
	var timeout <-chan time.Time
	if v.card.timeout > 0 {
		t := time.NewTimer(v.card.timeout)
		defer t.Stop()
		timeout = t.C
	}
	insist := time.NewTicker(insistEvery)
	defer insist.Stop()
	tries := 0
	for {
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-insist.C:
			if !v.shown.IsZero() {
				insist.Stop()
				continue
			}
			if tries++; tries > insistTimes {
				return 0, errNotShown
			}
			v.mapWindow()
		case <-timeout:
			return resultTimeout, nil
		case <-tick.C:
			v.dirty = true
		case e, ok := <-v.d.Events():
			if !ok {
				return 0, window.ErrGone
			}
			if res := v.handle(e); res != resultOpen {
				return res, nil
			}
		}
		// Fast typing is painted once, when everything typed so far is in.
		if v.dirty && len(v.d.Events()) == 0 {
			v.dirty = false
			v.paint()
		}
	}
}

func (v *cardView) handle(e xgb.Event) result {
	c := v.card
	switch e := e.(type) {
	case xproto.ExposeEvent:
		if e.Count == 0 {
			v.w.Paint()
		}
	case xproto.MapNotifyEvent:
		v.shown = time.Now()
		if v.alone {
			v.w.Focus()
		}
	case xproto.MappingNotifyEvent:
		_ = v.d.ReloadKeyboard() // a lost display shows itself as the end of events
	case xproto.ClientMessageEvent:
		if v.w.Deleted(e) {
			return resultNo
		}
	case xproto.MotionNotifyEvent:
		if hot := v.buttonAt(image.Pt(int(e.EventX), int(e.EventY))); hot != c.hot {
			c.hot = hot
			v.dirty = true
		}
	case xproto.LeaveNotifyEvent:
		if c.hot >= 0 {
			c.hot = -1
			v.dirty = true
		}
	case xproto.ButtonPressEvent:
		v.press(e)
	case xproto.ButtonReleaseEvent:
		// A click is a press and a release on the same button.
		held := c.pressed
		c.pressed = -1
		if e.Detail == 1 && held >= 0 && v.buttonAt(image.Pt(int(e.EventX), int(e.EventY))) == held {
			return v.activate(held)
		}
		v.dirty = true
	case xproto.KeyPressEvent:
		sym, r := v.d.Key(e)
		return v.key(sym, r)
	}
	return resultOpen
}

func (v *cardView) press(e xproto.ButtonPressEvent) {
	if e.Detail != 1 {
		return
	}
	c, at := v.card, image.Pt(int(e.EventX), int(e.EventY))
	if v.alone {
		v.w.Focus()
	}
	c.pressed = v.buttonAt(at)
	for i := range c.entries {
		if at.In(c.entries[i].Rect) {
			c.focus = i
			c.entries[i].Cursor = len(c.entries[i].Text)
		}
	}
	v.dirty = true
}

func (v *cardView) buttonAt(p image.Point) int {
	for i, b := range v.card.buttons {
		if p.In(b.rect) {
			return i
		}
	}
	return -1
}

// activate is a click or Return on a button.
func (v *cardView) activate(i int) result {
	b := v.card.buttons[i]
	if b.result == resultYes {
		if v.shown.IsZero() || time.Since(v.shown) < armAfter {
			v.dirty = true
			return resultOpen
		}
		if v.card.check != nil && !v.card.check() {
			v.dirty = true
			return resultOpen
		}
	}
	return b.result
}

func (v *cardView) key(sym uint32, r rune) result {
	c := v.card
	stops := len(c.entries) + len(c.buttons)
	switch {
	case sym == window.KeyEscape:
		return resultNo
	case sym == window.KeyBackTab:
		c.focus = (c.focus + stops - 1) % stops
	case sym == window.KeyTab:
		c.focus = (c.focus + 1) % stops
	case sym == window.KeyReturn || sym == window.KeyEnter:
		if c.focus < len(c.entries) {
			if c.focus++; c.focus == len(c.entries) {
				c.focus = stops - 1 // from the last entry to the button that sends
			}
			break
		}
		return v.activate(c.focus - len(c.entries))
	case c.focus < len(c.entries):
		c.entries[c.focus].Edit(sym, r)
	case sym == window.KeySpace:
		return v.activate(c.focus - len(c.entries))
	case sym == window.KeyLeft || sym == window.KeyRight:
		n := len(c.buttons)
		step := 1
		if sym == window.KeyLeft {
			step = n - 1
		}
		c.focus = len(c.entries) + (c.focus-len(c.entries)+step)%n
	default:
		return resultOpen
	}
	v.dirty = true
	return resultOpen
}
