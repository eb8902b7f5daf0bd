package main

import (
	"log/slog"
	"os"
	"strings"

	"github.com/alongside-remote/alongside/internal/confine"
)

// confined lets the helper give up what it does not need. On a system that cannot do
// that it works with the rights of its user, as other programs there do. Under Wayland
// it keeps on disk what the desktop's portal remembers it by.
func confined(log *slog.Logger) {
	n := confine.Needs{Network: displayElsewhere(os.Getenv("DISPLAY")), Files: os.Getenv("WAYLAND_DISPLAY") != ""}
	if err := confine.Role(n); err != nil {
		log.Warn("the helper is not confined", "error", err)
	}
}

// displayElsewhere is whether a display is reached over the network, as through ssh.
func displayElsewhere(display string) bool {
	host, _, _ := strings.Cut(display, ":")
	return host != "" && host != "unix" && !strings.HasPrefix(host, "/")
}
