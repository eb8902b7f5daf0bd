package agent

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// signInTime is how long it may take from the end of a login screen until what comes
// next is there, the desktop of who signed in or another login screen: many times what
// display managers and the opening of a session take.
const signInTime = 30 * time.Second

// watchTerminals tells the loop which terminal sessions there are, now and after
// each change.
func (a *agent) watchTerminals() {
	look := func() {
		all, err := a.Terminals.Sessions()
		if err != nil {
			a.Log.Warn("terminal sessions", "err", err)
			return
		}
		a.post(func() { a.looked(all) })
	}
	look()
	for {
		select {
		case _, ok := <-a.Terminals.Events():
			if !ok {
				return
			}
			look()
		case <-a.ctx.Done():
			return
		}
	}
}

// looked takes a new list of terminal sessions. A session that a rep took somewhere
// stays there, in front or not, as long as there is such a place; and so does one whose
// person went away and may come back, unless somebody else is in front of their seat.
// Runs on the loop, as all below.
func (a *agent) looked(all []terminal.Session) {
	a.terminals = all
	a.lookClosed()
	if e := a.elevating; e != nil && e.away {
		return
	}
	defer a.tellRights()
	if m := a.move; m != nil && !m.fall {
		if _, there := a.place(m.to); !there {
			a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN, "it is gone")
		}
	}
	to, found := terminal.Front(all)
	if s := a.session; s != nil {
		now, there := a.place(a.front)
		waits := s.phase == phaseActive && now.Away() && (to.Greeter || to.Seat != now.Seat)
		if there && (s.chosen || waits) {
			a.stands(now)
			return
		}
	}
	a.inFront(to, found)
}

// place finds a terminal session as it is now.
func (a *agent) place(s terminal.Session) (terminal.Session, bool) {
	i := slices.IndexFunc(a.terminals, func(t terminal.Session) bool { return samePlace(t, s) && t.Graphical && !t.Gone })
	if i < 0 {
		return terminal.Session{}, false
	}
	return a.terminals[i], true
}

func samePlace(a, b terminal.Session) bool {
	return a.ID == b.ID && a.UID == b.UID && a.Display == b.Display
}

// stands takes how the terminal session that is served stands now.
func (a *agent) stands(now terminal.Session) {
	f := &a.front
	if f.Locked == now.Locked && f.Active == now.Active && f.Seat == now.Seat {
		return
	}
	f.Locked, f.Active, f.Seat = now.Locked, now.Active, now.Seat
	a.report()
	a.flow()
}

// inFront moves helper and tray to the terminal session in front. A support session
// moves along only where the service may serve every user, and asks the one who is in
// front now: the one who consented is gone.
func (a *agent) inFront(to terminal.Session, found bool) {
	ok := found && a.serves(to)
	if ok == (a.crew != nil) && (!ok || samePlace(to, a.front)) {
		a.stands(to)
		return
	}
	if s := a.session; s != nil {
		const code, left = wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, "the user left"
		switch {
		case s.returns && a.awaits(s, to, found):
			break // whoever said yes has not come back yet
		case s.phase == phaseAsking:
			a.unanswered(s, code, left)
		case !found && a.front.Greeter:
			a.awaitNext(s, func() { a.endSession(wirepb.EndedBy_ENDED_BY_AGENT, code, left, tellPeer) })
		case a.Elevated && found && a.mayAsk(s, to):
			a.fallTo(s, to)
			return
		default:
			a.endSession(wirepb.EndedBy_ENDED_BY_AGENT, code, left, tellPeer)
		}
	}
	a.settleAt(to, ok)
}

// awaitNext keeps a session whose login screen is gone: display managers end it before
// what comes next begins. Nothing is shown meanwhile.
func (a *agent) awaitNext(s *session, end func()) {
	s.log.Info("the login screen is gone")
	a.dropMove()
	s.noBanner()
	s.shown, s.chosen = nil, false
	s.between = time.AfterFunc(signInTime, func() {
		a.post(func() {
			if a.session == s && a.crew == nil {
				end()
			}
		})
	})
}

// settleAt serves a terminal session that there is no support session in.
func (a *agent) settleAt(to terminal.Session, ok bool) {
	a.stopCrew()
	a.front, a.present = to, ok && !to.Greeter
	if ok {
		a.Log.Info("terminal session in front", "terminal", to.ID, "user", to.User)
		a.serveWith(a.startCrew(to))
	}
	a.report()
	a.flow()
}

// serves says whether helper and tray run in a terminal session while it is in front:
// everywhere but at a login screen, where nobody is who could say yes. There they run
// only where the machine's own rules let sessions begin without.
func (a *agent) serves(s terminal.Session) bool {
	return !s.Greeter || a.Elevated && a.Floor.Notify
}

// goHome goes back to the terminal session in front from where a rep had taken the
// session that is over.
func (a *agent) goHome(s *session) {
	to, found := terminal.Front(a.terminals)
	ok := found && a.serves(to)
	if !s.chosen || a.crew == nil || ok && samePlace(to, a.front) {
		return
	}
	a.retire(a.crew)
	a.serveWith(nil)
	a.prompt = false
	a.settleAt(to, ok)
}

// tellRights tells the broker what the session may be taken to, when that changed.
func (a *agent) tellRights() {
	s := a.session
	if s == nil || s.phase != phaseActive {
		return
	}
	r := &wirepb.EndpointRights{Session: s.id[:], Elevated: a.Elevated, Elevation: s.sealing.offer}
	for _, t := range a.terminals {
		if a.Elevated && t.Graphical && !t.Gone {
			r.Terminals = append(r.Terminals, &wirepb.TerminalSession{
				Id: t.ID, User: t.User, Shown: samePlace(t, s.terminal), Active: t.Active, Remote: t.Remote, Locked: t.Locked, Greeter: t.Greeter,
			})
		}
	}
	slices.SortFunc(r.Terminals, func(x, y *wirepb.TerminalSession) int { return strings.Compare(x.Id, y.Id) })
	if a.link == nil || proto.Equal(r, a.rights) {
		return
	}
	a.rights = r
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Rights{Rights: r}})
}
