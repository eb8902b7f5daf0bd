package capture

import "os"

func backends() []Backend {
	all := []Backend{
		{Name: "x11", Open: openX11},
		{Name: "screenshot", Open: openScreenshot},
	}
	// Elsewhere their reasons would stand before that of X11, which is the one that
	// matters there.
	if os.Getenv("WAYLAND_DISPLAY") != "" {
		all = append([]Backend{{Name: wlrName, Open: openWlr}, {Name: portalName, Open: openPortal}}, all...)
	}
	return all
}
