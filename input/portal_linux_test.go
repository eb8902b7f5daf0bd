package input_test

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
	"github.com/alongside-remote/alongside/wire"
)

// screen is the monitor that is shared.
var screen = portaltest.Stream{Node: 41, At: image.Rect(0, 0, 800, 600)}

// shared is a desktop whose portal is played.
type shared struct {
	portal  *portaltest.Portal
	desktop *portal.Desktop
}

func newShared(t testing.TB, o portaltest.Options) *shared {
	t.Helper()
	portaltest.StartBus(t)
	if o.RemoteDesktop == 0 {
		o.RemoteDesktop = 2
	}
	if o.Streams == nil {
		o.Streams = []portaltest.Stream{screen}
	}
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	t.Setenv("DISPLAY", "")
	s := &shared{portal: portaltest.Start(t, o), desktop: portal.New(portal.Options{Log: quiet, Token: filepath.Join(t.TempDir(), "token")})}
	t.Cleanup(s.desktop.Drop)
	s.desktop.SetControl(true)
	return s
}

var quiet = slog.New(slog.DiscardHandler)

// show has the screen shown, in the pixels of the streams' own measure.
func (s *shared) show(t testing.TB) *portal.Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), inputtest.Patience)
	defer cancel()
	session, err := s.desktop.Share(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var all []image.Rectangle
	for _, stream := range session.Streams {
		all = append(all, stream.Place)
	}
	session.Lay(all)
	return session
}

func (s *shared) try(t testing.TB) (input.Injector, error) {
	t.Helper()
	return input.Open(t.Context(), input.Options{Backend: "portal", Log: quiet, Portal: s.desktop})
}

func (s *shared) open(t testing.TB) input.Injector {
	t.Helper()
	s.show(t)
	in, err := s.try(t)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

// Without a session nobody is asked, and no worse backend goes around the question.
func TestC4_PortalInputAsksNobody(t *testing.T) {
	s := newShared(t, portaltest.Options{Ask: true})
	for _, o := range []input.Options{{}, {Backend: "portal"}, {Portal: s.desktop}} {
		o.Log = quiet
		if _, err := input.Open(t.Context(), o); !errors.Is(err, input.ErrAsking) || strings.Contains(err.Error(), "xtest") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if s.portal.Windows() != 0 {
		t.Error("the person was asked")
	}
}

func TestPortalInputIsNotGiven(t *testing.T) {
	for name, c := range map[string]struct {
		o       portaltest.Options
		looks   bool
		err     error
		because string
	}{
		"withheld":   {portaltest.Options{Withheld: 3}, false, input.ErrDenied, "no keyboard or pointer"},
		"not asked":  {portaltest.Options{}, true, input.ErrDenied, "screen alone"},
		"no devices": {portaltest.Options{DeviceTypes: 4}, false, input.ErrUnsupported, "RemoteDesktop"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShared(t, c.o)
			s.desktop.SetControl(!c.looks)
			session := s.show(t)
			if _, err := s.try(t); !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.because) {
				t.Error(err)
			}
			select {
			case <-session.Done():
				t.Errorf("the screen is gone: %v", session.Err())
			default:
			}
			if n := s.portal.Windows(); n != 1 || len(s.portal.Events()) != 0 {
				t.Errorf("asked %d times, and put in %v", n, s.portal.Events())
			}
		})
	}
}

func TestPortalInputIsNotThere(t *testing.T) {
	portaltest.StartBus(t)
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	d := portal.New(portal.Options{Log: quiet})
	t.Cleanup(d.Drop)
	o := input.Options{Backend: "portal", Log: quiet, Portal: d}
	if _, err := input.Open(t.Context(), o); !errors.Is(err, input.ErrUnsupported) {
		t.Error(err)
	}
	portaltest.Start(t, portaltest.Options{})
	if _, err := input.Open(t.Context(), o); !errors.Is(err, input.ErrUnsupported) || !strings.Contains(err.Error(), "RemoteDesktop") {
		t.Error(err)
	}
}

// A device that was kept back takes nothing of the other along.
func TestPortalInputByOneDevice(t *testing.T) {
	const pointer = 2
	s := newShared(t, portaltest.Options{Withheld: pointer})
	in := s.open(t)
	events := append([]wire.Input{{Kind: wire.InputMotion, X: 5, Y: 6}}, inputtest.Tap(0x4F, "")...)
	if err := in.Inject(events); !errors.Is(err, input.ErrBlocked) {
		t.Error(err)
	}
	if got := s.portal.Events(); len(got) != 2 || got[0].Kind != portaltest.Key {
		t.Errorf("put in %v", got)
	}
}

// The person ends it at the desktop: nothing gets in, and it is their No.
func TestPortalInputEndsAtTheDesktop(t *testing.T) {
	s := newShared(t, portaltest.Options{})
	session := s.show(t)
	in := s.open(t)
	put(t, in, inputtest.Press(0xE0, ""))
	s.portal.End()
	<-session.Done()
	if err := in.Inject(inputtest.Tap(0x4F, "")); !errors.Is(err, input.ErrDenied) {
		t.Error(err)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.try(t); !errors.Is(err, input.ErrDenied) {
		t.Errorf("opened again: %v", err)
	}
	if n := s.portal.Windows(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestPortalInputLost(t *testing.T) {
	s := newShared(t, portaltest.Options{})
	in := s.open(t)
	put(t, in, inputtest.Press(0xE0, ""))
	s.portal.Crash()
	if err := in.Inject(inputtest.Tap(0x4F, "")); !errors.Is(err, input.ErrLost) {
		t.Error(err)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

// What is refused is not held, and takes nothing else along.
func TestPortalInputRefused(t *testing.T) {
	const z, left = 0x7A, 105
	s := newShared(t, portaltest.Options{Input: func(e portaltest.Event) error {
		if e.Code == z || e.Code == left {
			return errors.New("no such key")
		}
		return nil
	}})
	in := s.open(t)
	err := in.Inject(slices.Concat(
		[]wire.Input{{Kind: wire.InputText, Text: "xyz!"}, inputtest.Press(0x50, ""), inputtest.Press(0x4F, "")}, inputtest.Tap(0x2C, " "),
	))
	if !errors.Is(err, input.ErrBlocked) {
		t.Error(err)
	}
	put(t, in, wire.Input{Kind: wire.InputReleaseAll})
	var got []uint32
	for _, e := range s.portal.Events() {
		got = append(got, e.Code)
	}
	if want := []uint32{'x', 'x', 'y', 'y', '!', '!', 106, ' ', ' ', 106}; !slices.Equal(got, want) {
		t.Errorf("put in %v, want %v", got, want)
	}
}

// Who was told that all is released may open a prompt: nothing that was injected comes
// after it.
func TestPortalReleaseAllWaitsForThePortal(t *testing.T) {
	at, let := make(chan struct{}), make(chan struct{})
	s := newShared(t, portaltest.Options{Input: func(e portaltest.Event) error {
		if e.Code == 106 && !e.Down {
			close(at)
			<-let
		}
		return nil
	}})
	in := s.open(t)
	put(t, in, inputtest.Press(0x4F, ""))
	done := make(chan error, 1)
	go func() { done <- in.Inject([]wire.Input{{Kind: wire.InputReleaseAll}}) }()
	<-at
	select {
	case err := <-done:
		t.Errorf("a portal that is at work has taken all: %v", err)
	default:
	}
	close(let)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
