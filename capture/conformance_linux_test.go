package capture_test

import (
	"io"
	"log/slog"
	"testing"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func open(t testing.TB, o capture.Options) capture.Source {
	t.Helper()
	o.Log = quiet()
	s, err := capture.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func onVNC(backend string, wrap func(capture.Source) capture.Source) func(t *testing.T) capturetest.Subject {
	return func(t *testing.T) capturetest.Subject {
		server := x11test.StartVNC(t, "640x480")
		return capturetest.Subject{
			Stage: capturetest.VNCPainter{Painter: capturetest.NewPainter(t, server), Server: server},
			Open: func(t testing.TB) capture.Source {
				return wrap(open(t, capture.Options{Display: server.Display, Backend: backend}))
			},
		}
	}
}

func plain(s capture.Source) capture.Source { return s }

func TestX11KeepsTheContract(t *testing.T) { capturetest.Run(t, onVNC("x11", plain)) }

func refine(s capture.Source) capture.Source { return capture.Refine(s) }

func TestRefinedX11KeepsTheContract(t *testing.T) { capturetest.Run(t, onVNC("x11", refine)) }

func TestX11OnXvfbKeepsTheContract(t *testing.T) {
	capturetest.Run(t, func(t *testing.T) capturetest.Subject {
		server := x11test.Start(t, "1000x700x24")
		return capturetest.Subject{
			Stage: capturetest.NewPainter(t, server),
			Open: func(t testing.TB) capture.Source {
				return open(t, capture.Options{Display: server.Display, Backend: "x11"})
			},
		}
	})
}

func TestScreenshotKeepsTheContract(t *testing.T) {
	capturetest.Run(t, func(t *testing.T) capturetest.Subject {
		server := x11test.StartVNC(t, "320x240")
		t.Setenv("DISPLAY", server.Display)
		return capturetest.Subject{
			Stage:    capturetest.VNCPainter{Painter: capturetest.NewPainter(t, server), Server: server},
			NoCursor: true,
			Steps:    8,
			Open: func(t testing.TB) capture.Source {
				return open(t, capture.Options{Backend: "screenshot"})
			},
		}
	})
}

func TestX11WithoutPixmapKeepsTheContract(t *testing.T) {
	capturetest.Run(t, onVNC("x11", func(s capture.Source) capture.Source {
		if !capture.HasPixmap(s) {
			t.Error("no pixmap on a server that has them")
		}
		s, err := capture.WithoutPixmap(s)
		if err != nil || capture.HasPixmap(s) {
			t.Errorf("with a pixmap: %v", err)
		}
		return s
	}))
}

// Without shared memory all pixels come through the socket.
func TestX11WithoutSharedMemoryKeepsTheContract(t *testing.T) {
	capturetest.Run(t, func(t *testing.T) capturetest.Subject {
		server := x11test.StartVNC(t, "640x480", "-extension", "MIT-SHM")
		return capturetest.Subject{
			Stage: capturetest.VNCPainter{Painter: capturetest.NewPainter(t, server), Server: server},
			Steps: 50,
			Open: func(t testing.TB) capture.Source {
				return open(t, capture.Options{Display: server.Display, Backend: "x11"})
			},
		}
	})
}
