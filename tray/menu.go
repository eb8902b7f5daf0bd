package tray

import (
	"strings"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// icon is the sign in the system's tray. Methods other than loop never block
// for long and may be called from any goroutine.
type icon interface {
	// loop runs the system's event loop until quit, on the calling goroutine.
	loop()
	set(m menu)
	quit()
}

// iconState is which picture is shown.
type iconState int

const (
	iconOffline iconState = iota
	iconOnline
	iconSession
)

// item is an entry of the menu. Its id is stable, its label is in the person's
// language, with an ampersand before the access key.
type item struct {
	id     words.ID
	label  string
	there  bool // in the menu at all
	usable bool
}

// menu is what icon and menu show.
type menu struct {
	state  iconState
	status string // the first line, also the tooltip
	items  [5]item
}

// has is the item of an id, when it is there.
func (m menu) has(id words.ID) (it item, ok bool) {
	for _, it := range m.items {
		if it.id == id && it.there {
			return it, true
		}
	}
	return item{}, false
}

// menu derives it from the state.
func (c *core) menu() menu {
	w := c.words
	online := c.status.GetLink() == ipcpb.LinkState_LINK_STATE_ONLINE
	session := c.banner != nil || c.status.GetSessionActive()
	waiting := c.requested()
	end := w.Say(words.MenuEnd)
	if key := hotKey(c.display); key != "" {
		end += " (" + key + ")"
	}
	m := menu{items: [5]item{
		// A wish for help is there where policy lets it be had (R1).
		{words.MenuSupport, w.Say(words.MenuSupport), c.status.GetRemoteSupport() && !waiting && !c.status.GetAdhoc(), online && !session},
		{words.MenuCancel, w.Say(words.MenuCancel), waiting, true},
		{words.MenuEnd, end, session, true},
		{words.MenuChat, w.Say(words.MenuChat), session, c.banner != nil},
		{words.MenuAbout, w.Say(words.MenuAbout), true, true},
	}}
	m.state, m.status = c.standing(session)
	return m
}

// standing is the picture and the line that say how things are.
func (c *core) standing(session bool) (iconState, string) {
	w := c.words
	if session {
		reps := []person{{name: c.status.GetRepName()}}
		if c.banner != nil {
			reps = c.banner.reps
		}
		connected := words.IsConnected
		if len(reps) > 1 {
			connected = words.AreConnected
		}
		return iconSession, w.Say(connected, crowd(w, reps, "", prompt.MaxName, false))
	}
	switch c.status.GetLink() {
	case ipcpb.LinkState_LINK_STATE_CONNECTING:
		return iconOffline, w.Say(words.Connecting)
	case ipcpb.LinkState_LINK_STATE_NOT_ENROLLED:
		return iconOffline, w.Say(words.NotSetUp)
	case ipcpb.LinkState_LINK_STATE_REFUSED:
		return iconOffline, w.Say(words.Refused)
	case ipcpb.LinkState_LINK_STATE_ONLINE:
	default:
		return iconOffline, w.Say(words.NotConnected)
	}
	switch c.status.GetRequest().GetState() {
	case wirepb.RequestState_REQUEST_STATE_PENDING:
		return iconOnline, w.Say(words.RequestWaits)
	case wirepb.RequestState_REQUEST_STATE_APPROVED:
		return iconOnline, w.Say(words.RequestApproved)
	case wirepb.RequestState_REQUEST_STATE_DENIED:
		return iconOnline, w.Say(words.RequestDenied)
	default:
	}
	if !c.status.GetRemoteSupport() {
		return iconOnline, w.Say(words.SwitchedOff)
	}
	if org := prompt.Clean(c.status.GetOrganisation(), prompt.MaxName); org != "" {
		return iconOnline, w.Say(words.ReadyBy, org)
	}
	return iconOnline, w.Say(words.Ready)
}

// requested says that a request waits, for a decision or for its session.
func (c *core) requested() bool {
	switch c.status.GetRequest().GetState() {
	case wirepb.RequestState_REQUEST_STATE_PENDING, wirepb.RequestState_REQUEST_STATE_APPROVED:
		return true
	default:
		return false
	}
}

func (c *core) about() string {
	w := c.words
	lines := []string{w.Say(words.AboutText)}
	if org := prompt.Clean(c.status.GetOrganisation(), prompt.MaxName); org != "" {
		lines = append(lines, w.Say(words.AboutOrg, org))
	}
	if b := prompt.Clean(c.status.GetBroker(), prompt.MaxName); b != "" {
		lines = append(lines, w.Say(words.AboutServer, b))
	}
	lines = append(lines, c.menu().status)
	if d := prompt.Clean(c.status.GetDetail(), 200); d != "" {
		lines = append(lines, d)
	}
	return strings.Join(lines, "\n")
}
