package tray

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

// shortcutFile never depends on what the icon is called.
const shortcutFile = "alongside-support.desktop"

// desktopFolder is the user's desktop folder.
func desktopFolder() string { return userFolder("XDG_DESKTOP_DIR", "Desktop") }

// downloadsFolder is where the user's downloads go.
func downloadsFolder() string { return userFolder("XDG_DOWNLOAD_DIR", "Downloads") }

// userFolder is a folder of the user's, as xdg-user-dirs has it (user-dirs.dirs(5)).
func userFolder(key, usual string) string {
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return ""
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(home, ".config")
	}
	if f, err := os.Open(filepath.Join(config, "user-dirs.dirs")); err == nil {
		defer func() { _ = f.Close() }()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			v, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), key+"=")
			if !ok {
				continue
			}
			v = strings.Trim(v, `"`)
			if rest, ok := strings.CutPrefix(v, "$HOME/"); ok {
				v = filepath.Join(home, rest)
			}
			// The home folder itself stands for none.
			if filepath.IsAbs(v) && filepath.Clean(v) != filepath.Clean(home) {
				return filepath.Clean(v)
			}
			return ""
		}
	}
	return filepath.Join(home, usual)
}

// dataFolder is where the user's programs keep data, and their menu its entries.
func dataFolder() string {
	if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return d
	}
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return ""
	}
	return filepath.Join(home, ".local", "share")
}
