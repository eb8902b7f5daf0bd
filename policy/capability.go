package policy

import (
	"errors"
	"fmt"
	"slices"
)

// Capability is something that a session policy may allow to somebody who is
// invited into a session. Names are stable: they are stored.
type Capability string

// Capabilities of a participant.
const (
	MayView      Capability = "view"
	MayControl   Capability = "control"
	MayClipboard Capability = "clipboard"
	MayFiles     Capability = "files"
	MaySpecial   Capability = "special_actions" // terminal sessions, elevation, special keys
	MayChat      Capability = "chat"
)

// Capabilities lists every capability, in the order in which they are shown.
func Capabilities() []Capability {
	return []Capability{MayView, MayControl, MayClipboard, MayFiles, MaySpecial, MayChat}
}

// Title is what people read.
func (c Capability) Title() string {
	switch c {
	case MayView:
		return "See the screen"
	case MayControl:
		return "Use keyboard and mouse"
	case MayClipboard:
		return "Exchange the clipboard"
	case MayFiles:
		return "Transfer files"
	case MaySpecial:
		return "Use special actions"
	case MayChat:
		return "Chat"
	default:
		return string(c)
	}
}

// ErrCapabilities is what is wrong with a list of capabilities.
var ErrCapabilities = errors.New("capabilities")

// CheckCapabilities returns the capabilities that names stand for, each once and
// in order. What works on the screen needs to see it.
func CheckCapabilities(names []string) ([]Capability, error) {
	var all []Capability
	for _, n := range names {
		if !slices.Contains(Capabilities(), Capability(n)) {
			return nil, fmt.Errorf("%w: there is no %q", ErrCapabilities, n)
		}
	}
	for _, c := range Capabilities() {
		if slices.Contains(names, string(c)) {
			all = append(all, c)
		}
	}
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("%w: choose at least one", ErrCapabilities)
	case all[0] != MayView && !slices.Equal(all, []Capability{MayChat}):
		return nil, fmt.Errorf("%w: %s needs %s", ErrCapabilities, all[0], MayView)
	}
	return all, nil
}
