package doctor_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
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
	examine := func(of string) doctor.Finding {
		t.Helper()
		r := doctor.Examine(t.Context(), doctor.Config{
			State: t.TempDir(), Floor: filepath.Join(t.TempDir(), "floor"), Log: slog.New(slog.DiscardHandler),
			Service: func(context.Context) (*ipcpb.TrayStatus, error) { return nil, errors.New("none") },
		})
		for _, f := range r.Findings {
			if f.Name == of {
				return f
			}
		}
		t.Fatalf("nothing about %s", of)
		return doctor.Finding{}
	}
	if f := examine("screen"); f.State != doctor.Fails || f.Reason == "desktop_asks" {
		t.Errorf("without a portal: %+v", f)
	}
	looks := portaltest.Start(t, portaltest.Options{})
	if f := examine("screen"); f.State != doctor.Limited || f.Reason != "desktop_asks" || f.Advice == "" {
		t.Errorf("with a portal: %+v", f)
	}
	if f := examine("input"); f.State != doctor.Limited || f.Reason != "backend_unsupported" || !strings.Contains(f.Detail, "RemoteDesktop") {
		t.Errorf("with a portal that controls nothing: %+v", f)
	}
	looks.Crash()
	controls := portaltest.Start(t, portaltest.Options{RemoteDesktop: 2})
	if f := examine("input"); f.State != doctor.Limited || f.Reason != "desktop_asks" || f.Advice == "" {
		t.Errorf("with a portal that controls: %+v", f)
	}
	if n := looks.Windows() + controls.Windows(); n != 0 {
		t.Errorf("the person was asked %d times", n)
	}
}
