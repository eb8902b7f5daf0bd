package inputtest

import (
	"errors"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/wire"
)

// Patience is how long the suite waits for what must come.
const Patience = 20 * time.Second

// Desk tells what arrived at a desktop.
type Desk interface {
	Text() string         // typed into the program in front, Enter as "\r"
	Pointer() image.Point // where the pointer is
	Down() int            // keys and buttons that are down
}

// Run is the conformance suite. open returns a new injector and its desktop,
// which has a US keyboard and at least 640 by 480 pixels.
func Run(t *testing.T, open func(t *testing.T) (input.Injector, Desk)) {
	t.Run("Text", func(t *testing.T) {
		in, desk := open(t)
		put1(t, in, wire.Input{Kind: wire.InputText, Text: "Hello, World! 100% {ok}"})
		WaitText(t, desk, "Hello, World! 100% {ok}")
	})
	t.Run("KeysWithText", func(t *testing.T) {
		in, desk := open(t)
		put1(t, in, Tap(0x04, "a")...)
		put1(t, in, Press(0xE1, ""), Press(0x05, "B"), Release(0x05), Release(0xE1))
		WaitText(t, desk, "aB")
		WaitUp(t, desk)
	})
	t.Run("Pointer", func(t *testing.T) {
		in, desk := open(t)
		for _, p := range []image.Point{{1, 1}, {639, 479}, {0, 0}, {123, 45}} {
			put1(t, in, wire.Input{Kind: wire.InputMotion, X: uint16(p.X), Y: uint16(p.Y)})
			Wait(t, func() bool { return desk.Pointer() == p })
		}
	})
	t.Run("Origin", func(t *testing.T) {
		in, desk := open(t)
		pos, ok := in.(input.Positioner)
		if !ok {
			t.Fatal("no Positioner")
		}
		pos.SetOrigin(image.Pt(100, 200))
		put1(t, in, wire.Input{Kind: wire.InputMotion, X: 5, Y: 7})
		Wait(t, func() bool { return desk.Pointer() == image.Pt(105, 207) })
	})
	t.Run("ReleaseAll", func(t *testing.T) {
		in, desk := open(t)
		put1(t, in, Press(0xE1, ""), Press(0xE0, ""), Press(0x4F, ""), button(wire.ButtonRight, true))
		Wait(t, func() bool { return desk.Down() == 4 })
		put1(t, in, wire.Input{Kind: wire.InputReleaseAll})
		WaitUp(t, desk)
	})
	t.Run("RandomThenClose", func(t *testing.T) {
		in, desk := open(t)
		rnd := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			put1(t, in, randomEvent(rnd))
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		WaitUp(t, desk)
	})
	t.Run("AfterClose", func(t *testing.T) {
		in, _ := open(t)
		for range 2 {
			if err := in.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := in.Inject(Tap(0x04, "a")); !errors.Is(err, input.ErrLost) {
			t.Errorf("after Close: %v, want ErrLost", err)
		}
	})
}

// randomEvent presses and releases anything, as often unpaired as paired, but
// keys that switch off the machine or the layout.
func randomEvent(rnd *rand.Rand) wire.Input {
	switch rnd.IntN(4) {
	case 0:
		return button(uint8(rnd.IntN(6)), rnd.IntN(2) == 0)
	case 1:
		return wire.Input{Kind: wire.InputKey, Code: uint16(0xE0 + rnd.IntN(8)), Down: rnd.IntN(2) == 0}
	default:
		texts := []string{"", "", "x", "Q", "@", "é", "漢"}
		code := uint16(0x04 + rnd.IntN(0x35)) // letters to Slash
		return wire.Input{Kind: wire.InputKey, Code: code, Down: rnd.IntN(2) == 0, Text: texts[rnd.IntN(len(texts))]}
	}
}

// Press is a key going down.
func Press(code uint16, text string) wire.Input {
	return wire.Input{Kind: wire.InputKey, Code: code, Down: true, Text: text}
}

// Release is a key going up.
func Release(code uint16) wire.Input { return wire.Input{Kind: wire.InputKey, Code: code} }

// Tap is a key going down and up.
func Tap(code uint16, text string) []wire.Input {
	return []wire.Input{Press(code, text), Release(code)}
}

func button(b uint8, down bool) wire.Input {
	return wire.Input{Kind: wire.InputButton, X: 320, Y: 240, Button: b, Down: down}
}

func put1(t *testing.T, in input.Injector, events ...wire.Input) {
	t.Helper()
	if err := in.Inject(events); err != nil {
		t.Fatal(err)
	}
}

// Wait polls a condition until it holds.
func Wait(t testing.TB, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !cond(); {
		if time.Now().After(end) {
			t.Fatal("did not happen in time")
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// WaitText waits for as much text as wanted and compares.
func WaitText(t testing.TB, d Desk, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(Patience); len(got) < len(want) && time.Now().Before(end); got = d.Text() {
		time.Sleep(2 * time.Millisecond)
	}
	if got != want {
		t.Errorf("arrived %q\n want    %q", got, want)
	}
}

// WaitUp waits until no key and no button is down.
func WaitUp(t testing.TB, d Desk) {
	t.Helper()
	Wait(t, func() bool { return d.Down() == 0 })
}
