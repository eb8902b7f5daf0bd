package waylandtest

import (
	"encoding/json"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Command has sway do something, in the language of its configuration.
func (s *Server) Command(t testing.TB, command string) {
	t.Helper()
	s.message(t, "--", command)
}

func (s *Server) message(t testing.TB, args ...string) []byte {
	t.Helper()
	sockets, err := filepath.Glob(filepath.Join(s.RuntimeDir, fmt.Sprintf("sway-ipc.*.%d.sock", s.cmd.Process.Pid)))
	if err != nil || len(sockets) != 1 {
		t.Fatalf("sockets of sway: %v, %v", sockets, err)
	}
	out, err := exec.Command("swaymsg", append([]string{"-s", sockets[0]}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("swaymsg %s: %v\n%s", args, err, out)
	}
	return out
}

// XDisplay waits for XWayland and returns its display.
func (s *Server) XDisplay(t testing.TB) string {
	t.Helper()
	var name string
	until(t, "XWayland", func() bool {
		b, _ := os.ReadFile(filepath.Join(s.RuntimeDir, xDisplayFile))
		name = strings.TrimSpace(string(b))
		return name != ""
	})
	return name
}

// window is a part of what sway says of its windows.
type window struct {
	Name  string `json:"name"`
	Rect  struct{ X, Y, Width, Height int }
	Nodes []window `json:"nodes"`
	Float []window `json:"floating_nodes"`
}

// Window says where a window is whose title has this text; false: there is none.
func (s *Server) Window(t testing.TB, title string) (image.Rectangle, bool) {
	t.Helper()
	var root window
	if err := json.Unmarshal(s.message(t, "-r", "-t", "get_tree"), &root); err != nil {
		t.Fatal(err)
	}
	var find func(w *window) (image.Rectangle, bool)
	find = func(w *window) (image.Rectangle, bool) {
		for _, nodes := range [][]window{w.Nodes, w.Float} {
			for i := range nodes {
				if r, ok := find(&nodes[i]); ok {
					return r, true
				}
			}
		}
		if len(w.Nodes)+len(w.Float) > 0 || !strings.Contains(w.Name, title) {
			return image.Rectangle{}, false
		}
		return image.Rect(0, 0, w.Rect.Width, w.Rect.Height).Add(image.Pt(w.Rect.X, w.Rect.Y)), true
	}
	return find(&root)
}

// AwaitWindow waits for a window.
func (s *Server) AwaitWindow(t testing.TB, title string) (r image.Rectangle) {
	t.Helper()
	until(t, "window "+title, func() (ok bool) {
		r, ok = s.Window(t, title)
		return ok
	})
	return r
}

// Click clicks with a pointer of sway's own.
func (s *Server) Click(t testing.TB, at image.Point) {
	t.Helper()
	s.Command(t, fmt.Sprintf("seat - cursor set %d %d", at.X, at.Y))
	s.Command(t, "seat - cursor press button1")
	s.Command(t, "seat - cursor release button1")
}

func until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s", what)
		}
	}
}
