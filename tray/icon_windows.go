package tray

import (
	"log/slog"
	"strings"
)

// trayHost: the shell is there wherever a user is.
func trayHost(*slog.Logger) (host, possible bool) { return true, true }

func iconFile(s iconState) []byte { return iconICO(s) }

// literal keeps a menu from reading an ampersand as the mark of an access key.
func literal(s string) string { return strings.ReplaceAll(s, "&", "&&") }

// access marks the access key as the menu wants it: as it is.
func access(label string) string { return label }
