package tray

import (
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/internal/words"
)

// Nothing promises keys that no program has on Wayland.
func TestL1_NoHotKeyIsPromisedOnWayland(t *testing.T) {
	for display, there := range map[string]bool{"": true, "wayland-1": false} {
		t.Setenv("WAYLAND_DISPLAY", display)
		it, ok := standing(func(st *ipcpb.TrayStatus) { st.SessionActive = true }).menu().has(words.MenuEnd)
		if !ok || strings.Contains(it.label, hotKeyName) != there {
			t.Errorf("WAYLAND_DISPLAY=%q: %+v", display, it)
		}
	}
}
