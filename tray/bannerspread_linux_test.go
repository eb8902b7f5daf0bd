package tray_test

import (
	"image"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/indicator"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/internal/desktest"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
)

// shown is what a monitor shows, as who captures it has it.
type shown struct{ *image.RGBA }

func (s shown) Rect() image.Rectangle { return s.RGBA.Rect }

func (s shown) Row(y, x0, x1 int) []byte {
	var row []byte
	for x := x0; x < x1; x++ {
		c := s.RGBAAt(x, y)
		row = append(row, c.B, c.G, c.R, 0)
	}
	return row
}

// startOnXWayland runs a tray that has an XWayland and no compositor that it knows.
func startOnXWayland(t *testing.T, outputs int) *sway {
	t.Helper()
	w := &sway{server: waylandtest.Start(t, waylandtest.Options{Size: "1280x800", XWayland: true, Outputs: outputs})}
	w.person = waylandtest.NewPerson(t, w.server)
	t.Setenv("DISPLAY", w.server.XDisplay(t))
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	w.service = start(t, tray.Options{NoIcon: true, Prompter: prompttest.NewScript()})
	return w
}

func (w *sway) wantPlaced() *ipcpb.BannerPlaced {
	w.t.Helper()
	m := w.next().GetBannerPlaced()
	if m == nil || string(m.Session) != "session" || indicator.Check(m) != nil {
		w.t.Fatalf("%v, want BannerPlaced", m)
	}
	return m
}

// TestD10_OnXWaylandOthersSayWhetherTheBannerIsSeen: the tray says what it draws, and where,
// on each monitor, and never that it is shown. What it says is what the monitors show.
func TestD10_OnXWaylandOthersSayWhetherTheBannerIsSeen(t *testing.T) {
	w := startOnXWayland(t, 2)
	outputs := []string{"HEADLESS-1", "HEADLESS-2"}
	seen := func(m *ipcpb.BannerPlaced) {
		t.Helper()
		b, err := indicator.Read(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outputs {
			desktest.Until(t, "the banner on "+o, func() bool {
				p := shown{w.person.Look(o)}
				return b.On(p, p.Rect())
			})
		}
	}
	w.send(banner(true, 0))
	first := w.wantPlaced()
	if len(first.Spots) != 2 || first.Spots[0].Y != 0 || first.Spots[0].X < 100 {
		t.Errorf("at %v, want the top centre of two monitors", first.Spots)
	}
	seen(first)
	w.send(banner(false, 0))
	seen(w.wantPlaced())

	// Dragged along the edge: so many pictures are enough for the eye, and the last one counts.
	const every = 125 * time.Millisecond
	x, began := int(first.Spots[0].X), time.Now()
	w.person.Point(image.Pt(x+30, 20), swaySize)
	w.person.Press(true)
	for i := range 40 {
		w.person.Point(image.Pt(x+30-5*i, 20), swaySize)
	}
	w.person.Press(false)
	last, n := w.wantPlaced(), 1
	for int(last.Spots[0].X) > x-150 {
		last, n = w.wantPlaced(), n+1
	}
	if most := int(time.Since(began)/every) + 2; n > most {
		t.Errorf("told %d times, want at most %d", n, most)
	}
	w.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_BannerHide{BannerHide: &ipcpb.BannerHide{}}})
	desktest.Until(t, "the end of the banner", func() bool { return w.place(outputs[0]).Empty() })
}

func TestL1_DoneOnXWayland(t *testing.T) {
	w := startOnXWayland(t, 1)
	w.send(banner(true, 0))
	m := w.wantPlaced()
	desktest.Until(t, "the banner", func() bool { return !w.place("HEADLESS-1").Empty() })
	w.person.Click(image.Pt(int(m.Spots[0].X+m.Width)-40, 21), swaySize)
	for {
		m := w.next()
		if d := m.GetDone(); d != nil {
			if string(d.Session) != "session" {
				t.Errorf("%v", d)
			}
			return
		}
		if m.GetBannerPlaced() == nil {
			t.Fatalf("%v, want Done", m)
		}
	}
}
