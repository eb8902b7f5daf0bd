// Package portal asks the desktop to share its screen, and keyboard and pointer with
// it, by org.freedesktop.portal: the way that GNOME and KDE have on Wayland. The
// desktop asks the person in a window of its own, each time or once.
//
//	bus.go       calls and their answers on the session bus
//	offer.go     what there is, without asking anybody
//	question.go  what the person is asked
//	answer.go    what they agreed to, as the portal tells it
//	session.go   a session that was agreed to, and its streams
//	devices.go   its keyboard and pointer
//	layout.go    where its streams are on the desktop that is shown
//	desktop.go   one session for all who need it, and the person's No
//	token.go     the desktop's memory of a Yes
package portal

import "errors"

// Errors.
var (
	ErrUnsupported = errors.New("no portal for this")         // this desktop has none
	ErrAsking      = errors.New("the desktop asks")           // the person has not answered yet: try again
	ErrDenied      = errors.New("the desktop does not share") // the person said no, or ended it: only Drop forgets that
	ErrLost        = errors.New("portal lost")                // it, or the bus, went away: try again
	ErrRefused     = errors.New("the portal refused")         // this one event; others may get in
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
