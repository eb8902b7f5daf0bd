//go:build !linux && !windows

package tray

import (
	"log/slog"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// trayHost: there is no icon on this system.
func trayHost(*slog.Logger) (host, possible bool) { return false, false }

// openIcon has no icon on this system: there is none without cgo.
func openIcon(Options, func(words.ID)) (ic icon, host bool) { return newIconless(), false }
