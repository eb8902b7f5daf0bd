package capture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"strings"
	"testing"
)

var discard = slog.New(slog.NewTextHandler(io.Discard, nil))

func failing(name string, err error, tried *[]string) Backend {
	return Backend{Name: name, Open: func(context.Context, Options) (Source, error) {
		*tried = append(*tried, name)
		if err == nil {
			return &polled{}, nil
		}
		return nil, err
	}}
}

func TestOpenTriesInOrderAndNamesEachError(t *testing.T) {
	var tried []string
	all := []Backend{
		failing("a", fmt.Errorf("%w: no a here", ErrUnsupported), &tried),
		failing("b", &Error{Backend: "b", Reason: ReasonNoDisplay, Err: ErrUnsupported}, &tried),
	}
	_, err := open(t.Context(), Options{Log: discard}, all)
	if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "a: ") || !strings.Contains(err.Error(), "b: ") {
		t.Error(err)
	}
	all = append(all, failing("c", nil, &tried), failing("d", nil, &tried))
	if _, err := open(t.Context(), Options{Log: discard}, all); err != nil {
		t.Error(err)
	}
	if got := strings.Join(tried, ""); got != "ababc" {
		t.Errorf("tried %s", got)
	}
}

func TestOpenStopsWhenDenied(t *testing.T) {
	var tried []string
	all := []Backend{failing("a", ErrDenied, &tried), failing("b", nil, &tried)}
	if _, err := open(t.Context(), Options{Log: discard}, all); !errors.Is(err, ErrDenied) || len(tried) != 1 {
		t.Errorf("%v after %v", err, tried)
	}
}

func TestOpenTakesTheNamedBackendOnly(t *testing.T) {
	var tried []string
	all := []Backend{failing("a", nil, &tried), failing("b", nil, &tried)}
	if _, err := open(t.Context(), Options{Backend: "b", Log: discard}, all); err != nil || strings.Join(tried, "") != "b" {
		t.Errorf("%v after %v", err, tried)
	}
	if _, err := open(t.Context(), Options{Backend: "z", Log: discard}, all); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

func TestScreenshotSurvivesAPanicOfItsModule(t *testing.T) {
	calls := 0
	g := grabber{
		bounds: func() []image.Rectangle { return []image.Rectangle{image.Rect(-10, 0, 10, 10)} },
		image: func(r image.Rectangle) (*image.RGBA, error) {
			if calls++; calls > 2 {
				panic("inside the module")
			}
			return image.NewRGBA(r), nil
		},
	}
	s, err := openPolled(t.Context(), discard, g)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var f Frame
	if err := s.Next(t.Context(), &f); err != nil || f.Rect != image.Rect(-10, 0, 10, 10) {
		t.Fatal(f.Rect, err)
	}
	if err := s.Next(t.Context(), &f); !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "panicked") {
		t.Fatal(err)
	}
}

func TestScreenshotThatHangsDoesNotHoldClose(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	calls := 0
	g := grabber{
		bounds: func() []image.Rectangle { return []image.Rectangle{image.Rect(0, 0, 10, 10)} },
		image: func(r image.Rectangle) (*image.RGBA, error) {
			if calls++; calls > 1 {
				<-release
			}
			return image.NewRGBA(r), nil
		},
	}
	s, err := openPolled(t.Context(), discard, g)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		var f Frame
		ended <- s.Next(context.Background(), &f)
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

func TestScreenshotWithoutDisplayIsUnsupported(t *testing.T) {
	g := grabber{
		bounds: func() []image.Rectangle { return nil },
		image:  func(image.Rectangle) (*image.RGBA, error) { return nil, errors.New("nothing there") },
	}
	if _, err := openPolled(t.Context(), discard, g); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "nothing there") {
		t.Fatal(err)
	}
}
