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

	"github.com/alongside-remote/alongside/internal/wayland"
	"github.com/alongside-remote/alongside/wire"
)

const (
	wlrName = "wlr"

	pointerManager  = "zwlr_virtual_pointer_manager_v1"
	keyboardManager = "zwp_virtual_keyboard_manager_v1"

	createPointer  = 0
	createKeyboard = 0
)

// wlr injects by a virtual pointer and a virtual keyboard of compositors of the
// wlroots family. Both go, with what they hold, when the connection does. One
// goroutine at a time is inside, by mu.
//
// The keyboard has a map of its own, so the layout of the person's keyboard does
// not matter and stays as it is.
type wlr struct {
	log     *slog.Logger
	conn    *wayland.Conn
	outputs *wayland.Outputs
	origin  atomic.Pointer[image.Point]
	done    chan struct{} // closed by Close
	once    sync.Once
	start   time.Time

	mu       sync.Mutex
	layout   wayland.Layout
	pointer  wlrPointer
	keyboard wlrKeyboard
}

func openWlr(ctx context.Context, o Options) (Injector, error) {
	if o.Display != "" {
		return nil, fmt.Errorf("%w: an X11 display was asked for", ErrUnsupported)
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	c, err := wayland.Open(ctx, wayland.Target{})
	if err != nil {
		return nil, wlrOpenError(ctx, err)
	}
	w := &wlr{log: o.Log, conn: c, done: make(chan struct{}), start: time.Now()}
	w.origin.Store(&image.Point{})
	if err := w.begin(ctx); err != nil {
		_ = c.Close()
		return nil, wlrOpenError(ctx, err)
	}
	return w, nil
}

func (w *wlr) begin(ctx context.Context) error {
	seat, _, err := w.conn.BindOnly("wl_seat", 1, nil)
	if err != nil {
		return err
	}
	pointers, _, err := w.conn.BindOnly(pointerManager, 1, nil)
	if err != nil {
		return err
	}
	keyboards, _, err := w.conn.BindOnly(keyboardManager, 1, nil)
	if err != nil {
		return err
	}
	w.pointer.id = w.conn.New(nil)
	w.conn.Request(pointers, createPointer).Uint(seat).Uint(w.pointer.id).Send()
	w.keyboard.id = w.conn.New(nil)
	w.conn.Request(keyboards, createKeyboard).Uint(seat).Uint(w.keyboard.id).Send()
	w.keyboard.held = make(map[uint16]byte)
	w.keyboard.spares = spareCodes()
	if err := w.sendMap(); err != nil {
		return err
	}
	if w.outputs, err = w.conn.Outputs(ctx); err != nil {
		return err
	}
	w.follow()
	return nil
}

func wlrOpenError(ctx context.Context, err error) error {
	var refused *wayland.ProtocolError
	switch {
	case errors.Is(err, wayland.ErrMissing):
		return fmt.Errorf("%w: %w; GNOME and KDE let programs type through their portal only", ErrUnsupported, err)
	case errors.Is(err, wayland.ErrRefused), errors.As(err, &refused):
		return fmt.Errorf("%w: %w", ErrDenied, err)
	case errors.Is(err, wayland.ErrNoDisplay):
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}

// follow takes a new layout of the monitors.
func (w *wlr) follow() {
	if w.outputs.Changed() {
		w.layout = w.outputs.Layout()
	}
}

// SetOrigin implements Positioner. It may be called from any goroutine.
func (w *wlr) SetOrigin(p image.Point) { w.origin.Store(&p) }

// Inject implements Injector. Only after all is released is the compositor waited for:
// what it has against another event is told with the next.
func (w *wlr) Inject(events []wire.Input) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing() {
		return fmt.Errorf("inject: %w: closed", ErrLost)
	}
	settle := false
	for i := range events {
		if err := w.inject(&events[i]); err != nil {
			return fmt.Errorf("inject: %w", err)
		}
		settle = settle || events[i].Kind == wire.InputReleaseAll
	}
	if err := w.flush(settle); err != nil {
		return fmt.Errorf("inject: %w: %w", ErrLost, err)
	}
	w.follow()
	return nil
}

// flush sends what was injected and, to settle it, waits until the compositor has taken
// it: then it is on its way to programs before anything that is asked for later.
func (w *wlr) flush(settle bool) error {
	if !settle {
		return w.conn.Poll()
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	return w.conn.Roundtrip(ctx)
}

func (w *wlr) inject(e *wire.Input) error {
	switch e.Kind {
	case wire.InputMotion:
		w.move(e)
		w.frame()
	case wire.InputButton:
		w.button(e)
	case wire.InputWheel:
		w.wheel(e)
	case wire.InputKey:
		return w.key(e)
	case wire.InputText:
		return w.text(e.Text)
	case wire.InputReleaseAll:
		w.releaseAll()
	}
	return nil
}

// Close implements Injector.
func (w *wlr) Close() error {
	w.once.Do(func() {
		close(w.done)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.releaseAll()
		ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
		defer cancel()
		if err := w.conn.Roundtrip(ctx); err != nil {
			w.log.Debug("release what is held", "err", err) // then the compositor does
		}
		_ = w.conn.Close()
	})
	return nil
}

func (w *wlr) closing() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

func (w *wlr) releaseAll() {
	w.releaseKeys()
	w.releaseButtons()
}

// now is the time of an event, in the milliseconds of a clock of our own.
func (w *wlr) now() uint32 { return uint32(time.Since(w.start).Milliseconds()) }
