package helper_test

import (
	"image"
	"testing"

	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/pipewire/pipewiretest"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// onPortal begins a helper on a desktop that shares by its portal, and devices with it.
func onPortal(t *testing.T, o portaltest.Options) (*service, *ipcpb.HelperReady, *portaltest.Portal, *capturetest.NodePainter) {
	t.Helper()
	server := pipewiretest.Start(t)
	portaltest.StartBus(t)
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	t.Setenv("DISPLAY", "")
	p := capturetest.NewNodePainter(t, image.Pt(320, 200))
	o.RemoteDesktop = 2
	o.Streams, o.Remote = []portaltest.Stream{{Node: p.Screen.ID(t), At: image.Rect(0, 0, 160, 100)}}, server.Connect
	portal := portaltest.Start(t, o)
	s, ready := begin(t, "")
	return s, ready, portal, p
}

// The person is asked once, for screen and devices, after our own Yes; then the rep
// sees, points and types. What is held goes up before the desktop's session does.
func TestI4_R11_ThePortalSharesScreenAndInput(t *testing.T) {
	s, ready, portal, p := onPortal(t, portaltest.Options{Ask: true})
	if r := ready.Capabilities.Input; r.Reason != wirepb.Reason_REASON_DESKTOP_ASKS {
		t.Errorf("input: %v", r)
	}
	v := s.look(1, true)
	v.reason(wirepb.Reason_REASON_DESKTOP_ASKS)
	portal.Answer(true)
	v.reason(wirepb.Reason_REASON_OK)
	v.shows(p)
	v.input(move(101, 50), wire.Input{Kind: wire.InputText, Text: "漢"}, inputtest.Press(ctrl, ""))
	want := []portaltest.Event{
		{Kind: portaltest.Motion, Node: p.Screen.ID(t), X: 50.5, Y: 25}, // the screen is scaled by two
		{Kind: portaltest.Symbol, Code: 0x01006F22, Down: true},
		{Kind: portaltest.Symbol, Code: 0x01006F22},
		{Kind: portaltest.Key, Code: 29, Down: true},
	}
	for i, e := range portal.AwaitEvents(len(want)) {
		if e != want[i] {
			t.Errorf("event %d is %+v, want %+v", i, e, want[i])
		}
	}
	s.suspend(true, true)
	portal.AwaitNothing()
	if got := portal.Events(); len(got) != len(want)+1 || got[len(want)] != (portaltest.Event{Kind: portaltest.Key, Code: 29}) {
		t.Errorf("at the end %+v", got)
	}
	if n := portal.Windows(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	// The next session is one of its own, on the desktop's terms.
	s.suspend(false, false)
	portal.Answer(true)
	v.reason(wirepb.Reason_REASON_OK)
	v.input(inputtest.Tap(ctrl, "")...)
	portal.AwaitEvents(len(want) + 3)
}

// E9: who only looks has the person asked for the screen alone.
func TestE9_ThePortalIsAskedForNoDevicesByWhoOnlyLooks(t *testing.T) {
	s, _, portal, p := onPortal(t, portaltest.Options{})
	v := s.look(1, false)
	v.reason(wirepb.Reason_REASON_OK)
	v.shows(p)
	v.input(inputtest.Press(ctrl, ""))
	if got := await(s, (*ipcpb.FromHelper).GetDropped); got.ViewOnly != 1 {
		t.Errorf("dropped %v", got)
	}
	if portal.DevicesAsked("types") != nil || len(portal.Events()) != 0 || portal.Windows() != 1 {
		t.Errorf("asked for %v in %d windows", portal.DevicesAsked("types"), portal.Windows())
	}
}

// The person shares the screen and keeps the devices: the rep sees it, and why they
// cannot type.
func TestThePersonKeepsTheDevices(t *testing.T) {
	s, _, portal, p := onPortal(t, portaltest.Options{Withheld: 3})
	v := s.look(1, true)
	v.reason(wirepb.Reason_REASON_INPUT_PERMISSION_MISSING)
	v.shows(p)
	v.input(inputtest.Press(ctrl, ""))
	p.Put(t, capturetest.Text(image.Rect(10, 10, 300, 150), 4))
	v.shows(p)
	if n := portal.Windows(); n != 1 || len(portal.Events()) != 0 {
		t.Errorf("asked %d times, put in %v", n, portal.Events())
	}
}

// The person ends it at the desktop: the rep neither sees nor types, and nobody is
// asked again in this session.
func TestThePersonEndsScreenAndInputAtTheDesktop(t *testing.T) {
	s, _, portal, p := onPortal(t, portaltest.Options{})
	v := s.look(1, true)
	v.reason(wirepb.Reason_REASON_OK)
	v.shows(p)
	v.input(inputtest.Tap(ctrl, "")...)
	portal.AwaitEvents(2)
	portal.End()
	v.reason(wirepb.Reason_REASON_PERMISSION_MISSING)
	v.input(inputtest.Tap(ctrl, "")...)
	s.suspend(true, true)
	portal.AwaitNothing()
	if n := len(portal.Events()); n != 2 || portal.Windows() != 1 {
		t.Errorf("%d events, asked %d times", n, portal.Windows())
	}
}

// A portal without RemoteDesktop shares the screen as before, and input says why not.
func TestAPortalWithoutRemoteDesktop(t *testing.T) {
	server := pipewiretest.Start(t)
	portaltest.StartBus(t)
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	t.Setenv("DISPLAY", "")
	p := capturetest.NewNodePainter(t, image.Pt(320, 200))
	portaltest.Start(t, portaltest.Options{Streams: []portaltest.Stream{{Node: p.Screen.ID(t)}}, Remote: server.Connect})
	s, ready := begin(t, "")
	if r := ready.Capabilities.Input; r.Reason != wirepb.Reason_REASON_BACKEND_UNSUPPORTED || r.Detail == "" {
		t.Errorf("input: %v", r)
	}
	v := s.look(1, true)
	v.reason(wirepb.Reason_REASON_OK)
	v.shows(p)
}
