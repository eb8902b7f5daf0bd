package capture

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"runtime"
	"strings"
	"sync"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
)

const x11Name = "x11"

// x11Source captures an X server by its own reports of damage. It has no
// goroutine beside those of the connection, no timer, and asks the server nothing
// until the server has spoken.
//
//	damage event ──▶ Subtract, grab the rectangles ─┐
//	cursor event ──▶ cursor image ──────────────────┼─▶ one round trip, one Frame
//	raw motion ────▶ pointer position ──────────────┘
//	RandR, root resized ──▶ layout read anew; everything damaged if it differs
//
// Subtract goes before the grab: what is drawn after it is reported again, what
// was drawn before it is in the grab.
type x11Source struct {
	log    *slog.Logger
	conn   *x11.Conn
	codes  x11Codes
	damage damage.Damage

	layout x11Layout
	store  store
	todo   x11Work
	events []x11.Event
	shots  []shot
	cursor x11Cursor

	mu     sync.Mutex
	closed bool
	busy   bool // Next runs
	held   bool // a frame is with the caller, who may be reading Pix
}

// x11Codes are the numbers of the events that matter, as this server gave them.
type x11Codes struct {
	damage, cursor, randr byte
	pointer               x11.PointerWatch
	monitors              bool // RandR 1.5
}

func openX11(ctx context.Context, o Options) (Source, error) {
	c, err := x11.Open(ctx, x11.Target{Display: o.Display})
	if err != nil {
		return nil, x11OpenError(ctx, err)
	}
	// The server may stop answering between here and the end of set-up.
	stop := context.AfterFunc(ctx, c.Break)
	defer stop()
	s := &x11Source{log: o.Log.With("backend", x11Name), conn: c}
	err = s.start()
	if err == nil && !stop() {
		err = ctx.Err() // the connection is broken or about to be
	}
	if err != nil {
		c.Close()
		s.store.free()
		return nil, x11OpenError(ctx, err)
	}
	return s, nil
}

func (s *x11Source) start() error {
	if err := checkPixels(s.conn); err != nil {
		return err
	}
	if err := s.subscribe(); err != nil {
		return err
	}
	l, err := s.readLayout()
	if err != nil {
		return err
	}
	if s.rootless(l) {
		return fmt.Errorf("%w: Xwayland shows nothing but its own windows", ErrUnsupported)
	}
	s.store.keep = &mapping{}
	// For a source that was closed while its caller read a frame, and dropped.
	runtime.AddCleanup(s, (*mapping).free, s.store.keep)
	if err := s.use(l); err != nil {
		return err
	}
	s.todo = x11Work{full: true, tell: true, shape: true}
	return nil
}

// rootless recognises Xwayland, by its extension or, before it had one, by the
// names of its outputs.
func (s *x11Source) rootless(l x11Layout) bool {
	if _, err := s.conn.Extension("XWAYLAND"); err == nil {
		return true
	}
	return len(l.monitors) > 0 && strings.HasPrefix(l.monitors[0].Name, "XWAYLAND")
}

// subscribe asks for all events. It comes before the first look at anything, so
// that no change falls between.
func (s *x11Source) subscribe() error {
	c := s.conn
	fixes, err := c.Extension("XFIXES")
	if err != nil {
		return err
	}
	if _, err := xfixes.QueryVersion(c.Conn, 5, 0).Reply(); err != nil {
		return fmt.Errorf("xfixes version: %w", err)
	}
	if err := xfixes.SelectCursorInputChecked(c.Conn, c.Root, xfixes.CursorNotifyMaskDisplayCursor).Check(); err != nil {
		return fmt.Errorf("watch cursor: %w", err)
	}
	s.codes.cursor = fixes.FirstEvent + xfixes.CursorNotify

	dmg, err := c.Extension("DAMAGE")
	if err != nil {
		return err
	}
	if _, err := damage.QueryVersion(c.Conn, 1, 1).Reply(); err != nil {
		return fmt.Errorf("damage version: %w", err)
	}
	s.codes.damage = dmg.FirstEvent + damage.Notify
	if s.damage, err = damage.NewDamageId(c.Conn); err != nil {
		return err
	}
	err = damage.CreateChecked(c.Conn, s.damage, xproto.Drawable(c.Root), damage.ReportLevelDeltaRectangles).Check()
	if err != nil {
		return fmt.Errorf("watch damage: %w", err)
	}

	err = xproto.ChangeWindowAttributesChecked(c.Conn, c.Root, xproto.CwEventMask,
		[]uint32{xproto.EventMaskStructureNotify}).Check()
	if err != nil {
		return fmt.Errorf("watch root window: %w", err)
	}
	if rr, err := c.Extension("RANDR"); err == nil {
		v, err := randr.QueryVersion(c.Conn, 1, 5).Reply()
		if err != nil {
			return fmt.Errorf("randr version: %w", err)
		}
		s.codes.monitors = v.MajorVersion > 1 || v.MinorVersion >= 5
		s.codes.randr = rr.FirstEvent
		err = randr.SelectInputChecked(c.Conn, c.Root, randr.NotifyMaskScreenChange|randr.NotifyMaskCrtcChange|
			randr.NotifyMaskOutputChange|randr.NotifyMaskResourceChange).Check()
		if err != nil {
			return fmt.Errorf("watch layout: %w", err)
		}
	}
	if s.codes.pointer, err = c.WatchPointer(c.Root); err != nil {
		s.log.Info("pointer position only with other changes", "err", err)
	}
	return nil
}

// checkPixels refuses servers whose pixels are not B, G, R, X in memory.
func checkPixels(c *x11.Conn) error {
	no := func(why string) error { return fmt.Errorf("%w: %s", ErrUnsupported, why) }
	if c.Setup.ImageByteOrder != xproto.ImageOrderLSBFirst {
		return no("the server is big-endian")
	}
	depth := c.Screen.RootDepth
	if depth != 24 && depth != 32 {
		return no(fmt.Sprintf("color depth %d", depth))
	}
	for _, f := range c.Setup.PixmapFormats {
		if f.Depth == depth && (f.BitsPerPixel != 32 || f.ScanlinePad != 32) {
			return no(fmt.Sprintf("%d bits a pixel", f.BitsPerPixel))
		}
	}
	for _, d := range c.Screen.AllowedDepths {
		for _, v := range d.Visuals {
			if v.VisualId != c.Screen.RootVisual {
				continue
			}
			if v.Class != xproto.VisualClassTrueColor {
				return no("the root window is not TrueColor")
			}
			if v.RedMask != 0xff0000 || v.GreenMask != 0xff00 || v.BlueMask != 0xff {
				return no("the order of colors is not BGR")
			}
			return nil
		}
	}
	return no("the visual of the root window is unknown")
}

// use makes a layout the current one, with memory of its size.
func (s *x11Source) use(l x11Layout) error {
	if l.rect != s.layout.rect || s.store.pix == nil {
		if err := s.store.resize(s, l.rect); err != nil {
			return err
		}
	}
	s.layout = l
	return nil
}

// Monitors implements Source: as of the last frame.
func (s *x11Source) Monitors() ([]Monitor, error) {
	if len(s.layout.monitors) == 0 {
		return nil, &Error{Backend: x11Name, Reason: ReasonNoMonitor, Err: ErrNoMonitor}
	}
	return append([]Monitor(nil), s.layout.monitors...), nil
}

// x11Layout is the size of the desktop and its monitors.
type x11Layout struct {
	rect     image.Rectangle
	monitors []Monitor
}
