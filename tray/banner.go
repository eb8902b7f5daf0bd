package tray

import (
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// notch is what the banner says. It is not changed once it is handed over.
type notch struct {
	session  []byte
	rep, org string // cleaned
	control  bool
	until    time.Time // zero: no expiry
}

// sign is what the banner reports: it is on the screen, it is not any more, or
// its button was pressed.
type sign struct {
	kind    signKind
	session []byte
	detail  string
	reason  wirepb.Reason // of signLost
}

type signKind int

const (
	signShown signKind = iota
	signLost
	signDone
)
