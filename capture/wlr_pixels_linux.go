package capture

import "github.com/alongside-remote/alongside/internal/wayland"

// readable reports whether pixels of a format can be shown.
func readable(format uint32) bool {
	switch format {
	case wayland.FormatBGRA, wayland.FormatBGRX, wayland.FormatRGBA, wayland.FormatRGBX:
		return true
	}
	return false
}

// swapped reports whether red comes first.
func swapped(format uint32) bool {
	return format == wayland.FormatRGBA || format == wayland.FormatRGBX
}
