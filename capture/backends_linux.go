package capture

func backends() []Backend {
	return []Backend{
		{Name: "x11", Open: openX11},
		{Name: "screenshot", Open: openScreenshot},
	}
}
