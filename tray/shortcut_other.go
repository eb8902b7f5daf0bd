//go:build !linux

package tray

const shortcutFile = "alongside-support.desktop"

// desktopFolder: desktops of this system want another kind of file, which is not
// made yet.
func desktopFolder() string { return "" }

func downloadsFolder() string { return "" }

func dataFolder() string { return "" }
