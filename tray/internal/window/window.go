package window

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"image"

	"github.com/jezek/xgb/xproto"
)

// Spec describes a window.
type Spec struct {
	Title string
	Size  image.Point
	// Overlay windows are placed by us, above everything and never focused;
	// others are dialogs in the care of the window manager.
	Overlay bool
	// Ordinary windows can be covered like those of other programs, and stand where
	// the window manager lists them.
	Ordinary bool
}

// Window is a picture on the screen. Draw into Image, then Paint.
type Window struct {
	ID    xproto.Window
	Image *image.RGBA

	d  *Display
	gc xproto.Gcontext
}

// maxPut is the largest piece of a picture in one request; the protocol's limit
// without extensions is 256 KiB.
const maxPut = 200 << 10

// windowID is one that no window of ours has had before, most likely. Servers give the
// numbers of a connection that was closed to the next one, and a window manager that
// is still busy with our last window takes a new one of the same number for it.
func (d *Display) windowID() xproto.Window {
	setup := xproto.Setup(d.conn)
	step := setup.ResourceIdMask & -setup.ResourceIdMask
	half := setup.ResourceIdMask/step/2 + 1 // the lower half is what NewId counts through
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return xproto.Window(setup.ResourceIdBase | (half+binary.LittleEndian.Uint32(b[:])%half)*step)
}

// New makes a window that is not mapped yet.
func (d *Display) New(s Spec) (*Window, error) {
	id := d.windowID()
	gc, err := xproto.NewGcontextId(d.conn)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	override := uint32(0)
	if s.Overlay {
		override = 1
	}
	events := uint32(xproto.EventMaskExposure | xproto.EventMaskStructureNotify | xproto.EventMaskVisibilityChange |
		xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease | xproto.EventMaskPointerMotion |
		xproto.EventMaskLeaveWindow | xproto.EventMaskFocusChange)
	if !s.Overlay {
		events |= xproto.EventMaskKeyPress | xproto.EventMaskPropertyChange
	}
	err = xproto.CreateWindowChecked(d.conn, d.screen.RootDepth, id, d.screen.Root,
		0, 0, uint16(s.Size.X), uint16(s.Size.Y), 0, xproto.WindowClassInputOutput, d.screen.RootVisual,
		xproto.CwBackPixmap|xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{0, override, events}).Check()
	if err != nil {
		return nil, fmt.Errorf("create window: %w", err)
	}
	xproto.CreateGC(d.conn, gc, xproto.Drawable(id), 0, nil)
	w := &Window{ID: id, d: d, gc: gc, Image: image.NewRGBA(image.Rectangle{Max: s.Size})}
	return w, w.describe(s)
}

// describe tells window managers and screen readers what the window is.
func (w *Window) describe(s Spec) error {
	utf8, err := w.d.atom("UTF8_STRING")
	if err != nil {
		return err
	}
	kind := "_NET_WM_WINDOW_TYPE_DIALOG"
	switch {
	case s.Overlay:
		kind = "_NET_WM_WINDOW_TYPE_NOTIFICATION"
	case s.Ordinary:
		kind = "_NET_WM_WINDOW_TYPE_NORMAL"
	}
	w.text(xproto.AtomWmName, xproto.AtomString, s.Title)
	w.text(xproto.AtomWmClass, xproto.AtomString, "alongside\x00Alongside\x00")
	if a, err := w.d.atom("_NET_WM_NAME"); err == nil {
		w.text(a, utf8, s.Title)
	}
	w.atomList("_NET_WM_WINDOW_TYPE", kind)
	if !s.Ordinary {
		w.atomList("_NET_WM_STATE", "_NET_WM_STATE_ABOVE", "_NET_WM_STATE_SKIP_TASKBAR", "_NET_WM_STATE_SKIP_PAGER")
	}
	w.atomList("WM_PROTOCOLS", "WM_DELETE_WINDOW")
	input := uint32(1)
	if s.Overlay {
		input = 0
	}
	w.numbers(xproto.AtomWmHints, xproto.AtomWmHints, 1, input, 0, 0, 0, 0, 0, 0, 0)
	// USPosition, PMinSize, PMaxSize: the window is placed by us and not resized.
	x, y := uint32(s.Size.X), uint32(s.Size.Y)
	w.numbers(xproto.AtomWmNormalHints, xproto.AtomWmSizeHints, 1|16|32, 0, 0, x, y, x, y, x, y, 0, 0, 0, 0, 0, 0, 0, 0)
	return nil
}

func (w *Window) text(property, kind xproto.Atom, s string) {
	xproto.ChangeProperty(w.d.conn, xproto.PropModeReplace, w.ID, property, kind, 8, uint32(len(s)), []byte(s))
}

func (w *Window) numbers(property, kind xproto.Atom, v ...uint32) {
	var b []byte
	for _, n := range v {
		b = binary.LittleEndian.AppendUint32(b, n) // xgb speaks little-endian
	}
	xproto.ChangeProperty(w.d.conn, xproto.PropModeReplace, w.ID, property, kind, 32, uint32(len(v)), b)
}

func (w *Window) atomList(property string, names ...string) {
	p, err := w.d.atom(property)
	if err != nil {
		return
	}
	var v []uint32
	for _, n := range names {
		if a, err := w.d.atom(n); err == nil {
			v = append(v, uint32(a))
		}
	}
	w.numbers(p, xproto.AtomAtom, v...)
}

// Paint puts the picture on the screen.
func (w *Window) Paint() {
	size := w.Image.Rect.Size()
	step := max(1, maxPut/w.d.format.stride(size.X))
	for y := 0; y < size.Y; y += step {
		end := min(y+step, size.Y)
		xproto.PutImage(w.d.conn, xproto.ImageFormatZPixmap, xproto.Drawable(w.ID), w.gc,
			uint16(size.X), uint16(end-y), 0, int16(y), 0, w.d.format.depth, w.d.format.rows(w.Image, y, end))
	}
}

// Map shows the window; MapNotify tells when it is there.
func (w *Window) Map() { xproto.MapWindow(w.d.conn, w.ID) }

// Move places the upper left corner.
func (w *Window) Move(p image.Point) {
	xproto.ConfigureWindow(w.d.conn, w.ID, xproto.ConfigWindowX|xproto.ConfigWindowY,
		[]uint32{uint32(int32(p.X)), uint32(int32(p.Y))})
}

// Resize changes the size, and with it the picture.
func (w *Window) Resize(size image.Point) {
	if size == w.Image.Rect.Size() {
		return
	}
	w.Image = image.NewRGBA(image.Rectangle{Max: size})
	xproto.ConfigureWindow(w.d.conn, w.ID, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
		[]uint32{uint32(size.X), uint32(size.Y)})
}

// Raise puts the window above its siblings.
func (w *Window) Raise() {
	xproto.ConfigureWindow(w.d.conn, w.ID, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
}

// Focus gives the window the keyboard; for screens without a window manager.
func (w *Window) Focus() {
	xproto.SetInputFocus(w.d.conn, xproto.InputFocusPointerRoot, w.ID, xproto.TimeCurrentTime)
}

// Unobtrusive asks the window manager not to focus the window when it appears.
func (w *Window) Unobtrusive() {
	if a, err := w.d.atom("_NET_WM_USER_TIME"); err == nil {
		w.numbers(a, xproto.AtomCardinal, 0)
	}
}

// markName is the property that Mark changes.
const markName = "_ALONGSIDE_MARK"

// Mark makes an event that comes behind all those that the display has made by now.
func (w *Window) Mark() {
	if a, err := w.d.atom(markName); err == nil {
		w.numbers(a, xproto.AtomCardinal, 0)
	}
}

// Marked reports whether an event is that of Mark.
func (w *Window) Marked(e xproto.PropertyNotifyEvent) bool {
	a, err := w.d.atom(markName)
	return err == nil && e.Window == w.ID && e.Atom == a
}

// Deleted reports whether a message is the window manager's close button.
func (w *Window) Deleted(e xproto.ClientMessageEvent) bool {
	protocols, err := w.d.atom("WM_PROTOCOLS")
	if err != nil || e.Type != protocols || len(e.Data.Data32) == 0 {
		return false
	}
	del, err := w.d.atom("WM_DELETE_WINDOW")
	return err == nil && xproto.Atom(e.Data.Data32[0]) == del
}

// Covering lists the windows above one that overlap the area it has on the
// screen.
func (d *Display) Covering(w *Window, area image.Rectangle) ([]xproto.Window, error) {
	tree, err := xproto.QueryTree(d.conn, d.screen.Root).Reply()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	var out []xproto.Window
	for i := len(tree.Children) - 1; i >= 0 && tree.Children[i] != w.ID; i-- {
		c := tree.Children[i]
		a, err := xproto.GetWindowAttributes(d.conn, c).Reply()
		if err != nil || a.MapState != xproto.MapStateViewable || a.Class == xproto.WindowClassInputOnly {
			continue
		}
		g, err := xproto.GetGeometry(d.conn, xproto.Drawable(c)).Reply()
		if err != nil {
			continue
		}
		b := int(g.BorderWidth)
		r := image.Rect(int(g.X), int(g.Y), int(g.X)+int(g.Width)+2*b, int(g.Y)+int(g.Height)+2*b)
		if r.Overlaps(area) {
			out = append(out, c)
		}
	}
	return out, nil
}
