package input_test

import (
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
	"github.com/alongside-remote/alongside/wire"
)

func BenchmarkInjectMotion(b *testing.B) {
	d := inputtest.NewXDesk(b, "us", false)
	in := open(b, d)
	e := []wire.Input{{Kind: wire.InputMotion}}
	for i := 0; b.Loop(); i++ {
		e[0].X, e[0].Y = uint16(i%800), uint16(i%600)
		put(b, in, e...)
	}
}

func benchmarkText(b *testing.B, in input.Injector, s string) {
	e := []wire.Input{text(s)}
	for b.Loop() {
		put(b, in, e...)
	}
}

func BenchmarkInjectText50(b *testing.B) {
	for name, s := range map[string]string{
		"layout": strings.Repeat("Hello", 10), "spares": strings.Repeat("яжщёї", 10),
	} {
		b.Run(name, func(b *testing.B) {
			benchmarkText(b, open(b, inputtest.NewXDesk(b, "us", false)), s)
		})
	}
}

// The other side is the real bus and a portal that is played.
func BenchmarkPortalText50(b *testing.B) {
	benchmarkText(b, newShared(b, portaltest.Options{}).open(b), strings.Repeat("Hello", 10))
}
