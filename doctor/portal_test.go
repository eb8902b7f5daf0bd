package doctor_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/alongside-remote/alongside/doctor"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/portal/portaltest"
)

// TestX12_DoctorSaysThatTheDesktopAsks: on a desktop that shares screens by its portal
// support is possible, with a window of the desktop's first; doctor opens none.
func TestX12_DoctorSaysThatTheDesktopAsks(t *testing.T) {
	portaltest.StartBus(t)
	t.Setenv("WAYLAND_DISPLAY", "wayland-none")
	t.Setenv("DISPLAY", "")
	examine := func() doctor.Finding {
		t.Helper()
		r := doctor.Examine(t.Context(), doctor.Config{
			State: t.TempDir(), Floor: filepath.Join(t.TempDir(), "floor"), Log: slog.New(slog.DiscardHandler),
			Service: func(context.Context) (*ipcpb.TrayStatus, error) { return nil, errors.New("none") },
		})
		for _, f := range r.Findings {
			if f.Name == "screen" {
				return f
			}
		}
		t.Fatal("nothing about the screen")
		return doctor.Finding{}
	}
	if f := examine(); f.State != doctor.Fails || f.Reason == "desktop_asks" {
		t.Errorf("without a portal: %+v", f)
	}
	p := portaltest.Start(t, portaltest.Options{})
	if f := examine(); f.State != doctor.Limited || f.Reason != "desktop_asks" || f.Advice == "" {
		t.Errorf("with a portal: %+v", f)
	}
	if n := p.Windows(); n != 0 {
		t.Errorf("the person was asked %d times", n)
	}
}
