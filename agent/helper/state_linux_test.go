package helper_test

import (
	"image"
	"testing"

	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestX9_MonitorsThatAreOffAndOnAgain: a display server with all its outputs switched off
// shows nothing, and says so; the picture comes back with one, for who looked already.
func TestX9_MonitorsThatAreOffAndOnAgain(t *testing.T) {
	server := x11test.StartVNC(t, "640x400")
	s := start(t, server.Display)
	v := s.look(1, false)
	v.exact(server)
	for _, size := range []image.Point{{X: 640, Y: 400}, {X: 800, Y: 500}} {
		server.Xrandr(t, "--output", "VNC-0", "--off")
		if st := v.reason(wirepb.Reason_REASON_NO_MONITOR); st.Detail == "" {
			t.Error("nothing is said of it")
		}
		paint(t, server, "-solid", "orange")
		server.Resize(t, size)
		v.reason(wirepb.Reason_REASON_OK)
		v.exact(server)
		paint(t, server, "-solid", "navy")
		v.exact(server)
	}
}

// TestX9_WhatIsSaidBesideThePicture: the service says how the terminal session stands; the
// viewer reads it, and the picture goes on. What the screen itself has to say comes first.
func TestX9_WhatIsSaidBesideThePicture(t *testing.T) {
	server := x11test.Start(t, "640x400x24")
	s := start(t, server.Display)
	v := s.look(1, true)
	v.exact(server)
	beside := func(r wirepb.Reason) {
		t.Helper()
		s.beside = r
		s.suspend(false, false)
		v.reason(r)
	}
	beside(wirepb.Reason_REASON_LOCKED)
	paint(t, server, "-solid", "black")
	v.exact(server)
	late := s.look(2, false)
	late.reason(wirepb.Reason_REASON_LOCKED)
	beside(wirepb.Reason_REASON_LOGIN_SCREEN)
	server.Stop()
	v.reason(wirepb.Reason_REASON_DISPLAY_SERVER_GONE)
	again := x11test.StartAt(t, server.Display, "640x400x24")
	v.reason(wirepb.Reason_REASON_LOGIN_SCREEN)
	beside(wirepb.Reason_REASON_OK)
	paint(t, again, "-solid", "purple")
	v.exact(again)
}
