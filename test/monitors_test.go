//go:build linux

package test

import (
	"fmt"
	"image"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

// TestX3_TwoMonitors: all of the desktop, then one monitor of it; pixels are
// exact and clicks land on the monitor that is shown.
func TestX3_TwoMonitors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		desktop: bed.DesktopOptions{Server: "Xtigervnc", Screen: "1600x700x24"},
		browser: &bed.BrowserOptions{},
	})
	left, right := image.Rect(0, 0, 900, 700), image.Rect(900, 0, 1600, 700)
	w.must(w.desktop.SetMonitors(left, right))
	_, err := w.desktop.Terminal(w.ctx, "Terminal", "60x20+960+60")
	w.must(err)
	w.connect()
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))

	id, err := w.console.MonitorOf(right.Dx(), right.Dy())
	w.must(err)
	w.must(w.console.Click(`[data-testid="menu-monitor"]`))
	w.must(w.console.Click(fmt.Sprintf(`[data-testid="monitor-%d"]`, id)))
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop, right))
	w.must(w.console.Screenshot("monitor-2"))
	w.must(w.console.ClickRemote(200, 200)) // the terminal, seen from the right monitor's corner
	w.must(w.console.Type("echo second > second.txt\r"))
	w.typed("second.txt", "second\n")
}
