// Package desktest is a person at a real desktop for tests: it looks for
// windows, clicks and types with xdotool, and takes screenshots.
package desktest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// Patience is how long something may take on a loaded machine.
const Patience = time.Minute

// Desktop is an X server with, where asked for, a window manager.
type Desktop struct {
	*x11test.Server
}

// Start runs a desktop of 1280x800.
func Start(t testing.TB, manager bool) *Desktop {
	t.Helper()
	d := &Desktop{x11test.Start(t, "1280x800x24")}
	if manager {
		d.Program(t, "openbox", "--sm-disable")
		Until(t, "openbox to manage windows", func() bool {
			out, err := d.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
			return err == nil && strings.Contains(out, "window id")
		})
		ctx, cancel := context.WithTimeout(t.Context(), Patience)
		defer cancel()
		if err := x11test.AwaitManager(ctx, x11.Target{Display: d.Display}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// Until polls a condition.
func Until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (d *Desktop) run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = d.Env()
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s %q (`make deps` installs it): %w", name, args, err)
	}
	return string(out), err
}

// Xdotool runs one command and fails the test if it fails.
func (d *Desktop) Xdotool(t testing.TB, args ...string) string {
	t.Helper()
	out, err := d.run("xdotool", args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// Find returns the visible window whose title begins so, or "".
func (d *Desktop) Find(title string) string {
	out, err := d.run("xdotool", "search", "--onlyvisible", "--name", "^"+regexp.QuoteMeta(title))
	if err != nil {
		return ""
	}
	id, _, _ := strings.Cut(out, "\n")
	return id
}

// Window waits for a visible window.
func (d *Desktop) Window(t testing.TB, title string) string {
	t.Helper()
	var id string
	Until(t, "window "+title, func() bool { id = d.Find(title); return id != "" })
	return id
}

// Gone waits until no such window is visible.
func (d *Desktop) Gone(t testing.TB, title string) {
	t.Helper()
	Until(t, "the end of window "+title, func() bool { return d.Find(title) == "" })
}

// Process is the id of the process that a window says it belongs to, or "".
// Unlike the id of a window it is not used again soon.
func (d *Desktop) Process(id string) string {
	out, err := d.run("xdotool", "getwindowpid", id)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

// Focused waits until a window has the keyboard.
func (d *Desktop) Focused(t testing.TB, id string) {
	t.Helper()
	Until(t, "the focus", func() bool {
		out, err := d.run("xdotool", "getwindowfocus")
		return err == nil && strings.TrimSpace(out) == id
	})
}

// Place is where a window is on the screen, without its frame. It is empty for a
// window that has just gone.
func (d *Desktop) Place(id string) image.Rectangle {
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil {
		return image.Rectangle{}
	}
	c, err := xgb.NewConnDisplay(d.Display)
	if err != nil {
		return image.Rectangle{}
	}
	defer c.Close()
	g, err := xproto.GetGeometry(c, xproto.Drawable(n)).Reply()
	if err != nil {
		return image.Rectangle{}
	}
	at, err := xproto.TranslateCoordinates(c, xproto.Window(n), xproto.Setup(c).DefaultScreen(c).Root, 0, 0).Reply()
	if err != nil {
		return image.Rectangle{}
	}
	return image.Rect(0, 0, int(g.Width), int(g.Height)).Add(image.Pt(int(at.DstX), int(at.DstY)))
}

// Click presses the first button at a point of the screen.
func (d *Desktop) Click(t testing.TB, p image.Point) {
	t.Helper()
	d.Xdotool(t, "mousemove", strconv.Itoa(p.X), strconv.Itoa(p.Y), "click", "1")
}

// Key presses keys one after the other.
func (d *Desktop) Key(t testing.TB, keys ...string) {
	t.Helper()
	d.Xdotool(t, append([]string{"key", "--delay", "40"}, keys...)...)
}

// Screen takes a picture of the whole screen through the server. With the
// environment's ALONGSIDE_SHOTS a copy named so is kept there to be looked at.
func (d *Desktop) Screen(t testing.TB, name string) *image.RGBA {
	t.Helper()
	c, err := xgb.NewConnDisplay(d.Display)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := xproto.Setup(c).DefaultScreen(c)
	w, h := int(s.WidthInPixels), int(s.HeightInPixels)
	r, err := xproto.GetImage(c, xproto.ImageFormatZPixmap, xproto.Drawable(s.Root), 0, 0, uint16(w), uint16(h), ^uint32(0)).Reply()
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	pixels.Swap(img.Pix, r.Data[:len(img.Pix)], 255)
	if dir := os.Getenv("ALONGSIDE_SHOTS"); dir != "" {
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".png"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return img
}
