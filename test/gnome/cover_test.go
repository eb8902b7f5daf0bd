//go:build linux

package gnome

import (
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/portal/gnometest"
)

// rival is a window of another program, of the kind that compositors keep above others,
// which raises itself all the time until stop is called.
func (b *bed) rival() (stop func()) {
	b.t.Helper()
	c, err := xgb.NewConn()
	if err != nil {
		b.t.Fatal(err)
	}
	s := xproto.Setup(c).DefaultScreen(c)
	w, err := xproto.NewWindowId(c)
	if err != nil {
		b.t.Fatal(err)
	}
	xproto.CreateWindow(c, s.RootDepth, w, s.Root, 0, 0, s.WidthInPixels, 60, 0, xproto.WindowClassInputOutput, s.RootVisual,
		xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{s.WhitePixel, 1})
	xproto.MapWindow(c, w)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				c.Close()
				return
			case <-time.After(5 * time.Millisecond):
				xproto.ConfigureWindow(c, w, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
			}
		}
	}()
	return func() { close(quit); <-done }
}

// TestD10_GnomeBannerIsCovered: by a program that does not give way. Once it does the banner
// is seen again.
func TestD10_GnomeBannerIsCovered(t *testing.T) {
	b := start(t, gnometest.Options{})
	b.banner(true)
	b.share()
	b.seen(true)
	stop := b.rival()
	b.seen(false)
	b.shot("covered")
	stop()
	b.seen(true)
}
