package tray_test

import (
	"fmt"
	"testing"

	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/tray"
)

// TestI4_TheDisplayMayComeLater: a session that is known before its X server runs can be
// asked once it does, without a new tray.
func TestI4_TheDisplayMayComeLater(t *testing.T) {
	t.Setenv("WAYLAND_DISPLAY", "")
	number, free, err := x11test.ReserveNumber()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(free)
	display := fmt.Sprintf(":%d", number)
	s := start(t, tray.Options{NoIcon: true, Display: display, Backend: "x11"})
	s.ask("n", 60)
	s.wantPrompt(true)
	s.wantAnswer("n", unavailable)
	s.wantPrompt(false)
	x11test.StartAt(t, display, "640x480x24")
	if r := s.next().GetReady(); r.GetPromptBackend() != "x11" {
		t.Fatalf("prompts are shown by %v", r)
	}
	s.silent()
}
