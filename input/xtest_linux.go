package input

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb/xproto"
	xtestproto "github.com/jezek/xgb/xtest"

	"github.com/alongside-remote/alongside/input/internal/keys"
	"github.com/alongside-remote/alongside/input/internal/xkb"
	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/wire"
)

const (
	// answerLimit is how long a server may take to answer: well over what a
	// busy one needs, short enough for a rep to wait for.
	answerLimit = 5 * time.Second
	// unansweredLimit is the most requests under way without a reply. xgb stops
	// at 1,000 to ask for one by itself, which could block for ever.
	unansweredLimit = 256
)

// xtest injects by the XTEST extension. One goroutine at a time is inside, by mu.
type xtest struct {
	log    *slog.Logger
	conn   *x11.Conn
	origin atomic.Pointer[image.Point]
	done   chan struct{} // closed by Close
	once   sync.Once

	mu         sync.Mutex
	watchdog   *time.Timer // breaks the connection: every wait on the server then ends
	unanswered int
	events     []x11.Event
	changed    bool // the keyboard map, by somebody else
	ping       ping
	pointer    pointer
	keyboard   keyboard
}

func openXTest(ctx context.Context, o Options) (Injector, error) {
	conn, err := x11.Open(ctx, x11.Target{Display: o.Display})
	switch {
	case errors.Is(err, x11.ErrRefused):
		return nil, fmt.Errorf("%w: %w", ErrDenied, err)
	case errors.Is(err, x11.ErrNoDisplay):
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	case err != nil:
		return nil, err
	}
	x := &xtest{log: o.Log, conn: conn, done: make(chan struct{})}
	x.origin.Store(&image.Point{})
	x.keyboard.held = make(map[uint16]byte)
	x.watchdog = time.AfterFunc(answerLimit, conn.Break)
	defer x.watchdog.Stop()
	defer context.AfterFunc(ctx, conn.Break)()
	if err := x.start(); err != nil {
		conn.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return x, nil
}

// start readies the extensions and heals what an injector that was killed may
// have left down.
func (x *xtest) start() error {
	if _, err := x.conn.Extension("XTEST"); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	ext, err := x.conn.Extension(xkb.Name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	x.keyboard.major, x.keyboard.event = ext.Major, ext.FirstEvent
	if _, err := x.ask(xkb.UseExtension(ext.Major)); err != nil {
		return fmt.Errorf("use %s: %w", xkb.Name, err)
	}
	x.conn.NewRequest(xkb.SelectEvents(ext.Major), x.conn.NewCookie(false, false))
	// Somebody else's grab of the server shall not stop us.
	xtestproto.GrabControl(x.conn.Conn, true)
	if err := x.fetchMap(); err != nil {
		return err
	}
	return x.heal()
}

func (x *xtest) heal() error {
	down, err := xproto.QueryKeymap(x.conn.Conn).Reply()
	if err != nil {
		return fmt.Errorf("%w: query keymap: %w", ErrLost, err)
	}
	for code := range 8 * len(down.Keys) {
		if down.Keys[code/8]&(1<<(code%8)) != 0 {
			x.fake(xproto.KeyRelease, byte(code), 0, 0)
		}
	}
	p, err := xproto.QueryPointer(x.conn.Conn, x.conn.Root).Reply()
	if err != nil {
		return fmt.Errorf("%w: query pointer: %w", ErrLost, err)
	}
	for button := range byte(5) { // the mask tells of no more
		if p.Mask&(xproto.KeyButMaskButton1<<button) != 0 {
			x.fake(xproto.ButtonRelease, button+1, 0, 0)
		}
	}
	return nil
}

// SetOrigin implements Positioner. It may be called from any goroutine.
func (x *xtest) SetOrigin(p image.Point) { x.origin.Store(&p) }

// Inject implements Injector. Events without text cost no round trip except
// key presses, which need one; text needs one, and one more after each modifier
// among the same events.
func (x *xtest) Inject(events []wire.Input) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closing() {
		return fmt.Errorf("inject: %w: closed", ErrLost)
	}
	x.watchdog.Reset(answerLimit)
	defer x.watchdog.Stop()
	x.keyboard.fresh = false
	for i := range events {
		if err := x.inject(&events[i]); err != nil {
			return fmt.Errorf("inject: %w", err)
		}
	}
	x.conn.Drain()
	select {
	case <-x.conn.Gone():
		return fmt.Errorf("inject: %w: server gone", ErrLost)
	default:
		return nil
	}
}

func (x *xtest) inject(e *wire.Input) error {
	if x.unanswered >= unansweredLimit {
		if err := x.sync(); err != nil {
			return err
		}
	}
	switch e.Kind {
	case wire.InputMotion:
		x.move(e)
	case wire.InputButton:
		x.button(e)
	case wire.InputWheel:
		x.wheel(e)
	case wire.InputKey:
		return x.key(e)
	case wire.InputText:
		return x.text(e.Text)
	case wire.InputReleaseAll:
		x.releaseAll()
	}
	return nil
}

// Close implements Injector.
func (x *xtest) Close() error {
	x.once.Do(func() {
		close(x.done)
		x.mu.Lock()
		defer x.mu.Unlock()
		x.watchdog.Reset(answerLimit)
		defer x.watchdog.Stop()
		x.releaseAll()
		if err := x.restore(); err != nil && !errors.Is(err, ErrLost) {
			x.log.Warn("restore keyboard map", "err", err)
		}
		x.conn.Close()
	})
	return nil
}

func (x *xtest) closing() bool {
	select {
	case <-x.done:
		return true
	default:
		return false
	}
}

func (x *xtest) releaseAll() {
	x.releaseKeys()
	x.releaseButtons()
}

// fake sends one event. The server handles it before the next request.
func (x *xtest) fake(kind, detail byte, px, py int16) {
	x.unanswered++
	xtestproto.FakeInput(x.conn.Conn, kind, detail, 0, x.conn.Root, px, py, 0)
}

// ask sends a request and waits for the reply.
func (x *xtest) ask(request []byte) ([]byte, error) {
	x.watchdog.Reset(answerLimit)
	cookie := x.conn.NewCookie(true, true)
	x.conn.NewRequest(request, cookie)
	reply, err := cookie.Reply()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	x.unanswered = 0
	return reply, nil
}

// sync asks for the state of the keyboard, and for the map if that has changed.
func (x *xtest) sync() error {
	k := &x.keyboard
	reply, err := x.ask(xkb.GetState(k.major))
	if err != nil {
		return fmt.Errorf("get keyboard state: %w", err)
	}
	if k.state, err = xkb.ParseState(reply); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	k.fresh = true
	// Events that the server sent before this reply are here by now.
	if x.mapChanged() {
		return x.fetchMap()
	}
	return nil
}

// mapChanged says whether somebody else has changed the map since it was asked last.
func (x *xtest) mapChanged() bool {
	if x.collect() {
		x.ping.answered = x.ping.asked
	}
	changed := x.changed
	x.changed = false
	return changed
}

// collect takes the events that came: what they say of the map is kept, and whether one
// answers the last question returned.
func (x *xtest) collect() (answered bool) {
	var lost bool
	x.events, lost = x.conn.Events(x.events[:0])
	x.changed = x.changed || lost
	for i := range x.events {
		e := &x.events[i]
		if e.Code() == x.keyboard.event && !x.keyboard.isSpare(xkb.Changed(e[:])) {
			x.changed = true
		}
		answered = answered || x.isAnswer(e[:])
	}
	return answered
}

func (x *xtest) fetchMap() error {
	reply, err := x.ask(xkb.GetMap(x.keyboard.major))
	if err != nil {
		return fmt.Errorf("get keyboard map: %w", err)
	}
	m, err := xkb.ParseMap(reply)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	x.keyboard.use(m)
	return nil
}

// physical returns the keycode of a usage, unless it carries a character of ours.
func (x *xtest) physical(usage uint16) (byte, bool) {
	code, ok := keys.X(usage)
	return code, ok && !x.keyboard.isSpare(code)
}
