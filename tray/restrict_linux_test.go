package tray_test

import (
	"strconv"
	"testing"

	"github.com/alongside-remote/alongside/tray/internal/desktest"
)

// The banner names its window, and says that the person's input is off for as long as it
// is so, and how to take it back.
func TestX15_A12_TheBannerSaysThatInputIsOff(t *testing.T) {
	d := desktest.Start(t, false)
	s := startOn(t, d.Display)
	s.send(banner(true, 0))
	m := s.next().GetBannerShown()
	id := d.Window(t, bannerTitle)
	if want, err := strconv.ParseUint(id, 0, 32); err != nil || uint64(m.GetWindow()) != want {
		t.Errorf("the banner's window is %d, told is %v (%v)", want, m, err)
	}
	rest := d.Place(id)
	taken := banner(true, 0)
	taken.GetBanner().Restricted = true
	s.send(taken)
	s.wantShown()
	if now := d.Place(id); now.Dx() <= rest.Dx() {
		t.Errorf("the banner says nothing more: %v, before %v", now, rest)
	}
	d.Screen(t, "banner-restricted")
	s.send(banner(true, 0))
	s.wantShown()
	desktest.Until(t, "the banner of before", func() bool { return d.Place(id) == rest })
}
