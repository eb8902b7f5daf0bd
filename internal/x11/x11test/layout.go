package x11test

import (
	"fmt"
	"image"
	"os/exec"
	"testing"
)

// vncOutput is the one output of an Xtigervnc.
const vncOutput = "VNC-0"

// Resize gives the desktop of a server from StartVNC a new size by RandR.
func (s *Server) Resize(t testing.TB, size image.Point) {
	t.Helper()
	w, h := fmt.Sprint(size.X), fmt.Sprint(size.Y)
	name := "test-" + w + "x" + h
	// The mode may be there from before, then the first two say so and nothing is lost.
	_, _ = s.xrandr("--newmode", name, "0", w, "0", "0", w, h, "0", "0", h)
	_, _ = s.xrandr("--addmode", vncOutput, name)
	if out, err := s.xrandr("--output", vncOutput, "--mode", name); err != nil {
		t.Fatalf("resize to %v: %v\n%s", size, err, out)
	}
}

// SetMonitors divides the desktop of a server from StartVNC into the monitors
// m1, m2 and so on.
func (s *Server) SetMonitors(t testing.TB, rects ...image.Rectangle) {
	t.Helper()
	output := vncOutput
	for i, r := range rects {
		// One that is there already must go first; if there is none it says so.
		_, _ = s.xrandr("--delmonitor", fmt.Sprintf("m%d", i+1))
		g := fmt.Sprintf("%d/100x%d/100+%d+%d", r.Dx(), r.Dy(), r.Min.X, r.Min.Y)
		if out, err := s.xrandr("--setmonitor", fmt.Sprintf("m%d", i+1), g, output); err != nil {
			t.Fatalf("set monitor %v: %v\n%s", r, err, out)
		}
		output = "none"
	}
}

func (s *Server) xrandr(args ...string) (string, error) {
	cmd := exec.Command("xrandr", args...)
	cmd.Env = s.Env()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Xrandr changes the layout of a server in a way of the caller's own.
func (s *Server) Xrandr(t testing.TB, args ...string) {
	t.Helper()
	if out, err := s.xrandr(args...); err != nil {
		t.Fatalf("xrandr %v: %v\n%s", args, err, out)
	}
}
