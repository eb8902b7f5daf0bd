//go:build linux

package test

import (
	"net"
	"testing"

	"github.com/alongside-remote/alongside/test/bed"
)

// TestR11_RepSeesEveryPixelAndTypes is the main job: inventory, consent at the
// desktop, every pixel in the browser, and text typed into a real terminal.
func TestR11_RepSeesEveryPixelAndTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.terminal()
	w.connect()
	via, err := w.console.Via()
	w.must(err)
	if via != "webtransport" {
		t.Errorf("the viewer runs on %q, want webtransport", via)
	}
	w.typeEcho("typed.txt", "one two three: ~!@#$%^&*() [done]")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	w.must(w.console.Screenshot("session"))
}

// TestR11_UDPBlocked is the same where UDP between browser and broker is
// swallowed: the viewer falls back to a WebSocket.
func TestR11_UDPBlocked(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() // nobody reads from it
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}, broker: bed.BrokerOptions{Public: silent.LocalAddr().String()}})
	w.terminal()
	w.connect()
	via, err := w.console.Via()
	w.must(err)
	if via != "websocket" {
		t.Errorf("the viewer runs on %q, want websocket", via)
	}
	w.typeEcho("typed.txt", "over a socket")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
}

// typeEcho clicks into the terminal and types a command that writes text to a
// file, then waits for the file.
func (w *world) typeEcho(file, text string) {
	w.t.Helper()
	w.must(w.console.ClickRemote(300, 300))
	w.must(w.console.Type("echo '" + text + "' | tee " + file + "\r"))
	w.typed(file, text+"\n")
}

// TestX3_FitAndOneToOne: pixels stay exact and clicks land when the window is
// small and when the scale changes.
func TestX3_FitAndOneToOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.terminal()
	w.connect()
	w.must(w.console.Resize(820, 600))
	w.typeEcho("fit.txt", "small window")
	w.must(w.console.Click(`[data-testid="menu-scale"]`))
	w.must(w.console.Click(`[data-testid="scale-actual"]`))
	w.must(w.console.Resize(1600, 1000))
	w.typeEcho("actual.txt", "one to one")
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
}
