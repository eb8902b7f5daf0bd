//go:build robotgo && linux && cgo

package input_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/input/inputtest"
)

func BenchmarkRobotgoText50(b *testing.B) {
	d := inputtest.NewXDesk(b, "us", false)
	b.Setenv("DISPLAY", d.Server.Display)
	in, err := input.Open(b.Context(), input.Options{Backend: "robotgo", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	benchmarkText(b, in, strings.Repeat("Hello", 10))
}
