package portal_test

import (
	"errors"
	"image"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
)

// remote is desktop whose portal has devices, which are wanted.
func remote(t *testing.T, o portaltest.Options) (*portal.Desktop, *portaltest.Portal, *strings.Builder) {
	t.Helper()
	if o.RemoteDesktop == 0 {
		o.RemoteDesktop = 2
	}
	d, p, log := desktop(t, o)
	d.SetControl(true)
	return d, p, log
}

// One question is for screen and devices, and what is put in comes in its order.
func TestR11_OneQuestionForScreenAndDevices(t *testing.T) {
	d, p, _ := remote(t, portaltest.Options{})
	s := shared(t, d)
	if p.Windows() != 1 || len(s.Streams) != 2 || s.Devices != portal.Keyboard|portal.Pointer || s.Asked != s.Devices {
		t.Fatalf("asked %d times: %+v", p.Windows(), s)
	}
	if p.DevicesAsked("types") != uint32(3) || p.DevicesAsked("persist_mode") != uint32(2) || p.Selected("persist_mode") != nil || p.Selected("types") != uint32(1) {
		t.Error("selected otherwise")
	}
	ctx := t.Context()
	for i, err := range []error{
		s.Key(ctx, 29, true), s.Symbol(ctx, 0x01006f22, true), s.Symbol(ctx, 0x01006f22, false), s.Key(ctx, 29, false),
		s.Move(ctx, 42, 1279.5, 3), s.Button(ctx, 0x110, true), s.Button(ctx, 0x110, false), s.Turn(ctx, portal.Horizontal, -2),
	} {
		if err != nil {
			t.Errorf("event %d: %v", i, err)
		}
	}
	want := []portaltest.Event{
		{Kind: portaltest.Key, Code: 29, Down: true},
		{Kind: portaltest.Symbol, Code: 0x01006f22, Down: true},
		{Kind: portaltest.Symbol, Code: 0x01006f22},
		{Kind: portaltest.Key, Code: 29},
		{Kind: portaltest.Motion, Node: 42, X: 1279.5, Y: 3},
		{Kind: portaltest.Button, Code: 0x110, Down: true},
		{Kind: portaltest.Button, Code: 0x110},
		{Kind: portaltest.Wheel, Code: 1, Steps: -2},
	}
	if got := p.Events(); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	if err := s.Move(ctx, 42, 1280, 3); !errors.Is(err, portal.ErrRefused) {
		t.Errorf("beside the stream: %v", err)
	}
}

// Who only looks asks for no devices, whatever the portal has.
func TestE9_NoDevicesAreAskedForBySomebodyWhoOnlyLooks(t *testing.T) {
	d, p, _ := desktop(t, portaltest.Options{RemoteDesktop: 2})
	s := shared(t, d)
	if p.DevicesAsked("types") != nil || s.Asked != 0 || s.Devices != 0 {
		t.Errorf("devices: %+v", s)
	}
	if err := s.Key(t.Context(), 29, true); err == nil || len(p.Events()) != 0 {
		t.Errorf("and yet: %v", err)
	}
}

// What the person does not give is not there, and the rest is.
func TestThePersonGivesTheScreenAlone(t *testing.T) {
	d, p, _ := remote(t, portaltest.Options{Withheld: 3})
	s := shared(t, d)
	if len(s.Streams) != 2 || s.Asked != 3 || s.Devices != 0 {
		t.Errorf("session %+v", s)
	}
	if err := s.Key(t.Context(), 29, true); !errors.Is(err, portal.ErrRefused) || len(p.Events()) != 0 {
		t.Error(err)
	}
}

func TestThePersonGivesTheDevicesAlone(t *testing.T) {
	d, p, _ := remote(t, portaltest.Options{HidesScreen: true})
	for range 2 {
		if _, err := share(t, d); !errors.Is(err, portal.ErrDenied) {
			t.Error(err)
		}
	}
	if p.Windows() != 1 {
		t.Errorf("asked %d times", p.Windows())
	}
	p.AwaitNothing()
}

// Where there are no devices, or they are not to be had, the screen is shared all the same.
func TestPortalsWithoutDevices(t *testing.T) {
	for name, o := range map[string]portaltest.Options{
		"touch screens only": {RemoteDesktop: 2, DeviceTypes: 4},
		"none to be had":     {RemoteDesktop: 2, NoDevices: true},
	} {
		t.Run(name, func(t *testing.T) {
			d, p, _ := remote(t, o)
			if s := shared(t, d); len(s.Streams) != 2 || s.Asked != 0 || p.Windows() != 1 {
				t.Errorf("session %+v, asked %d times", s, p.Windows())
			}
			d.Drop()
			p.AwaitNothing()
		})
	}
	t.Run("no interface", func(t *testing.T) {
		d, p, _ := desktop(t, portaltest.Options{})
		d.SetControl(true)
		if s := shared(t, d); len(s.Streams) != 2 || s.Asked != 0 || p.Windows() != 1 {
			t.Errorf("session %+v, asked %d times", s, p.Windows())
		}
	})
}

// A Yes to look and a Yes to control are remembered apart, and forgotten together.
func TestAYesToControlIsRememberedApart(t *testing.T) {
	d, p, log := remote(t, portaltest.Options{})
	for n := range 4 {
		d.SetControl(n%2 == 0)
		shared(t, d)
		d.Drop()
	}
	if p.Windows() != 2 {
		t.Errorf("asked %d times, once for each", p.Windows())
	}
	control, err := os.ReadFile(d.Token + ".control")
	if err != nil || string(control) != p.ControlToken() {
		t.Errorf("kept %q, got %q: %v", control, p.ControlToken(), err)
	}
	if looks, err := os.ReadFile(d.Token); err != nil || string(looks) != p.Token() {
		t.Errorf("kept %q, got %q: %v", looks, p.Token(), err)
	}
	if strings.Contains(log.String(), "token-") {
		t.Errorf("logged: %s", log)
	}
	s := shared(t, d)
	p.End()
	<-s.Done()
	for _, f := range []string{d.Token, d.Token + ".control"} {
		if _, err := os.Stat(f); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s stays", f)
		}
	}
	if err := s.Key(t.Context(), 29, true); !errors.Is(err, portal.ErrDenied) {
		t.Errorf("after the end: %v", err)
	}
}

func TestARemoteDesktopOfTheFirstVersion(t *testing.T) {
	d, p, _ := remote(t, portaltest.Options{RemoteDesktop: 1})
	if s := shared(t, d); s.Devices != 3 || p.DevicesAsked("persist_mode") != nil || p.Selected("persist_mode") != nil {
		t.Errorf("%+v", s)
	}
}

// A window that asks for too much, or too little, goes as soon as that is known.
func TestAQuestionIsTakenBack(t *testing.T) {
	d, p, _ := remote(t, portaltest.Options{Ask: true})
	_, _ = d.Share(moment(t))
	p.AwaitWindow()
	d.SetControl(false)
	p.AwaitNothing()
	var s *portal.Session
	for err := error(portal.ErrLost); err != nil; s, err = d.Share(moment(t)) { // the one that was taken back may say so first
		if !errors.Is(err, portal.ErrLost) && !errors.Is(err, portal.ErrAsking) {
			t.Fatal(err)
		}
		if errors.Is(err, portal.ErrAsking) {
			p.Answer(true)
		}
	}
	if s.Asked != 0 || p.Windows() != 2 {
		t.Errorf("session %+v, asked %d times", s, p.Windows())
	}
	d.SetControl(true) // a session goes on as it is
	if again := shared(t, d); again != s {
		t.Error("another session")
	}
}

func TestSharedAsksNobody(t *testing.T) {
	d, p, _ := remote(t, portaltest.Options{Ask: true})
	if _, err := d.Shared(); !errors.Is(err, portal.ErrAsking) || !d.Idle() {
		t.Error(err)
	}
	_, _ = d.Share(moment(t))
	p.AwaitWindow()
	if _, err := d.Shared(); !errors.Is(err, portal.ErrAsking) || d.Idle() {
		t.Error(err)
	}
	p.Answer(true)
	s := shared(t, d)
	if got, err := d.Shared(); got != s || err != nil {
		t.Error(err)
	}
	p.Crash()
	<-s.Done()
	if _, err := d.Shared(); !errors.Is(err, portal.ErrLost) {
		t.Error(err)
	}
	if err := s.Key(t.Context(), 29, true); !errors.Is(err, portal.ErrLost) {
		t.Error(err)
	}
}

// A portal that says what it should not is a portal without devices, or none.
func TestAPortalThatLies(t *testing.T) {
	for name, c := range map[string]struct {
		twist   func(map[string]dbus.Variant)
		devices portal.Devices
		err     error
	}{
		"devices that were not asked for": {func(r map[string]dbus.Variant) { r["devices"] = dbus.MakeVariant(^uint32(0)) }, 3, nil},
		"devices as a text":               {func(r map[string]dbus.Variant) { r["devices"] = dbus.MakeVariant("all") }, 0, nil},
		"no word of devices":              {func(r map[string]dbus.Variant) { delete(r, "devices") }, 0, nil},
		"streams as a number":             {func(r map[string]dbus.Variant) { r["streams"] = dbus.MakeVariant(7) }, 0, portal.ErrUnsupported},
		"no streams":                      {func(r map[string]dbus.Variant) { delete(r, "streams") }, 0, portal.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			d, p, _ := remote(t, portaltest.Options{Twist: c.twist})
			s, err := share(t, d)
			if !errors.Is(err, c.err) || err == nil && s.Devices != c.devices {
				t.Errorf("%+v, %v", s, err)
			}
			if _, err := share(t, d); !errors.Is(err, c.err) || p.Windows() != 1 {
				t.Errorf("once more: %v, asked %d times", err, p.Windows())
			}
			d.Drop()
			p.AwaitNothing()
		})
	}
}

// X3: a point of the picture is the same point at the desktop, whatever the scale.
func TestX3_PointsAreFoundOnTheirStream(t *testing.T) {
	d, _, _ := remote(t, portaltest.Options{})
	s := shared(t, d)
	if _, _, _, ok := s.Find(image.Pt(1, 1)); ok {
		t.Error("found before anything is shown")
	}
	// The second is scaled by two, below the first, and left of its edge.
	s.Lay([]image.Rectangle{image.Rect(0, 0, 1920, 1080), image.Rect(-100, 1080, 2460, 2680)})
	for _, c := range []struct {
		at   image.Point
		node uint32
		x, y float64
	}{
		{image.Pt(0, 0), 41, 0, 0},
		{image.Pt(1919, 1079), 41, 1919, 1079},
		{image.Pt(-100, 1080), 42, 0, 0},
		{image.Pt(-99, 1083), 42, 0.5, 1.5},
		{image.Pt(2459, 2679), 42, 1279.5, 799.5},
		{image.Pt(9000, 9000), 42, 1279.5, 799.5},
		{image.Pt(-5, 3), 41, 0, 3},
	} {
		node, x, y, ok := s.Find(c.at)
		if !ok || node != c.node || x != c.x || y != c.y {
			t.Errorf("%v: stream %d at %v,%v, %v", c.at, node, x, y, ok)
		}
	}
}
