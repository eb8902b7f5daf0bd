package chat

import (
	"context"
	"image"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/time/rate"

	"github.com/alongside-remote/alongside/tray/internal/entry"
	"github.com/alongside-remote/alongside/tray/internal/window"
	"github.com/alongside-remote/alongside/tray/internal/words"
)

// view is the window on one display.
type view struct {
	d     *window.Display
	w     *window.Window
	words words.Words
	sign  func(Sign)
	state *State
	rows  []row // of state.Said
	all   int   // their height
	up    int   // pixels that the history is scrolled up from its end

	entry entry.Entry
	send  image.Rectangle // the button
	hint  words.ID        // below the entry; empty: nothing
	pace  *rate.Limiter
	front uint32 // the last State.Front that was answered

	write   uint32 // the newest Write
	asked   bool   // it stands
	marked  uint32 // the newest Write that a mark was made for
	marks   int    // marks that have not come back
	writing bool   // keys are the person's
	idle    *time.Timer

	told   time.Time       // when it was said last that the person writes something; zero: they do not
	lapse  *time.Timer     // when one of State.Typing is over
	seen   map[uint64]bool // what was said to be seen, by number
	mapped bool
	dirty  bool
}

func (v *view) open() error {
	screen, err := v.d.Primary()
	if err != nil {
		return err
	}
	size := image.Pt(min(width, screen.Dx()), min(height, screen.Dy()-2*margin))
	if v.w, err = v.d.New(window.Spec{Title: Title, Size: size, Ordinary: true}); err != nil {
		return err
	}
	v.w.Unobtrusive() // who types elsewhere goes on typing there
	v.w.Move(screen.Max.Sub(size).Sub(image.Pt(margin, margin)))
	v.layout()
	v.draw()
	v.w.Map()
	v.w.Raise()
	return v.d.Sync()
}

// loop runs until the window is not wanted any more, the display is gone or ctx ends.
func (v *view) loop(ctx context.Context, states <-chan *State) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case s := <-states:
			if !s.Open {
				return errClosed
			}
			v.take(s)
		case <-v.idle.C:
			v.rest()
		case <-v.lapse.C:
			v.dirty = true
		case e, ok := <-v.d.Events():
			if !ok {
				return window.ErrGone
			}
			v.handle(e)
		}
		if v.dirty && len(v.d.Events()) == 0 {
			v.dirty = false
			v.draw()
			v.look()
		}
	}
}

// take shows a new State.
func (v *view) take(s *State) {
	before := v.state.newest()
	v.state = s
	v.layout()
	switch now := s.newest(); {
	case now == before:
	case now.Own:
		v.up = 0
	default:
		v.w.Raise()
	}
	if v.mapped {
		v.come()
	}
	if v.asked && s.Quiet == v.write && v.marked != v.write {
		v.marked = v.write
		v.marks++
		v.w.Mark()
	}
	v.dirty = true
}

// come brings the window to the front when the person asked for it.
func (v *view) come() {
	if v.front != v.state.Front {
		v.front = v.state.Front
		v.w.Raise()
		v.w.Focus()
	}
}

// begin asks for remote input to be suspended. Keys count once it is.
func (v *view) begin() {
	if v.asked {
		return
	}
	v.write++
	v.asked = true
	v.idle.Reset(RestAfter)
	v.sign(Sign{Kind: Write, Write: v.write})
}

// rest takes no key from here on, and lets remote input go on.
func (v *view) rest() {
	if !v.asked {
		return
	}
	v.asked, v.writing, v.dirty = false, false, true
	v.idle.Stop()
	v.stop()
	v.sign(Sign{Kind: Rest, Write: v.write})
}

// past is a mark that came back. Behind the newest one, keys are the person's.
func (v *view) past() {
	v.marks--
	if v.marks == 0 && v.asked && v.marked == v.write {
		v.writing, v.dirty = true, true
		v.idle.Reset(RestAfter)
	}
}

func (v *view) handle(e xgb.Event) {
	switch e := e.(type) {
	case xproto.ExposeEvent:
		if e.Count == 0 {
			v.w.Paint()
		}
	case xproto.MapNotifyEvent:
		v.mapped, v.dirty = true, true
		v.come()
	case xproto.UnmapNotifyEvent:
		v.mapped = false
	case xproto.MappingNotifyEvent:
		_ = v.d.ReloadKeyboard() // a lost display shows itself as the end of events
	case xproto.PropertyNotifyEvent:
		if v.marks > 0 && v.w.Marked(e) {
			v.past()
		}
	case xproto.ClientMessageEvent:
		if v.w.Deleted(e) {
			v.sign(Sign{Kind: Close})
		}
	case xproto.FocusInEvent:
		if own(e.Mode, e.Detail) {
			v.begin()
		}
	case xproto.FocusOutEvent:
		if own(e.Mode, e.Detail) {
			v.rest()
		}
	case xproto.ButtonPressEvent:
		v.press(e)
	case xproto.KeyPressEvent:
		if !v.writing {
			v.begin()
			return
		}
		v.idle.Reset(RestAfter)
		v.key(v.d.Key(e))
	}
}

// own tells a change of the focus from a keyboard that is grabbed for a moment, and
// from a pointer that passes by.
func own(mode, detail byte) bool {
	return mode != xproto.NotifyModeGrab && mode != xproto.NotifyModeUngrab &&
		detail != xproto.NotifyDetailPointer && detail != xproto.NotifyDetailPointerRoot
}

func (v *view) press(e xproto.ButtonPressEvent) {
	switch e.Detail {
	case 1:
		switch at := image.Pt(int(e.EventX), int(e.EventY)); {
		case !v.writing:
			v.w.Focus()
			v.begin()
		case at.In(v.send):
			v.say()
		}
	case 4:
		v.scroll(scrollStep)
	case 5:
		v.scroll(-scrollStep)
	}
}

func (v *view) key(sym uint32, r rune) {
	v.dirty = true
	switch sym {
	case window.KeyReturn, window.KeyEnter:
		v.say()
	case window.KeyEscape:
		v.sign(Sign{Kind: Close})
	case window.KeyPageUp:
		v.scroll(v.history().Dy() - scrollStep)
	case window.KeyPageDown:
		v.scroll(scrollStep - v.history().Dy())
	default:
		v.hint = ""
		v.entry.Edit(sym, r)
		v.types()
	}
}

// say says what stands in the entry; what cannot be said now stays there.
func (v *view) say() {
	v.dirty = true
	text := strings.TrimSpace(string(v.entry.Text))
	switch {
	case text == "":
	case !v.state.Online:
		v.hint = words.ChatOffline
	case !v.pace.Allow():
		v.hint = words.ChatWait
	default:
		v.hint = ""
		v.entry.Set("")
		v.told = time.Time{} // the message says it
		v.sign(Sign{Kind: Say, Text: text})
	}
}

func (v *view) scroll(by int) {
	v.up = max(0, min(v.up+by, v.all-v.history().Dy()))
	v.dirty = true
}

// newest is what was said last.
func (s *State) newest() Message {
	if len(s.Said) == 0 {
		return Message{}
	}
	return s.Said[len(s.Said)-1]
}
