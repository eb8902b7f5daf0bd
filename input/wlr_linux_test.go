package input_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/internal/wayland"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
	"github.com/alongside-remote/alongside/wire"
)

func openWlr(t *testing.T) input.Injector {
	t.Helper()
	in, err := input.Open(t.Context(), input.Options{Backend: "wlr", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

func wlrDesk(t *testing.T) (input.Injector, *inputtest.SwayDesk) {
	t.Helper()
	d := inputtest.NewSwayDesk(t, waylandtest.Options{Size: "800x600"})
	in := openWlr(t)
	d.Ready()
	return in, d
}

func TestWlrConformance(t *testing.T) {
	inputtest.Run(t, func(t *testing.T) (input.Injector, inputtest.Desk) { return wlrDesk(t) })
}

func TestX4_WlrTextOfAnyScript(t *testing.T) {
	in, d := wlrDesk(t)
	want := "漢é漢 Grüße, ça va? Привет, мир! €uro → 😀 \"'`~\\|"
	put(t, in, text(want))
	inputtest.WaitText(t, d, want)
	var many []rune // more than there are spare keys, each twice
	for r := rune(0x4e00); r < 0x4e00+150; r++ {
		many = append(many, r)
	}
	put(t, in, text(string(many)), text(string(many)))
	inputtest.WaitText(t, d, want+string(many)+string(many))
	put(t, in, text("one\r\ntwo\tthree\nfour"))
	inputtest.WaitText(t, d, want+string(many)+string(many)+"one\rtwo\tthree\rfour")
	inputtest.WaitUp(t, d)
}

// What the viewer's keys made is what appears, whatever the viewer's layout.
func TestX4_WlrKeysOfOtherLayouts(t *testing.T) {
	const (
		keyQ, keyW, keyY, keyZ, seven, eight, quote, bracket = 0x14, 0x1A, 0x1C, 0x1D, 0x24, 0x25, 0x34, 0x2F
		control, shift, altRight                             = 0xE0, 0xE1, 0xE6
		pad7, padDot                                         = 0x5F, 0x63
	)
	in, d := wlrDesk(t)
	put(t, in, inputtest.Tap(keyY, "z")...) // German: Y and Z are exchanged
	put(t, in, inputtest.Press(shift, ""), inputtest.Press(keyZ, "Y"), inputtest.Release(keyZ),
		inputtest.Press(seven, "/"), inputtest.Release(seven), inputtest.Press(quote, "Ä"), inputtest.Release(quote), inputtest.Release(shift))
	// AltGr, and Windows' way of saying so.
	put(t, in, inputtest.Press(altRight, ""), inputtest.Press(keyQ, "@"), inputtest.Release(keyQ), inputtest.Release(altRight))
	put(t, in, inputtest.Press(control, ""), inputtest.Press(altRight, ""), inputtest.Press(eight, "["), inputtest.Release(eight),
		inputtest.Release(altRight), inputtest.Release(control))
	// A dead key, and what it made of the next.
	put(t, in, append(inputtest.Tap(bracket, ""), inputtest.Tap(keyW, "ŵ")...)...)
	put(t, in, append(inputtest.Tap(pad7, "7"), inputtest.Tap(padDot, ",")...)...)
	inputtest.WaitText(t, d, "zY/Ä@[ŵ7,")
	inputtest.WaitUp(t, d)
}

func TestX4_WlrCommandsAndKeysWithoutText(t *testing.T) {
	const (
		keyC, keyI, keyK, keyU   = 0x06, 0x0C, 0x0E, 0x18
		control, shift, altRight = 0xE0, 0xE1, 0xE6
		f5, home, delete, up     = 0x3E, 0x4A, 0x4C, 0x52
		pad7                     = 0x5F
		controlKey, altKey       = "57442u;1", "57449u;1"
	)
	in, d := wlrDesk(t)
	var events []wire.Input
	add := func(more ...wire.Input) { events = append(events, more...) }
	add(inputtest.Press(control, ""))
	add(inputtest.Tap(keyI, "c")...) // Dvorak: what is printed on the key counts
	add(inputtest.Tap(keyC, "с")...) // Russian: its place
	add(inputtest.Press(shift, ""))
	add(inputtest.Tap(keyK, "K")...)
	add(inputtest.Release(shift), inputtest.Release(control))
	for _, k := range []uint16{f5, home, delete, up, pad7} {
		add(inputtest.Tap(k, "")...)
	}
	add(inputtest.Press(altRight, ""))
	add(inputtest.Tap(keyU, "u")...)
	add(inputtest.Release(altRight))
	put(t, in, events...)
	want := []string{controlKey, "99u;5", "99u;5", "57441u;5", "107u;6", "15~;1", "1H;1", "3~;1", "1A;1", "1H;1", altKey, "117u;3"}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("presses %q", d.Presses())
		}
	})
	inputtest.Wait(t, func() bool { return len(d.Presses()) >= len(want) })
	if got := d.Presses(); !slices.Equal(got, want) {
		t.Errorf("arrived %q\n want    %q", got, want)
	}
	inputtest.WaitUp(t, d)
}

func TestWlrWheelAndButtons(t *testing.T) {
	in, d := wlrDesk(t)
	wheel := func(dx, dy int16) wire.Input {
		return wire.Input{Kind: wire.InputWheel, X: 100, Y: 100, DX: dx, DY: dy}
	}
	put(t, in, wheel(0, 3*wire.WheelNotch), wheel(0, -wire.WheelNotch), wheel(2*wire.WheelNotch, 0), wheel(0, wire.WheelNotch/2))
	// To the side the terminal counts in its columns.
	inputtest.Wait(t, func() bool { return d.Wheel().X > 0 && d.Wheel().Y == 2 })
	for b := range uint8(5) {
		put(t, in, wire.Input{Kind: wire.InputButton, X: 100, Y: 100, Button: b, Down: true})
	}
	inputtest.Wait(t, func() bool { return d.Down() == 5 })
	put(t, in, wire.Input{Kind: wire.InputReleaseAll})
	inputtest.WaitUp(t, d)
}

// An injector that is killed leaves nothing down.
func TestWlrKilled(t *testing.T) {
	in, d := wlrDesk(t)
	put(t, in, inputtest.Press(0xE1, ""), inputtest.Press(0x4F, ""))
	inputtest.Wait(t, func() bool { return d.Down() == 2 })
	input.KillWlr(in)
	again := openWlr(t)
	d.Ready()
	put(t, again, inputtest.Tap(0x04, "a")...)
	inputtest.WaitText(t, d, "a")
}

// Who was told that all is released may open a prompt: nothing that was injected comes
// after it.
func TestWlrReleaseAllWaitsForTheCompositor(t *testing.T) {
	in, d := wlrDesk(t)
	put(t, in, inputtest.Press(0x04, "a"))
	d.Server.Signal(t, syscall.SIGSTOP)
	done := make(chan error, 1)
	go func() { done <- in.Inject([]wire.Input{{Kind: wire.InputReleaseAll}}) }()
	select {
	case err := <-done:
		d.Server.Signal(t, syscall.SIGCONT)
		t.Fatalf("a compositor that stands still has taken all: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	d.Server.Signal(t, syscall.SIGCONT)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	inputtest.WaitUp(t, d)
}

func TestWlrCompositorGone(t *testing.T) {
	d := inputtest.NewSwayDesk(t, waylandtest.Options{Size: "800x600"})
	in := openWlr(t)
	d.Server.Stop()
	inputtest.Wait(t, func() bool { return errors.Is(in.Inject(inputtest.Tap(0x04, "a")), input.ErrLost) })
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

func TestWlrOtherCompositors(t *testing.T) {
	p := &waylandtest.Played{Globals: []wayland.Global{{Name: 1, Interface: "wl_seat", Version: 7}}}
	waylandtest.Play(t, p)
	t.Setenv("WAYLAND_DISPLAY", p.Display)
	t.Setenv("DISPLAY", "")
	_, err := input.Open(t.Context(), input.Options{Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, input.ErrUnsupported) || !strings.Contains(err.Error(), "portal") {
		t.Error(err)
	}
}
