// Package portal asks the desktop to share its screen, and keyboard and pointer with
// it, by org.freedesktop.portal: the way that GNOME and KDE have on Wayland. The
// desktop asks the person in a window of its own, each time or once.
//
//	bus.go       calls and their answers on the session bus
//	offer.go     what there is, without asking anybody
//	session.go   what the person agreed to
//	desktop.go   one session for all who need it, and the person's No
//	token.go     the desktop's memory of a Yes
package portal

import "errors"

// Errors of Share.
var (
	ErrUnsupported = errors.New("no portal for this")         // this desktop has none
	ErrAsking      = errors.New("the desktop asks")           // the person has not answered yet: try again
	ErrDenied      = errors.New("the desktop does not share") // the person said no, or ended it: only Drop forgets that
	ErrLost        = errors.New("portal lost")                // it, or the bus, went away: try again
)

const (
	busName     = "org.freedesktop.portal.Desktop"
	desktopPath = "/org/freedesktop/portal/desktop"
	requestPath = "/org/freedesktop/portal/desktop/request/"

	screenCast    = "org.freedesktop.portal.ScreenCast"
	remoteDesktop = "org.freedesktop.portal.RemoteDesktop"
	requestFace   = "org.freedesktop.portal.Request"
	sessionFace   = "org.freedesktop.portal.Session"
)
