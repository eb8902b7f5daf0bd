//go:build !linux

package capture

func backends() []Backend {
	return []Backend{
		{Name: "screenshot", Open: openScreenshot},
	}
}
