package wayland_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/alongside-remote/alongside/internal/wayland"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
)

func TestNoCompositor(t *testing.T) {
	t.Setenv("WAYLAND_DISPLAY", "")
	for _, target := range []wayland.Target{{}, {Display: "wayland-7", RuntimeDir: "here"}, {Display: t.TempDir() + "/none"}} {
		if _, err := wayland.Open(t.Context(), target); !errors.Is(err, wayland.ErrNoDisplay) {
			t.Errorf("%+v: %v", target, err)
		}
	}
}

func TestSocketOfAnotherUserIsRefused(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may open every socket")
	}
	p := &waylandtest.Played{}
	waylandtest.Play(t, p)
	if err := os.Chmod(p.Display, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := wayland.Open(t.Context(), wayland.Target{Display: p.Display}); !errors.Is(err, wayland.ErrRefused) {
		t.Error(err)
	}
}

// What no compositor sends ends the connection, and nothing else.
func TestHostileCompositor(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"unknown object": waylandtest.Event(77, 0),
		"no size":        {1, 0, 0, 0, 0, 0, 0, 0},
		"odd size":       {1, 0, 0, 0, 0, 0, 9, 0},
		"cut text":       waylandtest.Event(2, 0, uint32(1), uint32(9000)),
		"no arguments":   waylandtest.Event(1, 0),
	} {
		p := &waylandtest.Played{Then: bytes}
		waylandtest.Play(t, p)
		c, err := wayland.Open(t.Context(), wayland.Target{Display: p.Display})
		if err == nil {
			// It came behind the answer for which Open waits.
			err = c.Roundtrip(t.Context())
			if again := c.Roundtrip(t.Context()); !errors.Is(again, err) && again.Error() != err.Error() {
				t.Errorf("%s: first %v, then %v", name, err, again)
			}
			_ = c.Close()
		}
		if !errors.Is(err, wayland.ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompositorSaysWhyItEndsTheConnection(t *testing.T) {
	s := waylandtest.Start(t, waylandtest.Options{Size: "320x240"})
	c, err := wayland.Open(t.Context(), wayland.Target{Display: s.Display})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Find("no_such_protocol"); !errors.Is(err, wayland.ErrMissing) {
		t.Error(err)
	}
	const display, noSuchRequest = 1, 99
	c.Request(display, noSuchRequest).Send()
	err = c.Roundtrip(t.Context())
	var said *wayland.ProtocolError
	if !errors.As(err, &said) || !errors.Is(err, wayland.ErrGone) || said.Message == "" {
		t.Fatal(err)
	}
}

func TestContextEndsAWaitAndTheConnectionGoesOn(t *testing.T) {
	s := waylandtest.Start(t, waylandtest.Options{Size: "320x240"})
	c, err := wayland.Open(t.Context(), wayland.Target{Display: s.Display})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		for {
			if err := c.Dispatch(ctx); err != nil {
				ended <- err
				return
			}
		}
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for range 1000 { // numbers of objects are used again
		if err := c.Roundtrip(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if id := c.New(nil); id > 20 {
		t.Errorf("the next object has the number %d", id)
	}
	go func() { ended <- c.Dispatch(context.Background()) }()
	_ = c.Close()
	if err := <-ended; !errors.Is(err, wayland.ErrClosed) {
		t.Fatal(err)
	}
}
