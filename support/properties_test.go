package support

import (
	"errors"
	"slices"
	"time"
)

// legal says by the behaviours alone whether a command has to be taken.
func (m model) legal(w world, c Command) bool {
	none, owns := c.Actor.ID == "", c.Actor.ID != "" && c.Actor.ID == w.Rep.ID
	switch c.Verb {
	case Start, Request:
		return w.Phase == None
	case Approve, Reject:
		return w.Phase == Requested && none
	case Offer:
		return w.Phase == Approved || w.Phase == Chatting && w.wanted
	case Visit:
		return w.Phase == None && (c.Successor.Rep.ID == "") != (c.Successor.Queue == "")
	case RunClient:
		return w.Phase == Chatting && owns
	case Allow:
		return w.Phase == AwaitingConsent && none
	case Decline:
		return (w.Phase == AwaitingConsent || w.Phase == Chatting && w.wanted) && none
	case Cancel:
		return w.Phase < Active && w.Phase > None && (none || owns)
	case Vanish:
		return w.Phase >= Approved && !w.Phase.Final() && (none || owns) && w.Rep.ID != "" && w.OwnerLostAt.IsZero()
	case Return:
		return !w.OwnerLostAt.IsZero() && (none || owns)
	case Lose:
		return w.Phase == AwaitingConsent || (m.connected(w) || m.chats(w)) && w.LostAt.IsZero()
	default:
	}
	if m.chats(w) || w.first == Visit && w.Phase == AwaitingConsent {
		return m.legalInChat(w, c, none, owns)
	}
	return m.connected(w) && m.legalTogether(w, c, none, owns)
}

func (m model) connected(w world) bool { return w.Phase == Active || w.Phase == Held }

// chats: the customer is on the portal page, and there is no endpoint.
func (m model) chats(w world) bool { return w.Phase == Waiting || w.Phase == Chatting }

func (m model) legalInChat(w world, c Command, none, owns bool) bool {
	switch c.Verb {
	case Regain:
		return none && m.chats(w) && !w.LostAt.IsZero()
	case End:
		return w.Phase != Waiting && (none || owns)
	case Resume:
		return w.Phase == Waiting && owns
	case TakeOver:
		return w.Phase == Waiting && w.Queue != "" && c.InvitationID == "" && !none && !m.guest(c.Actor.ID)
	case Orphan:
		return w.Phase == Chatting && none && !w.OwnerLostAt.IsZero() && c.At.Sub(w.OwnerLostAt) >= time.Minute && c.Successor.Rep.ID == ""
	default:
		return false
	}
}

func (m model) legalTogether(w world, c Command, none, owns bool) bool {
	guest, inside := m.guest(c.Actor.ID), w.place(c.Actor.ID) >= 0
	n := slices.IndexFunc(w.stand, func(i standing) bool { return i.id == c.InvitationID })
	var i standing
	invited := false
	if n >= 0 {
		i = w.stand[n]
		invited = !owns && !none && (i.to == c.Actor.ID || i.to == "" && !guest && !slices.Contains(i.barred, c.Actor.ID)) && (i.transfer || !inside)
	}
	room := len(w.Participants) < MaxParticipants
	switch c.Verb {
	case Regain:
		return none && !w.LostAt.IsZero()
	case End:
		return none || owns
	case Hold:
		return owns && w.Phase == Active
	case Resume:
		return owns && w.Phase == Held
	case Invite:
		return owns && m.invitable(w, c.Invitation)
	case Uninvite:
		return owns && n >= 0
	case Join:
		return invited && !i.transfer && !i.late(c.At) && room && (!guest || w.Phase == Active || w.reps() > 0)
	case DeclineInvitation:
		return invited
	case LapseInvitation:
		return none && n >= 0 && i.late(c.At)
	case TakeOver:
		waits := w.Queue != "" && c.InvitationID == "" && !none && !guest
		return waits || invited && i.transfer && (room || inside)
	case Leave:
		return inside
	case Remove:
		return owns && w.place(c.Target) >= 0
	case Pass:
		in := w.In(c.Target)
		return owns && (c.Target == "" || in) || inside && c.Actor.ID == w.Control && c.Target == w.Rep.ID
	case Orphan:
		return none && !w.OwnerLostAt.IsZero() && c.At.Sub(w.OwnerLostAt) >= time.Minute && c.Successor.Rep.ID == m.longest(w).ID
	default:
		return false
	}
}

func (m model) invitable(w world, i Invitation) bool {
	invited := slices.ContainsFunc(w.stand, func(j standing) bool { return i.To != "" && j.to == i.To })
	guest, inside := m.guest(i.To), i.To != "" && w.place(i.To) >= 0
	return !invited && i.To != w.Rep.ID && (!inside || i.Transfer) && (!guest || !i.Transfer) && len(w.stand) < MaxInvitations
}

// longest is the rep with an account who came first of those beside the owner.
func (m model) longest(w world) Rep {
	var first Rep
	for r, at := range w.came {
		if r != w.Rep && !m.guest(r.ID) && (first.ID == "" || at < w.came[first]) {
			first = r
		}
	}
	return first
}

// wrong is what must not be of a step that was taken; empty: nothing.
func (m model) wrong(w world, c Command, next world, events []Event) string {
	for _, check := range []func(world, Command, world, []Event) string{m.wrongState, m.wrongChat, m.wrongEnd, m.wrongPeople, m.wrongInvitations, m.wrongEvents} {
		if what := check(w, c, next, events); what != "" {
			return what
		}
	}
	return ""
}

// wrongState: the gates, one owner or a queue, the token with somebody inside.
func (m model) wrongState(w world, c Command, next world, _ []Event) string {
	running := m.connected(next)
	owned := next.Rep.ID != ""
	switch {
	case running && !m.connected(w) && (c.Verb != Allow || c.Actor.ID != ""):
		return "connects past the person in front"
	case running && next.first == Request && !next.approved:
		return "connects past IT"
	case running && !next.allowed:
		return "connects without a Yes"
	case m.connected(w) && !running && !next.Phase.Final():
		return "goes back before the Yes"
	case (running || m.chats(next)) && owned == (next.Queue != ""):
		return "has not exactly one of an owner and a queue"
	case next.Phase == Requested && next.Queue != next.entered:
		return "is not in the queue that it entered"
	case !running && next.Phase != Requested && next.Phase != Waiting && next.Queue != "":
		return "waits in a queue and is not connected"
	case next.entered != "" && (next.FirstQueue != next.entered || next.LastQueue == ""):
		return "forgets the queue that it entered"
	case owned && m.guest(next.Rep.ID):
		return "is owned by a guest"
	case next.place(next.Rep.ID) >= 0:
		return "has its owner among the participants"
	case !running && next.Control != "", next.Control != "" && !next.In(next.Control):
		return "leaves the control token with one outside"
	case next.Queue != "" && (len(next.Participants) > 0 || next.Control != "" || next.Phase != Held && next.Phase != Requested && next.Phase != Waiting):
		return "waits in a queue with somebody in it"
	case next.reps() != len(next.Participants) && next.Phase == Held && next.reps() == 0:
		return "leaves guests alone"
	case (next.Phase == Held) == next.HeldAt.IsZero() && running:
		return "is held, and does not know since when"
	case next.Queue != "" && (next.LastQueue != next.Queue || next.FirstQueue == ""):
		return "forgets the queue"
	}
	return ""
}

// wrongChat: a chat is nothing but a chat before the Yes, and stands whatever
// becomes of the client.
func (m model) wrongChat(w world, c Command, next world, events []Event) string {
	asked := next.Phase == AwaitingConsent && next.first == Visit
	switch {
	case m.chats(next) && (next.first != Visit || next.allowed):
		return "goes back to a chat"
	case m.chats(next) && len(next.Permissions)+len(next.Participants)+len(next.Invitations) > 0:
		return "is more than a chat"
	case asked && w.Phase != AwaitingConsent && !w.wanted:
		return "has a client that nobody asked for"
	case next.ChatOnly() != (m.chats(next) || asked) || (m.chats(next) || asked) && next.Runs():
		return "takes a chat for more, or less"
	case w.Phase == AwaitingConsent && w.first == Visit && next.Phase.Final() && c.Verb != End:
		return "ends with its client"
	case slices.Contains(events, Dismiss) != (w.Phase == AwaitingConsent && next.Phase == Chatting):
		return "does not send the client away, or one that is not there"
	case next.Phase == Chatting && next.Asked() != next.wanted:
		return "does not know whether the client is to be run"
	case slices.Contains(events, Own) != (w.Rep != next.Rep) && m.chats(w) && m.chats(next) && c.Verb != Visit:
		return "does not say who owns it"
	}
	return ""
}

// wrongEnd: torn down exactly once, by the end, with nothing left.
func (m model) wrongEnd(_ world, _ Command, next world, events []Event) string {
	final := next.Phase.Final()
	down := 0
	for _, e := range events {
		if e == TearDown || e == Closed {
			down++
		}
	}
	switch {
	case final && (down != 2 || next.ends != 2 || events[0] != TearDown || events[1] != Closed):
		return "ends, and is not torn down and closed once"
	case !final && (down > 0 || next.ends > 0):
		return "is torn down before its end"
	case !final && events[0] != Recorded:
		return "is not recorded"
	case final && (len(next.Participants)+len(next.Invitations) > 0 || next.Control != "" || next.Queue != "" || !next.OwnerLostAt.IsZero()):
		return "ends, and somebody is left"
	case final && next.EndedAt.IsZero():
		return "ends at no time"
	}
	if final {
		for _, v := range Verbs() {
			if _, _, err := m.apply(next.Session, Command{Verb: v, At: next.now}); !errors.Is(err, ErrOver) {
				return "ends, and goes on by " + v.String()
			}
		}
	}
	return ""
}

// wrongPeople: who comes, goes and owns, and whose command it was.
func (m model) wrongPeople(w world, c Command, next world, _ []Event) string {
	var last time.Time
	for _, p := range next.Participants {
		if p.External != m.guest(p.ID) {
			return "takes a guest for a rep"
		}
		if p.JoinedAt.Before(last) {
			return "mixes up who came first"
		}
		last = p.JoinedAt
	}
	now := in(next.Session)
	for n, r := range now {
		entered := c.Verb == Join || c.Verb == TakeOver || c.Verb == Approve
		switch {
		case slices.Contains(now[n+1:], r):
			return "has a rep twice"
		case !w.In(r.ID) && w.Phase != None && (!entered || c.Verb != Approve && r != c.Actor):
			return "lets somebody in who did not come"
		}
		for _, other := range now[1:] {
			if n > 0 && (next.came[r] < next.came[other]) != (next.place(r.ID) < next.place(other.ID)) && r != other {
				return "mixes up who came first"
			}
		}
	}
	for _, r := range in(w.Session) {
		goes := c.Verb == Leave && r == c.Actor || c.Verb == Remove && r.ID == c.Target || c.Verb == Orphan && r == w.Rep || next.Phase.Final()
		alone := m.guest(r.ID) && next.Phase == Held && next.reps() == 0
		if next.In(r.ID) == (goes || alone) {
			return "loses somebody, or keeps who had to go"
		}
	}
	switch {
	case c.Verb == TakeOver && m.chats(w) && (next.Rep != c.Actor || next.Phase != Chatting):
		return "is not taken out of the queue"
	case c.Verb == TakeOver && !m.chats(w) && (next.Rep != c.Actor || next.Control != c.Actor.ID || len(next.Invitations) > 0 || next.Phase != Active):
		return "is not taken over with everything"
	case c.Verb == Orphan && !next.Phase.Final() && (next.Rep.ID != c.Successor.Rep.ID || next.Queue != c.Successor.Queue || next.Control != next.Rep.ID):
		return "is not left to the successor"
	case m.connected(w) && m.connected(next) && next.Rep != w.Rep && c.Verb != TakeOver && c.Verb != Orphan:
		return "changes its owner"
	case m.connected(w) && m.connected(next) && next.Rep == w.Rep && c.Verb != Pass && next.Control != w.Control && (next.Control != next.Rep.ID || next.In(w.Control)):
		return "takes the control token from one inside"
	case c.Verb == Pass && next.Control != c.Target:
		return "does not pass the control token"
	case c.Verb == Allow && next.Control != next.Rep.ID:
		return "starts with the control token elsewhere"
	}
	return ""
}

// wrongInvitations: those stand that were made and not answered, of the owner,
// one for a rep, however late it is.
func (m model) wrongInvitations(w world, c Command, next world, _ []Event) string {
	if len(next.Invitations) != len(next.stand) {
		return "has other invitations than were made and not answered"
	}
	for n, i := range next.Invitations {
		if i.ID != next.stand[n].id || i.To != next.stand[n].to || i.Transfer != next.stand[n].transfer {
			return "has other invitations than were made and not answered"
		}
		if i.From != next.Rep || i.From.ID == "" || i.SentAt.IsZero() {
			return "has an invitation of one who is not its owner"
		}
		if i.To != "" && slices.ContainsFunc(next.Invitations[n+1:], func(j Invitation) bool { return j.To == i.To }) {
			return "has two invitations for a rep"
		}
	}
	if (c.Verb == Join || c.Verb == TakeOver || c.Verb == DeclineInvitation) && !m.guest(c.Actor.ID) {
		c.At = c.At.Add(30 * 24 * time.Hour)
		if _, _, err := m.apply(w.Session, c); err != nil {
			return "forgets an invitation with time"
		}
	}
	return ""
}

// wrongEvents: what has to follow is what became different.
func (m model) wrongEvents(w world, c Command, next world, events []Event) string {
	has := func(e Event) bool { return slices.Contains(events, e) }
	if next.Phase.Final() {
		return ""
	}
	came, went := false, false
	for _, r := range m.everybody() {
		before, after := w.Attends(r.ID), next.Attends(r.ID)
		came, went = came || !before && after, went || before && !after
	}
	moved := m.connected(w) && m.connected(next)
	stopped := w.Runs() && !next.Runs()
	switch {
	case has(Ask) != (next.Phase == AwaitingConsent && w.Phase != AwaitingConsent):
		return "asks at the wrong time"
	case has(Open) != (m.connected(next) && !m.connected(w)):
		return "opens at the wrong time"
	case moved && has(Own) != (w.Rep != next.Rep):
		return "does not say who owns it"
	case moved && came && !has(Admit):
		return "does not admit who may look"
	case moved && went && !has(Expel) && !has(Pause):
		return "does not expel who may not look"
	case (c.Verb == Remove || c.Verb == Leave) && !has(Expel):
		return "does not expel who went"
	case moved && has(Park) != (w.Runs() != next.Runs()):
		return "does not park, or parks what is parked"
	case has(Pause) != (stopped || c.Verb == Lose && w.Runs()):
		return "does not pause, or pauses what stands"
	case moved && !has(Invitations) && !slices.EqualFunc(w.Invitations, next.Invitations, alike):
		return "does not say that invitations changed"
	case moved && next.Queue == "" && (!slices.Equal(in(w.Session), in(next.Session)) || w.Control != next.Control) && !has(Introduce):
		return "does not introduce who is in it"
	case has(Introduce) && next.Queue != "":
		return "introduces nobody"
	}
	return ""
}

func alike(a, b Invitation) bool { return a.ID == b.ID && slices.Equal(a.Declined, b.Declined) }
