package tray

import (
	"log/slog"
	"strings"

	"github.com/godbus/dbus/v5"
)

// trayHost looks for a tray on the session bus. Where there is a bus, an icon
// is possible: it appears when a tray does.
func trayHost(log *slog.Logger) (host, possible bool) {
	bus, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		log.Info("no tray icon", "err", err)
		return false, false
	}
	defer func() { _ = bus.Close() }()
	if err := bus.Auth(nil); err != nil {
		log.Info("no tray icon", "err", err)
		return false, false
	}
	if err := bus.Hello(); err != nil {
		log.Info("no tray icon", "err", err)
		return false, false
	}
	const watcher = "org.kde.StatusNotifierWatcher"
	v, err := bus.Object(watcher, "/StatusNotifierWatcher").GetProperty(watcher + ".IsStatusNotifierHostRegistered")
	if err != nil {
		return false, true
	}
	host, _ = v.Value().(bool)
	return host, true
}

func iconFile(s iconState) []byte { return iconPNG(s) }

// literal keeps a menu from reading an underscore as the mark of an access key.
func literal(s string) string { return strings.ReplaceAll(s, "_", "__") }

// access marks the access key as the menu wants it: with an underscore.
func access(label string) string { return strings.Replace(literal(label), "&", "_", 1) }
