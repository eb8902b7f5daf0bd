package x11_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

func open(t *testing.T, target x11.Target) *x11.Conn {
	t.Helper()
	c, err := x11.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestEventsComeThroughTheQueue(t *testing.T) {
	s := x11test.Start(t, "320x200x24")
	c := open(t, x11.Target{Display: s.Display})
	w, err := xproto.NewWindowId(c.Conn)
	if err != nil {
		t.Fatal(err)
	}
	err = xproto.CreateWindowChecked(c.Conn, 0, w, c.Root, 1, 2, 30, 40, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify}).Check()
	if err != nil {
		t.Fatal(err)
	}
	xproto.MapWindow(c.Conn, w)
	deadline := time.After(time.Minute)
	for {
		select {
		case <-c.Wake():
		case <-deadline:
			t.Fatal("no MapNotify")
		}
		events, lost := c.Events(nil)
		if lost {
			t.Fatal("events lost")
		}
		for _, e := range events {
			if e.Code() == xproto.MapNotify {
				return
			}
		}
	}
}

func TestNoDisplay(t *testing.T) {
	t.Setenv("DISPLAY", "")
	for _, name := range []string{"", ":59999", "nonsense", ":0.9x", ":-1"} {
		if _, err := x11.Open(t.Context(), x11.Target{Display: name}); !errors.Is(err, x11.ErrNoDisplay) {
			t.Errorf("display %q: %v", name, err)
		}
	}
}

func TestCookieDecides(t *testing.T) {
	cookies := filepath.Join(t.TempDir(), "cookies")
	x11test.WriteCookie(t, cookies, "", []byte("0123456789abcdef"))
	s := x11test.Start(t, "320x200x24", "-auth", cookies)
	open(t, x11.Target{Display: s.Display, Authority: cookies})

	wrong := filepath.Join(t.TempDir(), "wrong")
	x11test.WriteCookie(t, wrong, "", []byte("fedcba9876543210"))
	missing := filepath.Join(t.TempDir(), "missing")
	for _, name := range []string{wrong, missing} {
		_, err := x11.Open(t.Context(), x11.Target{Display: s.Display, Authority: name})
		if !errors.Is(err, x11.ErrRefused) {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
		if name == missing && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the missing file is not told: %v", err)
		}
	}
}

func TestGoneWhenTheServerEnds(t *testing.T) {
	s := x11test.Start(t, "320x200x24")
	c := open(t, x11.Target{Display: s.Display})
	s.Stop()
	select {
	case <-c.Gone():
	case <-time.After(time.Minute):
		t.Fatal("not told")
	}
	<-c.Wake()
	if _, err := xproto.GetInputFocus(c.Conn).Reply(); err == nil {
		t.Fatal("a dead connection answers")
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := x11test.Start(t, "320x200x24")
	if _, err := x11.Open(ctx, x11.Target{Display: s.Display}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestExtensionErrorsComeBack(t *testing.T) {
	s := x11test.Start(t, "320x200x24")
	c := open(t, x11.Target{Display: s.Display})
	if _, err := c.Extension("NO-SUCH-THING"); !errors.Is(err, x11.ErrNoExtension) {
		t.Fatal(err)
	}
	e, err := c.Extension("DAMAGE")
	if err != nil {
		t.Fatal(err)
	}
	// DamageDestroy of something that is none: an error of the extension's own.
	buf := []byte{e.Major, 2, 2, 0, 9, 9, 9, 9}
	ck := c.NewCookie(true, false)
	c.NewRequest(buf, ck)
	if err := ck.Check(); err == nil {
		t.Fatal("no error")
	}
}
