package policy

import (
	"fmt"
	"slices"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// capabilityFor is what an action in a session asks of a guest; empty: nothing.
// What is not known here is nothing for guests.
func capabilityFor(a Action) (c Capability, known bool) {
	switch a {
	case SeeSession, LeaveSession:
		return "", true
	case AttachSession:
		return MayView, true
	case ControlSession, PassControl: // which is to give it back
		return MayControl, true
	case UseClipboard:
		return MayClipboard, true
	case UseFiles:
		return MayFiles, true
	case Chat, ReadChat:
		return MayChat, true
	default:
		return "", false
	}
}

// guestCan is Can for a guest, who never owns anything.
func guestCan(p Principal, a Action, o Object) error {
	c, known := capabilityFor(a)
	switch {
	case !known:
		return forbidden("guests may not do this")
	case !slices.Contains(o.Others, p.Rep):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "only those who are in the session may do this")
	case c != "" && !slices.Contains(p.Capabilities, c):
		return forbidden(fmt.Sprintf("the session policy of the invitation does not allow this: %s", c))
	default:
		return nil
	}
}
