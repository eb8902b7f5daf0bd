package portal_test

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
)

var screens = []portaltest.Stream{{Node: 41, ID: "a", At: image.Rect(0, 0, 1920, 1080)}, {Node: 42, At: image.Rect(1920, 0, 3200, 800)}}

func desktop(t *testing.T, o portaltest.Options) (*portal.Desktop, *portaltest.Portal, *strings.Builder) {
	t.Helper()
	portaltest.StartBus(t)
	o.Streams = screens
	p := portaltest.Start(t, o)
	var log strings.Builder
	d := portal.New(portal.Options{
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Token: filepath.Join(t.TempDir(), "state", "portal.token"),
	})
	t.Cleanup(d.Drop)
	return d, p, &log
}

func share(t *testing.T, d *portal.Desktop) (*portal.Session, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return d.Share(ctx)
}

func shared(t *testing.T, d *portal.Desktop) *portal.Session {
	t.Helper()
	s, err := share(t, d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// moment is a context that lasts for a short while.
func moment(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestTheMonitorsThatThePersonShares(t *testing.T) {
	d, p, _ := desktop(t, portaltest.Options{})
	s := shared(t, d)
	want := []portal.Stream{
		{Node: 41, ID: "a", Size: screens[0].At.Size(), Placed: true, Place: screens[0].At}, {Node: 42, Size: screens[1].At.Size(), Placed: true, Place: screens[1].At},
	}
	if len(s.Streams) != 2 || s.Streams[0] != want[0] || s.Streams[1] != want[1] {
		t.Errorf("streams %+v", s.Streams)
	}
	if again := shared(t, d); again != s || p.Windows() != 1 {
		t.Errorf("asked %d times for one session", p.Windows())
	}
	if p.Selected("types") != uint32(1) || p.Selected("multiple") != true || p.Selected("cursor_mode") != uint32(4) || p.Selected("persist_mode") != uint32(2) {
		t.Error("selected otherwise")
	}
	d.Drop()
	<-s.Done()
	p.AwaitNothing()
}

// Without metadata the pointer is left out: drawn into the picture it would be seen twice.
func TestAPortalOfAnOlderVersion(t *testing.T) {
	d, p, _ := desktop(t, portaltest.Options{Version: 3, Cursors: 3})
	shared(t, d)
	if p.Selected("cursor_mode") != uint32(1) || p.Selected("persist_mode") != nil {
		t.Errorf("cursor mode %v, persist mode %v", p.Selected("cursor_mode"), p.Selected("persist_mode"))
	}
}

// C4: a window that is open when the session ends is closed, and nothing stays.
func TestC4_TheWindowGoesWithTheSession(t *testing.T) {
	d, p, _ := desktop(t, portaltest.Options{Ask: true})
	if _, err := d.Share(moment(t)); !errors.Is(err, portal.ErrAsking) {
		t.Fatal(err)
	}
	p.AwaitWindow()
	if _, err := d.Share(moment(t)); !errors.Is(err, portal.ErrAsking) || p.Windows() != 1 {
		t.Fatalf("%v, %d windows", err, p.Windows())
	}
	d.Drop()
	p.AwaitNothing()
	// The next session asks anew, and a Yes counts.
	if _, err := d.Share(moment(t)); !errors.Is(err, portal.ErrAsking) {
		t.Fatal(err)
	}
	p.Answer(true)
	shared(t, d)
}

func TestANoHoldsUntilTheSessionEnds(t *testing.T) {
	d, p, _ := desktop(t, portaltest.Options{Ask: true})
	_, _ = d.Share(moment(t))
	p.Answer(false)
	for range 3 {
		if _, err := share(t, d); !errors.Is(err, portal.ErrDenied) {
			t.Fatal(err)
		}
	}
	p.AwaitNothing()
	if p.Windows() != 1 {
		t.Errorf("asked %d times", p.Windows())
	}
	d.Drop()
	_, _ = d.Share(moment(t))
	p.Answer(true)
	shared(t, d)
}

// The desktop's own way to end it is a No, also for the next session: its memory goes.
func TestThePersonEndsItAtTheDesktop(t *testing.T) {
	d, p, _ := desktop(t, portaltest.Options{})
	s := shared(t, d)
	p.End()
	<-s.Done()
	if _, err := share(t, d); !errors.Is(err, portal.ErrDenied) || p.Windows() != 1 {
		t.Fatalf("%v, %d windows", err, p.Windows())
	}
	if _, err := os.Stat(d.Token); !errors.Is(err, os.ErrNotExist) {
		t.Error("its memory stays")
	}
}

// A Yes is remembered by the desktop, in a file for the user alone, and in no log.
func TestAYesIsRemembered(t *testing.T) {
	d, p, log := desktop(t, portaltest.Options{})
	for n := range 3 {
		shared(t, d)
		token := p.Token()
		got, err := os.ReadFile(d.Token)
		if err != nil || string(got) != token {
			t.Fatalf("%d: kept %q, got %q: %v", n, got, token, err)
		}
		if st, err := os.Stat(d.Token); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("mode %v %v", st.Mode(), err)
		}
		d.Drop()
	}
	if p.Windows() != 1 {
		t.Errorf("asked %d times", p.Windows())
	}
	if strings.Contains(log.String(), "token-") {
		t.Errorf("logged: %s", log)
	}
}

// Streams that ended may be the person's end of it, which the portal says a moment later.
func TestSpentStreams(t *testing.T) {
	d, p, _ := desktop(t, portaltest.Options{})
	s := shared(t, d)
	s.Spent()
	p.End()
	<-s.Done()
	if _, err := share(t, d); !errors.Is(err, portal.ErrDenied) {
		t.Fatal(err)
	}
	d.Drop()
	s = shared(t, d)
	s.Spent()
	<-s.Done()
	if again := shared(t, d); again == s {
		t.Error("the same session")
	}
}

func TestThePortalGoes(t *testing.T) {
	d, p, _ := desktop(t, portaltest.Options{})
	s := shared(t, d)
	p.Crash()
	<-s.Done()
	p = portaltest.Start(t, portaltest.Options{Streams: screens, Ask: true})
	_, _ = d.Share(moment(t))
	p.Answer(true)
	shared(t, d)
}

func TestNoPortal(t *testing.T) {
	portaltest.StartBus(t)
	d := portal.New(portal.Options{Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(d.Drop)
	if _, err := share(t, d); !errors.Is(err, portal.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := portal.Look(t.Context()); !errors.Is(err, portal.ErrUnsupported) {
		t.Error(err)
	}
	p := portaltest.Start(t, portaltest.Options{Sources: 2, Streams: screens})
	if _, err := share(t, d); !errors.Is(err, portal.ErrUnsupported) || p.Windows() != 0 {
		t.Errorf("a portal of windows only: %v", err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	if _, err := share(t, d); !errors.Is(err, portal.ErrUnsupported) {
		t.Error(err)
	}
}
