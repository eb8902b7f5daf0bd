package tray

import (
	"strings"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/prompt"
)

// icon is the sign in the system's tray. Methods other than loop never block
// for long and may be called from any goroutine.
type icon interface {
	// loop runs the system's event loop until quit, on the calling goroutine.
	loop()
	set(m menu)
	quit()
}

// click is a menu item that was chosen.
type click int

const (
	clickRequest click = iota
	clickEnd
	clickAbout
)

// iconState is which picture is shown.
type iconState int

const (
	iconOffline iconState = iota
	iconOnline
	iconSession
)

// menu is what icon and menu show.
type menu struct {
	state   iconState
	status  string // the first line, also the tooltip
	canEnd  bool
	canAsk  bool
	request string
	end     string
	about   string
}

// menu derives it from the state.
func (c *core) menu() menu {
	m := menu{
		state: iconOffline, status: "Not connected",
		request: "Request support…", end: "End session", about: "About Alongside",
	}
	rep := c.status.GetRepName()
	if c.banner != nil {
		rep = c.banner.rep
	}
	rep = prompt.Clean(rep, prompt.MaxName)
	switch {
	case c.banner != nil || c.status.GetSessionActive():
		m.state, m.canEnd = iconSession, true
		m.status = "Somebody is connected"
		if rep != "" {
			m.status = rep + " is connected"
		}
	case c.status.GetLink() == ipcpb.LinkState_LINK_STATE_ONLINE:
		m.state, m.canAsk = iconOnline, true
		m.status = "Ready for support"
		if org := prompt.Clean(c.status.GetOrganisation(), prompt.MaxName); org != "" {
			m.status += " by " + org
		}
	case c.status.GetLink() == ipcpb.LinkState_LINK_STATE_CONNECTING:
		m.status = "Connecting…"
	case c.status.GetLink() == ipcpb.LinkState_LINK_STATE_NOT_ENROLLED:
		m.status = "Not set up"
	case c.status.GetLink() == ipcpb.LinkState_LINK_STATE_REFUSED:
		m.status = "Refused by the support server"
	}
	return m
}

func (c *core) about() string {
	lines := []string{"Remote support. Nobody sees this screen unless you say yes."}
	if org := prompt.Clean(c.status.GetOrganisation(), prompt.MaxName); org != "" {
		lines = append(lines, "Organisation: "+org)
	}
	if b := prompt.Clean(c.status.GetBroker(), prompt.MaxName); b != "" {
		lines = append(lines, "Server: "+b)
	}
	lines = append(lines, c.menu().status)
	if d := prompt.Clean(c.status.GetDetail(), 200); d != "" {
		lines = append(lines, d)
	}
	return strings.Join(lines, "\n")
}
