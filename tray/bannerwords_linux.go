package tray

import (
	"github.com/alongside-remote/alongside/tray/internal/glyph"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
)

// shortName is the longest name in letters where there is little room.
const shortName = 16

// who names the reps in at most so many pixels, as well as that is possible; fits
// is false where even the shortest way is too long.
func (n *notch) who(w words.Words, width int) (line string, fits bool) {
	for _, line = range crowds(w, n.reps, n.org) {
		if glyph.Strong.Width(line) <= width {
			return line, true
		}
	}
	return glyph.Strong.Ellipsis(line, width), false
}

// connected is what stands behind their names.
func (n *notch) connected(w words.Words) string {
	if len(n.reps) > 1 {
		return w.Say(words.BannerConnectedAll)
	}
	return w.Say(words.BannerConnected)
}

// mode is what the reps may do now, and which of them where that is to be named.
func (n *notch) mode(w words.Words, name bool) string {
	if who, ok := holder(n.reps); ok && name && !n.held && !n.paused && who != "" {
		return w.Say(words.RepCanControl, who)
	}
	switch {
	case n.held:
		return w.Say(words.OnHold)
	case n.control && n.paused:
		return w.Say(words.ControlPaused)
	case n.control:
		return w.Say(words.CanControl)
	default:
		return w.Say(words.ViewOnly)
	}
}

// taking is what is done to the person, and how they end it; empty: nothing is.
func (n *notch) taking(w words.Words) string {
	switch {
	case n.taken:
		return w.Say(words.InputTaken)
	case n.dark:
		return w.Say(words.ScreenDark)
	}
	return ""
}

// chat is what the button of the chat says.
func (n *notch) chat(w words.Words) string {
	if n.unread > 0 {
		return w.Say(words.ChatUnread, n.unread)
	}
	return w.Say(words.ChatButton)
}

// hint is what the banner says below while the pointer is over it.
func (n *notch) hint(w words.Words) string { return w.Say(words.EndsAtOnce, hotKeyName) }

// crowds are ways to name them, from the best to the shortest.
func crowds(w words.Words, ps []person, org string) []string {
	full := crowd(w, ps, org, prompt.MaxName, false)
	if len(ps) < 2 {
		return []string{full}
	}
	return []string{
		full, crowd(w, ps, org, shortName, false), crowd(w, ps, org, prompt.MaxName, true),
		crowd(w, ps, org, shortName, true), crowd(w, ps, "", shortName/2, true),
	}
}

// holder is who controls, where it has to be said because there are several.
func holder(ps []person) (name string, ok bool) {
	for _, p := range ps {
		if p.control && len(ps) > 1 {
			return prompt.Clean(p.name, shortName), true
		}
	}
	return "", false
}
