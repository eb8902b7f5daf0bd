package policy

import "cmp"

// Stricter is the floor under which both hold: what either forbids is forbidden.
func Stricter(a, b Floor) Floor {
	longest := a.Longest
	if longest == 0 || b.Longest > 0 && b.Longest < longest {
		longest = b.Longest
	}
	return Floor{
		RemoteSupport: a.RemoteSupport && b.RemoteSupport, Control: a.Control && b.Control, Notify: a.Notify && b.Notify,
		TimeoutAllows: a.TimeoutAllows && b.TimeoutAllows, ReasonMin: max(a.ReasonMin, b.ReasonMin), Longest: longest,
		Recorded: a.Recorded && b.Recorded, DesktopIcon: a.DesktopIcon && b.DesktopIcon,
		ClipboardIn: a.ClipboardIn && b.ClipboardIn, ClipboardOut: a.ClipboardOut && b.ClipboardOut,
		FilesIn: a.FilesIn && b.FilesIn, FilesOut: a.FilesOut && b.FilesOut,
		RestrictInput: a.RestrictInput && b.RestrictInput, PrivacyScreen: a.PrivacyScreen && b.PrivacyScreen, AtEnd: max(a.AtEnd, b.AtEnd),
		// Nothing that is stricter or less so: the first is the machine's.
		Updates: a.Updates, Proxy: cmp.Or(a.Proxy, b.Proxy),
	}
}
