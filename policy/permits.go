package policy

import (
	"slices"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Permits is what a session's permissions come to on a device: those that its
// policy and its floor do not take away, in their order. Who only looks exchanges
// and restricts nothing. An offer that asks for too much control is refused by [Admit]; one that
// asks for too much exchange is not, for a session does without. p is what Under made.
func Permits(f Floor, p *wirepb.DevicePolicy, asked []wirepb.Permission) []wirepb.Permission {
	p = Under(f, p)
	return slices.DeleteFunc(slices.Clone(asked), func(q wirepb.Permission) bool { return !permits(p, q) })
}

func permits(p *wirepb.DevicePolicy, q wirepb.Permission) bool {
	switch q {
	case wirepb.Permission_PERMISSION_VIEW:
		return true
	case wirepb.Permission_PERMISSION_CONTROL:
		return !p.ViewOnly
	case wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT:
		return !p.ViewOnly && p.ClipboardToEndpoint
	case wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT:
		return !p.ViewOnly && p.ClipboardFromEndpoint
	case wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT:
		return !p.ViewOnly && p.FilesToEndpoint
	case wirepb.Permission_PERMISSION_FILES_FROM_ENDPOINT:
		return !p.ViewOnly && p.FilesFromEndpoint
	case wirepb.Permission_PERMISSION_RESTRICT_INPUT:
		return !p.ViewOnly && p.RestrictInput
	case wirepb.Permission_PERMISSION_PRIVACY_SCREEN:
		return !p.ViewOnly && p.PrivacyScreen
	default:
		return false
	}
}

// Under is what of asked these settings leave to a session.
func (s Settings) Under(asked []wirepb.Permission) []wirepb.Permission {
	p := &wirepb.DevicePolicy{
		ViewOnly: s.ViewOnly, ClipboardToEndpoint: s.ClipboardIn, ClipboardFromEndpoint: s.ClipboardOut,
		FilesToEndpoint: s.FilesIn, FilesFromEndpoint: s.FilesOut,
		RestrictInput: s.RestrictInput, PrivacyScreen: s.PrivacyScreen,
	}
	return slices.DeleteFunc(slices.Clone(asked), func(q wirepb.Permission) bool { return !permits(p, q) })
}
