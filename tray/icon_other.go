//go:build !linux && !windows

package tray

import "github.com/alongside-remote/alongside/tray/internal/words"

// openIcon has no icon on this system: there is none without cgo.
func openIcon(Options, func(words.ID)) (ic icon, host bool) { return newIconless(), false }
