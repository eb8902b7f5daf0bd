package restriction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/alongside-remote/alongside/internal/x11"
)

// lookEvery is how often dark monitors are looked at: programs that tint the screen at
// night make them light again without telling.
const lookEvery = time.Second

// desktop is one of X11. Each device of the person's is grabbed by itself, so that those
// of XTEST, through which the rep's input comes, are not; the server lets go of all of
// them when this connection ends.
type desktop struct {
	conn    *x11.Conn
	devices x11.Devices
	log     *slog.Logger
	signs   chan Sign
	stop    chan struct{}
	once    sync.Once
	done    chan struct{} // closed when watch has returned
	events  []x11.Event   // watch's

	mu      sync.Mutex
	held    Wish
	own     map[uint16]x11.Device // devices of the person's
	grabbed map[uint16]bool
	chords  *chords
	ramps   *ramps
	litFor  time.Duration
	lit     time.Time // until when dark monitors are light; zero: they are dark
	alarm   *time.Timer
}

func open(ctx context.Context, o Options) (Desktop, error) {
	c, err := x11.Open(ctx, x11.Target{Display: o.Display})
	if err != nil {
		return nil, err
	}
	d, err := newDesktop(c, o.Log)
	if err != nil {
		c.Close()
		return nil, err
	}
	go d.watch()
	return d, nil
}

func newDesktop(c *x11.Conn, log *slog.Logger) (*desktop, error) {
	if rootless(c) {
		return nil, fmt.Errorf("under Wayland: %w", ErrUnsupported)
	}
	d := &desktop{
		conn: c, log: log, signs: make(chan Sign, 1), stop: make(chan struct{}), done: make(chan struct{}),
		litFor: LitFor, own: map[uint16]x11.Device{}, grabbed: map[uint16]bool{}, ramps: newRamps(c), alarm: time.NewTimer(time.Hour),
	}
	d.alarm.Stop()
	if err := d.ramps.restore(); err != nil {
		return nil, err
	}
	for _, name := range []string{"XInputExtension", "XTEST"} {
		if _, err := c.Extension(name); err != nil {
			return nil, errors.Join(ErrUnsupported, err)
		}
	}
	var err error
	if d.devices, err = c.Devices(); err != nil {
		return nil, errors.Join(ErrUnsupported, err)
	}
	if d.chords, err = newChords(c); err != nil {
		return nil, err
	}
	return d, nil
}

// rootless says whether the server is XWayland, whose devices are not the person's.
func rootless(c *x11.Conn) bool {
	if _, err := c.Extension("XWAYLAND"); err == nil {
		return true
	}
	if _, err := c.Extension("RANDR"); err != nil {
		return false
	}
	m, err := randr.GetMonitors(c.Conn, c.Root, true).Reply()
	if err != nil || len(m.Monitors) == 0 {
		return false
	}
	n, err := xproto.GetAtomName(c.Conn, m.Monitors[0].Name).Reply()
	return err == nil && len(n.Name) >= len("XWAYLAND") && n.Name[:len("XWAYLAND")] == "XWAYLAND"
}

func (d *desktop) Signs() <-chan Sign { return d.signs }

func (d *desktop) Held() Wish {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.held
}

func (d *desktop) Can() (input, screen error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held.Screen {
		return nil, nil
	}
	_, screen = d.ramps.now()
	return nil, screen
}

func (d *desktop) Hold(w Wish) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held.Nothing() {
		clear(d.chords.down)
		select { // of what was held before
		case <-d.signs:
		default:
		}
	}
	d.held.Banner = w.Banner
	var errs []error
	switch {
	case !w.Input:
		d.giveInput()
	case !d.held.Input:
		err := d.takeInput()
		if err == nil && !d.held.Input {
			return nil // the person has taken it back already
		}
		errs = append(errs, err)
	}
	switch {
	case !w.Screen:
		errs = append(errs, d.giveScreen())
	case !d.held.Screen:
		errs = append(errs, d.takeScreen())
	}
	if d.held.Nothing() {
		d.held.Banner = 0
	}
	return errors.Join(errs...)
}

// giveAll gives everything back because of a sign. The lock is held.
func (d *desktop) giveAll(s Sign) {
	if d.held.Nothing() {
		return
	}
	d.giveInput()
	if err := d.giveScreen(); err != nil {
		d.log.Warn("give the screen back", "err", err)
	}
	d.held = Wish{}
	select {
	case d.signs <- s:
	default:
	}
}

// watchPerson asks for what the person does, whatever is held. The lock is held.
func (d *desktop) watchPerson(raw bool) error {
	if err := d.devices.WatchAll(d.conn.Root, raw); err != nil {
		return fmt.Errorf("watch devices: %w", err)
	}
	return d.know()
}

// know learns which devices are the person's. The lock is held.
func (d *desktop) know() error {
	all, err := d.devices.List()
	if err != nil {
		return err
	}
	grabbed := map[uint16]bool{}
	clear(d.own)
	for _, x := range all {
		if x.Synthetic() || !x.Attached() && !d.grabbed[x.ID] {
			continue
		}
		d.own[x.ID] = x
		if !x.Attached() {
			grabbed[x.ID] = true
		}
	}
	d.grabbed = grabbed // without those that are gone, or that somebody attached again
	return nil
}

// grab takes every device of the person's that is not yet taken. The lock is held.
func (d *desktop) grab() error {
	if err := d.know(); err != nil {
		return err
	}
	for id, x := range d.own {
		if d.grabbed[id] {
			continue
		}
		at, err := xproto.QueryPointer(d.conn.Conn, d.conn.Root).Reply()
		if err != nil {
			return fmt.Errorf("pointer: %w", err)
		}
		if err := d.devices.Grab(x, d.conn.Root); err != nil {
			return err
		}
		d.grabbed[id] = true
		if x.Pointing() {
			// A floating device points to the middle at first: nothing is to jump.
			_ = d.devices.Warp(id, d.conn.Root, pointOf(at))
		}
	}
	return nil
}

// takeInput takes the devices, all or none. The lock is held.
func (d *desktop) takeInput() error {
	err := d.watchPerson(d.held.Screen)
	if err == nil {
		err = d.grab()
	}
	if err != nil {
		d.ungrab()
		if errors.Is(err, x11.ErrGrabbed) {
			err = errors.Join(ErrRefused, err)
		}
		return fmt.Errorf("restrict input: %w", err)
	}
	d.held.Input = true
	d.lift()
	d.hearWithout(x11.ActMotion) // which is that of our own Warp
	return nil
}

// lift lets go of keys and buttons that were down when their device was taken, and whose
// release nobody will hear of. The lock is held.
func (d *desktop) lift() {
	up := func(kind byte, detail int) {
		_ = xtest.FakeInputChecked(d.conn.Conn, kind, byte(detail), 0, d.conn.Root, 0, 0, 0).Check() //nolint:gosec // a key code or a button
	}
	if k, err := xproto.QueryKeymap(d.conn.Conn).Reply(); err == nil {
		for code := range 8 * len(k.Keys) {
			if k.Keys[code/8]&(1<<(code%8)) != 0 {
				up(xproto.KeyRelease, code)
			}
		}
	}
	if p, err := xproto.QueryPointer(d.conn.Conn, d.conn.Root).Reply(); err == nil {
		for i, mask := range []uint16{xproto.ButtonMask1, xproto.ButtonMask2, xproto.ButtonMask3, xproto.ButtonMask4, xproto.ButtonMask5} {
			if p.Mask&mask != 0 {
				up(xproto.ButtonRelease, i+1)
			}
		}
	}
}

func (d *desktop) ungrab() {
	for id := range d.grabbed {
		d.devices.Ungrab(id)
	}
	clear(d.grabbed)
}

func (d *desktop) giveInput() {
	if d.held.Input {
		d.ungrab()
		d.held.Input = false
	}
}

func (d *desktop) takeScreen() error {
	if err := d.watchPerson(true); err != nil {
		return fmt.Errorf("privacy screen: %w", err)
	}
	if err := d.ramps.darken(); err != nil {
		return errors.Join(fmt.Errorf("privacy screen: %w", err), d.ramps.restore())
	}
	d.held.Screen, d.lit = true, time.Time{}
	d.alarm.Reset(lookEvery)
	return nil
}

func (d *desktop) giveScreen() error {
	if !d.held.Screen {
		return nil
	}
	d.alarm.Stop()
	d.held.Screen = false
	return errors.Join(d.ramps.restore(), d.watchPerson(false))
}

// Close gives everything back. It may be called more than once.
func (d *desktop) Close() error {
	d.mu.Lock()
	d.giveInput()
	err := d.giveScreen()
	d.held = Wish{}
	d.mu.Unlock()
	d.once.Do(func() { close(d.stop) })
	<-d.done
	d.conn.Close()
	return err
}
