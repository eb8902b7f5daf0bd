package x11test

import (
	"context"
	"errors"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
)

// A window manager that is just starting may forget a window that asks to be mapped
// meanwhile: the probe asks again.
const (
	probeLook  = 20 * time.Millisecond
	probeAgain = 50 // looks
)

// ErrUnmanaged means that no window manager maps windows on a display.
var ErrUnmanaged = errors.New("x11test: no window is mapped")

// AwaitManager waits until a window that is mapped on a display is seen on it: whoever
// manages its windows has begun to.
func AwaitManager(ctx context.Context, t x11.Target) error {
	c, err := x11.Open(ctx, t)
	if err != nil {
		return err
	}
	defer c.Close()
	w, err := xproto.NewWindowId(c.Conn)
	if err != nil {
		return err
	}
	const side = 10
	if err := xproto.CreateWindowChecked(c.Conn, 0, w, c.Root, 0, 0, side, side, 0, xproto.WindowClassInputOutput, 0, 0, nil).Check(); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n%probeAgain == 0 {
			xproto.UnmapWindow(c.Conn, w)
			xproto.MapWindow(c.Conn, w)
		}
		a, err := xproto.GetWindowAttributes(c.Conn, w).Reply()
		if err != nil {
			return err
		}
		if a.MapState == xproto.MapStateViewable {
			return xproto.DestroyWindowChecked(c.Conn, w).Check()
		}
		select {
		case <-ctx.Done():
			return errors.Join(ErrUnmanaged, context.Cause(ctx))
		case <-time.After(probeLook):
		}
	}
}
