package tray_test

import (
	"image"
	"strconv"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/desktest"
)

// TestL1_TheHotKeyEndsTheSession from wherever the focus is, with locks on.
func TestL1_TheHotKeyEndsTheSession(t *testing.T) {
	d := desktest.Start(t, true)
	s := startOn(t, d.Display)
	d.Program(t, "xterm", "-T", "typing", "-geometry", "40x10+100+300")
	d.Focused(t, d.Window(t, "typing"))
	s.send(banner(true, 0))
	s.wantShown()
	for _, lock := range []string{"", "Caps_Lock", "Num_Lock"} {
		if lock != "" {
			d.Key(t, lock)
		}
		pressed := time.Now()
		d.Key(t, "ctrl+alt+shift+End")
		if m := s.next(); string(m.GetDone().GetSession()) != "session" {
			t.Fatalf("%v, want Done", m)
		}
		t.Logf("%q: Done %v after the program that presses was started", lock, time.Since(pressed))
	}
	d.Key(t, "ctrl+alt+End", "End")
	s.silent()
}

func TestTheBannerTellsTheHotKeyUnderThePointer(t *testing.T) {
	d := desktest.Start(t, false)
	s := startOn(t, d.Display)
	s.send(banner(true, 0))
	s.wantShown()
	id := d.Window(t, bannerTitle)
	rest := d.Place(id)
	point := func(p image.Point) { d.Xdotool(t, "mousemove", strconv.Itoa(p.X), strconv.Itoa(p.Y)) }
	point(image.Pt(rest.Min.X+30, rest.Min.Y+20))
	desktest.Until(t, "the line below", func() bool { return d.Place(id).Dy() > rest.Dy() })
	d.Screen(t, "banner-hint")
	if r := d.Place(id); r.Min != rest.Min || r.Dx() != rest.Dx() {
		t.Errorf("the banner moved from %v to %v under the pointer", rest, r)
	}
	point(image.Pt(640, 700))
	desktest.Until(t, "the banner at rest", func() bool { return d.Place(id) == rest })
}

// TestL4_TheBannerBeginsToCountBelowTwoMinutes on a real screen.
func TestL4_TheBannerBeginsToCountBelowTwoMinutes(t *testing.T) {
	d := desktest.Start(t, false)
	s := startOn(t, d.Display)
	s.send(banner(true, 122))
	s.wantShown()
	id := d.Window(t, bannerTitle)
	width := d.Place(id).Dx()
	began := time.Now()
	desktest.Until(t, "the countdown", func() bool { return d.Place(id).Dx() > width })
	d.Screen(t, "banner-countdown")
	if after := time.Since(began); after < 2*time.Second {
		t.Errorf("the countdown began after %v, with more than 119 s left", after)
	}
}
