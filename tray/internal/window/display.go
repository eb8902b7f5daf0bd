// Package window draws the program's own windows on an X display: the banner and
// the prompts of last resort. It is one picture per window, painted by us and
// put to the server again when a part of it was covered; no toolkit is needed on
// the machine.
package window

import (
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
)

// ErrGone means that there is no connection to the display: open it again.
var ErrGone = errors.New("display gone")

// eventQueue is how many events may wait while a window paints: a fast drag
// makes some hundred a second, and motion is taken together.
const eventQueue = 64

// Display is a connection to an X server. Its methods and those of its windows
// belong to one goroutine, the one that reads Events; Close may be called from
// any.
type Display struct {
	conn   *xgb.Conn
	screen *xproto.ScreenInfo
	format pixelFormat
	randr  bool
	atoms  map[string]xproto.Atom
	keys   keyboard
	events chan xgb.Event
	stop   chan struct{}
	done   chan struct{}
}

// Open connects to a display; "" is $DISPLAY.
func Open(name string) (*Display, error) {
	x11.Silence()
	foreign.Do(registerForeign)
	conn, err := xgb.NewConnDisplay(name)
	if err != nil {
		return nil, fmt.Errorf("open display: %w: %w", ErrGone, err)
	}
	d := &Display{
		conn: conn, atoms: map[string]xproto.Atom{},
		events: make(chan xgb.Event, eventQueue), stop: make(chan struct{}), done: make(chan struct{}),
	}
	setup := xproto.Setup(conn)
	d.screen = setup.DefaultScreen(conn)
	if d.format, err = formatOf(setup, d.screen); err != nil {
		conn.Close()
		return nil, err
	}
	if _, err := x11.Use(conn, "RANDR"); err == nil {
		v, err := randr.QueryVersion(conn, 1, 5).Reply()
		d.randr = err == nil && (v.MajorVersion > 1 || v.MinorVersion >= 5)
	}
	if err := d.loadKeyboard(); err != nil {
		conn.Close()
		return nil, err
	}
	go d.read()
	return d, nil
}

// Rootless reports whether the server is XWayland, which knows nothing of what lies
// over its windows. It says so by an extension or, before it had one, by the names of
// its monitors.
func (d *Display) Rootless() bool {
	const name = "XWAYLAND"
	if r, err := xproto.QueryExtension(d.conn, uint16(len(name)), name).Reply(); err == nil && r.Present {
		return true
	}
	if !d.randr {
		return false
	}
	m, err := randr.GetMonitors(d.conn, d.screen.Root, true).Reply()
	if err != nil || len(m.Monitors) == 0 {
		return false
	}
	r, err := xproto.GetAtomName(d.conn, m.Monitors[0].Name).Reply()
	return err == nil && strings.HasPrefix(r.Name, name)
}

// read moves events from the connection into the queue until either ends.
func (d *Display) read() {
	defer close(d.done)
	defer close(d.events)
	for {
		e, xerr := d.conn.WaitForEvent()
		if e == nil && xerr == nil {
			return
		}
		if e == nil {
			continue // an error of a request nobody waits for: a window that has just gone
		}
		select {
		case d.events <- e:
		case <-d.stop:
			// Let go of everything that is still coming, until the end.
			for e, xerr := d.conn.WaitForEvent(); e != nil || xerr != nil; e, xerr = d.conn.WaitForEvent() {
			}
			return
		}
	}
}

// Events are what happened. The channel is closed when the display is gone.
func (d *Display) Events() <-chan xgb.Event { return d.events }

// Close ends the connection, which destroys its windows, and waits for the
// reader. It may be called once.
func (d *Display) Close() {
	close(d.stop)
	d.conn.Close()
	<-d.done
}

// Sync waits until the server has done everything asked so far.
func (d *Display) Sync() error {
	if _, err := xproto.GetInputFocus(d.conn).Reply(); err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return nil
}

// Root is the root window.
func (d *Display) Root() xproto.Window { return d.screen.Root }

// WatchLayout asks for events when monitors or the stacking of windows change.
func (d *Display) WatchLayout() {
	if d.randr {
		randr.SelectInput(d.conn, d.screen.Root,
			randr.NotifyMaskScreenChange|randr.NotifyMaskCrtcChange|randr.NotifyMaskOutputChange)
	}
	xproto.ChangeWindowAttributes(d.conn, d.screen.Root, xproto.CwEventMask,
		[]uint32{xproto.EventMaskSubstructureNotify | xproto.EventMaskStructureNotify})
}

// Primary is the primary monitor, or the first, or the whole screen.
func (d *Display) Primary() (image.Rectangle, error) {
	all, err := d.Monitors()
	if err != nil {
		return image.Rectangle{}, err
	}
	return all[0], nil
}

// Monitors are the monitors, the primary one first, or the whole screen: at least one.
func (d *Display) Monitors() ([]image.Rectangle, error) {
	var all []image.Rectangle
	if d.randr {
		if m, err := randr.GetMonitors(d.conn, d.screen.Root, true).Reply(); err == nil {
			for _, o := range m.Monitors {
				r := image.Rect(int(o.X), int(o.Y), int(o.X)+int(o.Width), int(o.Y)+int(o.Height))
				switch {
				case r.Empty():
				case o.Primary:
					all = append([]image.Rectangle{r}, all...)
				default:
					all = append(all, r)
				}
			}
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	g, err := xproto.GetGeometry(d.conn, xproto.Drawable(d.screen.Root)).Reply()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	return []image.Rectangle{image.Rect(0, 0, int(g.Width), int(g.Height))}, nil
}

// HasManager reports whether a window manager is there to place and focus
// windows.
func (d *Display) HasManager() bool {
	a, err := d.atom("_NET_SUPPORTING_WM_CHECK")
	if err != nil {
		return false
	}
	p, err := xproto.GetProperty(d.conn, false, d.screen.Root, a, xproto.AtomWindow, 0, 1).Reply()
	if err != nil || p.Format != 32 || len(p.Value) < 4 {
		return false
	}
	// A manager that died has left the property behind.
	_, err = xproto.GetGeometry(d.conn, xproto.Drawable(xgb.Get32(p.Value))).Reply()
	return err == nil
}

func (d *Display) atom(name string) (xproto.Atom, error) {
	if a, ok := d.atoms[name]; ok {
		return a, nil
	}
	r, err := xproto.InternAtom(d.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, fmt.Errorf("intern %s: %w", name, err)
	}
	d.atoms[name] = r.Atom
	return r.Atom, nil
}
