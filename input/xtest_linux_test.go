package input_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/wire"
)

func open(t testing.TB, d *inputtest.XDesk) input.Injector {
	t.Helper()
	in, err := input.Open(t.Context(), input.Options{
		Display: d.Server.Display, Backend: "xtest", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

func put(t testing.TB, in input.Injector, events ...wire.Input) {
	t.Helper()
	if err := in.Inject(events); err != nil {
		t.Fatal(err)
	}
}

func text(s string) wire.Input { return wire.Input{Kind: wire.InputText, Text: s} }

func TestXTestConformance(t *testing.T) {
	inputtest.Run(t, func(t *testing.T) (input.Injector, inputtest.Desk) {
		d := inputtest.NewXDesk(t, "us", true)
		return open(t, d), d
	})
}

func TestRecorderConformance(t *testing.T) {
	inputtest.Run(t, func(*testing.T) (input.Injector, inputtest.Desk) {
		r := new(inputtest.Recorder)
		return r, r
	})
}

// every is a broad choice of printable characters.
func every() string {
	var b strings.Builder
	for r := ' '; r <= '~'; r++ {
		b.WriteRune(r)
	}
	b.WriteString("äöüßÄÖÜ€éèçàùÉÇœæ«»¿¡ñ§°µ²³")
	for r := 'А'; r <= 'я'; r++ {
		b.WriteRune(r)
	}
	b.WriteString("ёЁіїґ№αβγδεζηθλμπσςφψωΩΔ漢字仮名交じり文한글עבריתعربيไทย😀🎉👍🏽e\u0301a\u0308–—…“”„’™½∞≠✓")
	return b.String()
}

func TestX4_AnyTextArrivesOnEveryLayout(t *testing.T) {
	want := every()
	for _, layout := range []string{"us", "de", "fr", "ru", "us,ru"} {
		t.Run(layout, func(t *testing.T) {
			d := inputtest.NewXDesk(t, layout, true)
			in := open(t, d)
			put(t, in, text(want))
			inputtest.WaitText(t, d, want)
			inputtest.WaitUp(t, d)
		})
	}
}
