package tray

import "log/slog"

// Host reports whether there is a panel that shows an icon now, and whether one
// could come later.
func Host(log *slog.Logger) (shown, possible bool) { return trayHost(log) }
