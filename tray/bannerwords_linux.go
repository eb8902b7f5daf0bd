package tray

import (
	"fmt"
	"time"
)

func (n *notch) who() string {
	switch {
	case n.rep == "" && n.org == "":
		return "Somebody"
	case n.rep == "":
		return "Somebody (" + n.org + ")"
	case n.org == "":
		return n.rep
	}
	return n.rep + " (" + n.org + ")"
}

func (n *notch) mode() string {
	if n.control {
		return "can control"
	}
	return "view only"
}

// left is the time left in words, empty where there is no end.
func (n *notch) left(now time.Time) string {
	if n.until.IsZero() {
		return ""
	}
	s := max(0, int(n.until.Sub(now).Round(time.Second)/time.Second))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d left", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d left", s/60, s%60)
}
