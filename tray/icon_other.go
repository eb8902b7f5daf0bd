//go:build !linux && !windows

package tray

// openIcon has no icon on this system: there is none without cgo.
func openIcon(Options, func(click)) (ic icon, host bool) { return newIconless(), false }
