package tray_test

import (
	"image"
	"image/color"
	"strconv"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/internal/desktest"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const bannerTitle = "Alongside session"

func banner(control bool, seconds uint32) *ipcpb.ToTray {
	return &ipcpb.ToTray{Kind: &ipcpb.ToTray_Banner{Banner: &ipcpb.Banner{
		Session: []byte("session"), RepName: "Anna Nováková", Organisation: "Contoso IT", Control: control, LeftMs: uint64(seconds) * 1000,
	}}}
}

func startOn(t *testing.T, display string) *service {
	return start(t, tray.Options{NoIcon: true, Display: display, Prompter: prompttest.NewScript()})
}

func (s *service) wantShown() {
	s.t.Helper()
	if m := s.next(); string(m.GetBannerShown().GetSession()) != "session" {
		s.t.Fatalf("%v, want BannerShown", m)
	}
}

// edge is the colour of the banner's lower edge.
var edge = color.RGBA{0xff, 0xb0, 0x20, 0xff}

// onScreen reports whether every pixel of the banner's edge can be seen.
func onScreen(img *image.RGBA, r image.Rectangle) bool {
	for x := r.Min.X; x < r.Max.X; x++ {
		if img.RGBAAt(x, r.Max.Y-1) != edge {
			return false
		}
	}
	return !r.Empty()
}

func TestD10_BannerIsOnTheScreenBeforeItIsReported(t *testing.T) {
	d := desktest.Start(t, true)
	s := startOn(t, d.Display)
	before := d.Screen(t, "banner-before")
	s.send(banner(true, 754))
	s.wantShown()
	img := d.Screen(t, "banner-control")
	r := d.Place(d.Window(t, bannerTitle))
	if !onScreen(img, r) {
		t.Errorf("reported, but not on the screen at %v", r)
	}
	if onScreen(before, r) {
		t.Error("there before it was asked for")
	}
	if middle := (r.Min.X + r.Max.X) / 2; r.Min.Y != 0 || middle < 639 || middle > 641 {
		t.Errorf("at %v, want the top centre", r)
	}
	// Other words, the same window.
	s.send(banner(false, 0))
	s.wantShown()
	if now := d.Screen(t, "banner-view"); !onScreen(now, d.Place(d.Window(t, bannerTitle))) {
		t.Error("not on the screen after a change")
	}
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_BannerHide{BannerHide: &ipcpb.BannerHide{}}})
	d.Gone(t, bannerTitle)
	s.silent()
}

func TestL1_DoneEndsTheSession(t *testing.T) {
	d := desktest.Start(t, false)
	s := startOn(t, d.Display)
	s.send(banner(true, 0))
	s.wantShown()
	r := d.Place(d.Window(t, bannerTitle))
	d.Click(t, image.Pt(r.Min.X+30, r.Min.Y+20)) // beside the button
	d.Click(t, image.Pt(r.Max.X-40, r.Min.Y+21))
	if m := s.next(); string(m.GetDone().GetSession()) != "session" {
		t.Errorf("%v, want Done", m)
	}
}

func TestD10_BannerComesAboveNewWindows(t *testing.T) {
	for _, manager := range []bool{true, false} {
		t.Run("manager="+strconv.FormatBool(manager), func(t *testing.T) {
			d := desktest.Start(t, manager)
			s := startOn(t, d.Display)
			s.send(banner(true, 0))
			s.wantShown()
			r := d.Place(d.Window(t, bannerTitle))
			d.Program(t, "xterm", "-T", "cover", "-geometry", "300x80+0+0")
			id := d.Window(t, "cover")
			d.Xdotool(t, "windowsize", id, "1280", "800")
			d.Xdotool(t, "windowraise", id)
			if manager {
				d.Xdotool(t, "windowactivate", id)
				d.Key(t, "alt+F11") // nothing in this manager, or full screen
			}
			desktest.Until(t, "the banner above the new window", func() bool {
				return onScreen(d.Screen(t, "banner-above"), r)
			})
		})
	}
}

func TestBannerTakesNoFocusAndIsDragged(t *testing.T) {
	d := desktest.Start(t, true)
	s := startOn(t, d.Display)
	d.Program(t, "xterm", "-T", "typing", "-geometry", "40x10+100+300")
	typing := d.Window(t, "typing")
	d.Focused(t, typing)
	s.send(banner(true, 0))
	s.wantShown()
	id := d.Window(t, bannerTitle)
	r := d.Place(id)
	d.Xdotool(t, "mousemove", strconv.Itoa(r.Min.X+30), "20", "mousedown", "1",
		"mousemove", strconv.Itoa(r.Min.X-170), "90")
	desktest.Until(t, "the banner to follow", func() bool { return d.Place(id).Min == image.Pt(r.Min.X-200, 0) })
	d.Xdotool(t, "mousemove", "5000", "400", "mouseup", "1")
	desktest.Until(t, "the banner at the edge", func() bool { return d.Place(id).Max.X == 1280 })
	d.Focused(t, typing)
}

func TestD10_BannerLostAndBackWithTheDisplay(t *testing.T) {
	d := desktest.Start(t, false)
	s := startOn(t, d.Display)
	s.send(banner(true, 0))
	s.wantShown()
	d.Stop()
	if m := s.next(); m.GetBannerLost().GetDetail() == "" {
		t.Fatalf("%v, want BannerLost", m)
	}
	again := &desktest.Desktop{Server: x11test.StartAt(t, d.Display, "1280x800x24")}
	for m := s.next(); ; m = s.next() {
		if m.GetBannerShown() != nil {
			break
		}
		if m.GetBannerLost() == nil {
			t.Fatalf("%v, want BannerShown", m)
		}
	}
	if r := again.Place(again.Window(t, bannerTitle)); !onScreen(again.Screen(t, "banner-back"), r) {
		t.Error("reported, but not on the screen")
	}
}

// What nothing can be raised above covers the banner, and meanwhile it says something
// else: it is lost all the same.
func TestD10_BannerThatStaysCoveredIsLost(t *testing.T) {
	d := desktest.Start(t, false)
	s := startOn(t, d.Display)
	s.send(banner(true, 0))
	s.wantShown()
	r := d.Place(d.Window(t, bannerTitle))
	c, err := xgb.NewConnDisplay(d.Display)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := composite.Init(c); err != nil {
		t.Fatal(err)
	}
	screen := xproto.Setup(c).DefaultScreen(c)
	overlay, err := composite.GetOverlayWindow(c, screen.Root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	id, err := xproto.NewWindowId(c)
	if err != nil {
		t.Fatal(err)
	}
	xproto.CreateWindow(c, screen.RootDepth, id, overlay.OverlayWin, 0, 0, 1280, 800, 0, xproto.WindowClassInputOutput, screen.RootVisual,
		xproto.CwBackPixel, []uint32{screen.WhitePixel})
	xproto.MapWindow(c, id)
	desktest.Until(t, "the overlay", func() bool { return !onScreen(d.Screen(t, "banner-covered"), r) })
	s.send(banner(false, 0))
	if m := s.next(); m.GetBannerLost().GetReason() != wirepb.Reason_REASON_INDICATOR_MISSING {
		t.Fatalf("%v, want BannerLost", m)
	}
	composite.ReleaseOverlayWindow(c, screen.Root)
	s.wantShown()
}

// XWayland's server cannot tell that a banner is covered by a program of Wayland, so
// there is none there, which stops the frames.
func TestD10_NoBannerOnXWayland(t *testing.T) {
	server := waylandtest.Start(t, waylandtest.Options{Size: "1280x800", XWayland: true})
	s := startOn(t, server.XDisplay(t))
	s.send(banner(true, 0))
	m := s.next()
	if m.GetBannerLost().GetReason() != wirepb.Reason_REASON_INDICATOR_MISSING || m.GetBannerLost().GetDetail() == "" {
		t.Fatalf("%v, want BannerLost for lack of an indicator", m)
	}
}

func TestD10_BannerKilledByAnotherProgramComesBack(t *testing.T) {
	d := desktest.Start(t, false)
	s := startOn(t, d.Display)
	s.send(banner(true, 0))
	s.wantShown()
	for range 2 {
		d.Xdotool(t, "windowunmap", d.Window(t, bannerTitle))
		if m := s.next(); m.GetBannerLost().GetDetail() == "" {
			t.Fatalf("%v, want BannerLost", m)
		}
		s.wantShown()
	}
}

func TestBannerFollowsTheLayout(t *testing.T) {
	srv := x11test.StartVNC(t, "1280x800")
	d := &desktest.Desktop{Server: srv}
	s := startOn(t, d.Display)
	s.send(banner(true, 0))
	s.wantShown()
	id := d.Window(t, bannerTitle)
	srv.Program(t, "xrandr", "-s", "800x600")
	desktest.Until(t, "the banner in the middle of the smaller screen", func() bool {
		r := d.Place(id)
		return !r.Empty() && (r.Min.X+r.Max.X)/2 == 400 && r.Min.Y == 0
	})
}

// O28, Q12: who is there and who controls is on the screen, on a narrow one too.
func TestO28_Q12_BannerOfSeveralReps(t *testing.T) {
	for _, size := range []string{"1280x800x24", "640x480x24"} {
		t.Run(size, func(t *testing.T) {
			d := &desktest.Desktop{Server: x11test.Start(t, size)}
			s := startOn(t, d.Display)
			s.send(banner(true, 0))
			s.wantShown()
			alone := d.Place(d.Window(t, bannerTitle))
			m := banner(true, 0)
			m.GetBanner().Participants = []*wirepb.Participant{
				{RepId: "2", Name: "Ben", Control: true}, {RepId: "3", Name: "Vera of Example Vendor", External: true},
			}
			s.send(m)
			s.wantShown()
			several := d.Place(d.Window(t, bannerTitle))
			if img := d.Screen(t, "banner-several-"+size); !onScreen(img, several) || !several.In(img.Rect) || several.Dx() <= alone.Dx() {
				t.Errorf("at %v, with one rep %v", several, alone)
			}
			for i := range 5 {
				m.GetBanner().Participants = append(m.GetBanner().Participants, &wirepb.Participant{RepId: strconv.Itoa(i), Name: "Somebody with a Rather Long Name"})
			}
			m.GetBanner().Recorded = true
			s.send(m)
			s.wantShown()
			many := d.Place(d.Window(t, bannerTitle))
			if img := d.Screen(t, "banner-many-"+size); !onScreen(img, many) || !many.In(img.Rect) {
				t.Errorf("at %v", many)
			}
		})
	}
}

func TestBannerFitsANarrowScreen(t *testing.T) {
	d := &desktest.Desktop{Server: x11test.Start(t, "640x480x16")}
	s := startOn(t, d.Display)
	m := banner(true, 36000)
	m.GetBanner().RepName = "A very long name of a representative who is somebody"
	s.send(m)
	s.wantShown()
	if r := d.Place(d.Window(t, bannerTitle)); !r.In(image.Rect(0, 0, 640, 480)) {
		t.Errorf("at %v", r)
	}
}
