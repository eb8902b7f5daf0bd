package tray

import (
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// notch is what the banner says. It is not changed once it is handed over.
type notch struct {
	session  []byte
	reps     []person
	org      string // cleaned
	control  bool
	paused   bool // control is, while a prompt of ours is open
	held     bool // the rep parked the session
	recorded bool
	taken    bool      // the person's own input does nothing
	dark     bool      // their monitors are dark
	unread   int       // messages of the chat
	note     string    // cleaned: why it ends then
	until    time.Time // zero: no expiry
}

// maxNote is the longest note in letters: the banner is one line.
const maxNote = 48

// countdown is when the time left begins to be shown: below two minutes.
const countdown = 2 * time.Minute

// seconds is the time left in whole seconds, begun ones included; ok says
// whether it is to be shown. It never grows.
func (n *notch) seconds(now time.Time) (left int, ok bool) {
	if n.until.IsZero() {
		return 0, false
	}
	d := max(n.until.Sub(now), 0)
	left = int((d + time.Second - 1) / time.Second)
	return left, left < int(countdown/time.Second)
}

// changes is how long what seconds says stays as it is; ok is false where it
// never changes again.
func (n *notch) changes(now time.Time) (in time.Duration, ok bool) {
	d := n.until.Sub(now)
	switch {
	case n.until.IsZero(), d <= 0:
		return 0, false
	case d > countdown-time.Second:
		return d - (countdown - time.Second), true
	}
	if in = d % time.Second; in == 0 {
		in = time.Second
	}
	return in, true
}

// sign is what the banner reports: it is on the screen, it is not any more, or
// one of its buttons was pressed.
type sign struct {
	kind    signKind
	session []byte
	detail  string
	reason  wirepb.Reason       // of signLost
	window  uint32              // of signShown; 0: not one of X11
	placed  *ipcpb.BannerPlaced // of signPlaced
}

type signKind int

const (
	signShown  signKind = iota
	signPlaced          // it is drawn, and whether it can be seen is for others to say
	signLost
	signDone
	signChat
)

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
