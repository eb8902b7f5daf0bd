package input

import "os"

func backends() []Backend {
	all := []Backend{{Name: "xtest", Open: openXTest}}
	if os.Getenv("WAYLAND_DISPLAY") != "" {
		all = append([]Backend{{Name: wlrName, Open: openWlr}, {Name: portalName, Open: openPortal}}, all...)
	}
	return all
}
