package input_test

import (
	"errors"
	"image"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/wire"
)

func button(p image.Point, b uint8, down bool) wire.Input {
	return wire.Input{Kind: wire.InputButton, X: uint16(p.X), Y: uint16(p.Y), Button: b, Down: down}
}

func wheel(p image.Point, dx, dy int16) wire.Input {
	return wire.Input{Kind: wire.InputWheel, X: uint16(p.X), Y: uint16(p.Y), DX: dx, DY: dy}
}

// arrived waits for n events of a pad and returns those that went down.
func arrived(t *testing.T, pad *inputtest.Pad, n int) (down []inputtest.Arrived) {
	t.Helper()
	inputtest.Wait(t, func() bool { return len(pad.Got()) >= n })
	for _, a := range pad.Got() {
		if a.Down {
			a.State = 0
			down = append(down, a)
		}
	}
	return down
}

func TestX3_ClickLandsOnTheExactPixel(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	pad := d.NewPad(image.Rect(0, 0, 800, 600))
	in := open(t, d)
	var want []inputtest.Arrived
	for i, p := range []image.Point{{0, 0}, {799, 599}, {400, 300}, {1, 598}, {17, 4}} {
		buttons := []uint8{wire.ButtonLeft, wire.ButtonMiddle, wire.ButtonRight, wire.ButtonBack, wire.ButtonForward}
		put(t, in, button(p, buttons[i], true), button(p, buttons[i], true), button(p, buttons[i], false), button(p, buttons[i], false))
		want = append(want, inputtest.Arrived{Down: true, Detail: []byte{1, 2, 3, 8, 9}[i], At: p})
	}
	if diff := cmp.Diff(want, arrived(t, pad, 10)); diff != "" {
		t.Errorf("clicks (-want +got):\n%s", diff)
	}
	put(t, in, button(image.Pt(5, 5), 5, true), button(image.Pt(5, 5), 200, true))
	inputtest.Wait(t, func() bool { return d.Pointer() == image.Pt(17, 4) })
	inputtest.WaitUp(t, d)
}

func TestX3_DragAndOrigin(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	pad := d.NewPad(image.Rect(0, 0, 800, 600))
	in := open(t, d)
	in.(input.Positioner).SetOrigin(image.Pt(300, -50))
	put(t, in, button(image.Pt(10, 60), 0, true), wire.Input{Kind: wire.InputMotion, X: 20, Y: 70}, button(image.Pt(30, 20), 0, false))
	inputtest.Wait(t, func() bool { return len(pad.Got()) >= 2 })
	want := []inputtest.Arrived{
		{Down: true, Detail: 1, At: image.Pt(310, 10)},
		{Detail: 1, State: 1 << 8, At: image.Pt(330, 0)}, // above the screen is its edge
	}
	if diff := cmp.Diff(want, pad.Got()); diff != "" {
		t.Errorf("drag (-want +got):\n%s", diff)
	}
}

func TestX3_Wheel(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	pad := d.NewPad(image.Rect(0, 0, 800, 600))
	in := open(t, d)
	p := image.Pt(200, 100)
	put(t, in,
		wheel(p, 0, 120), wheel(p, 0, -240), // 5 4 4
		wheel(p, 0, 50), wheel(p, 0, 50), wheel(p, 0, 50), // 5, 30 left
		wheel(p, 0, -100), wheel(p, 0, -20), // the rest is forgotten on turning: 4
		wheel(p, 120, 0), wheel(p, -120, 0), // 7 6
		wheel(p, 30, 120), // 5
	)
	var got []byte
	for _, a := range arrived(t, pad, 16) {
		got = append(got, a.Detail)
		if a.At != p {
			t.Errorf("wheel at %v", a.At)
		}
	}
	if diff := cmp.Diff([]byte{5, 4, 4, 5, 4, 7, 6, 5}, got); diff != "" {
		t.Errorf("clicks (-want +got):\n%s", diff)
	}
}

func TestX4_KilledInjectorIsHealed(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", true)
	before := d.Keysyms()
	first := open(t, d)
	put(t, first, events{}.tap(keyA, "漢").down(shift, "").down(keyC, "")...)
	put(t, first, button(image.Pt(9, 9), 0, true))
	inputtest.Wait(t, func() bool { return d.Down() == 3 })
	input.Kill(first)
	if d.Down() != 3 {
		t.Fatal("the server released keys by itself: the test proves nothing")
	}
	second := open(t, d)
	inputtest.WaitUp(t, d)
	put(t, second, text("字"))
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, d.Keysyms()); diff != "" {
		t.Errorf("keysyms changed (-before +after):\n%s", diff)
	}
}

func TestLostWhenTheServerIsGone(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	in := open(t, d)
	put(t, in, text("a"))
	d.Server.Stop()
	inputtest.Wait(t, func() bool {
		return errors.Is(in.Inject([]wire.Input{{Kind: wire.InputMotion}}), input.ErrLost)
	})
	if err := in.Inject([]wire.Input{text("x")}); !errors.Is(err, input.ErrLost) {
		t.Errorf("text: %v", err)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

func TestLostWhenTheServerHangs(t *testing.T) {
	motions := make([]wire.Input, 2000)
	for i := range motions {
		motions[i].Kind = wire.InputMotion
	}
	for name, e := range map[string][]wire.Input{"text": {text("漢")}, "motions": motions} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each waits for the same limit
			d := inputtest.NewXDesk(t, "us", false)
			in := open(t, d)
			d.Server.Freeze(t)
			if err := in.Inject(e); !errors.Is(err, input.ErrLost) {
				t.Errorf("%v, want ErrLost", err)
			}
			if err := in.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCloseEndsALongText(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", true)
	before := d.Keysyms()
	in := open(t, d)
	var long []rune
	for r := '一'; len(long) < 300; r++ { // over four seconds, at 18 spares a quarter
		long = append(long, r)
	}
	ended := make(chan error, 1)
	go func() { ended <- in.Inject([]wire.Input{text(string(long))}) }()
	inputtest.Wait(t, func() bool { return d.Text() != "" })
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, input.ErrLost) {
		t.Errorf("%v, want ErrLost", err)
	}
	if got := d.Text(); !strings.HasPrefix(string(long), got) || got == string(long) {
		t.Errorf("arrived %q", got)
	}
	if diff := cmp.Diff(before, d.Keysyms()); diff != "" {
		t.Errorf("keysyms changed (-before +after):\n%s", diff)
	}
}

func TestUnsupported(t *testing.T) {
	for name, o := range map[string]input.Options{
		"no XTEST":   {Display: x11test.Start(t, "640x480x24", "-extension", "XTEST").Display},
		"no server":  {Display: ":49876"},
		"no such":    {Backend: "telepathy"},
		"no display": {Display: "nonsense"},
	} {
		o.Log = slog.New(slog.DiscardHandler)
		if in, err := input.Open(t.Context(), o); !errors.Is(err, input.ErrUnsupported) {
			t.Errorf("%s: %v, %v", name, in, err)
		}
	}
}
