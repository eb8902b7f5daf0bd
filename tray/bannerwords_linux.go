package tray

import (
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

func (n *notch) who(w words.Words) string {
	switch {
	case n.rep == "" && n.org == "":
		return w.Say(words.Somebody)
	case n.rep == "":
		return w.Say(words.Somebody) + " (" + n.org + ")"
	case n.org == "":
		return n.rep
	}
	return n.rep + " (" + n.org + ")"
}

// mode is what the rep may do now.
func (n *notch) mode(w words.Words) string {
	switch {
	case n.control && n.paused:
		return w.Say(words.ControlPaused)
	case n.control:
		return w.Say(words.CanControl)
	default:
		return w.Say(words.ViewOnly)
	}
}

// left is the countdown in words, empty where there is none.
func (n *notch) left(w words.Words, now time.Time) string {
	s, ok := n.seconds(now)
	if !ok {
		return ""
	}
	text := w.Say(words.Left, s/60, s%60)
	if n.note != "" {
		text += " – " + n.note
	}
	return text
}

// hint is what the banner says below while the pointer is over it.
func (n *notch) hint(w words.Words) string { return w.Say(words.EndsAtOnce, hotKeyName) }
