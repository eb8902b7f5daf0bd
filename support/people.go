package support

import (
	"slices"
	"time"
)

// Bounds of what a session keeps.
const (
	// MaxParticipants are beside the owner: each looks with a viewer of their own,
	// and more than a team around one desk is a broadcast, not support.
	MaxParticipants = 16
	// MaxInvitations stand at a time: twice as many as can come.
	MaxInvitations = 2 * MaxParticipants
	// GuestTime is how long a guest may come: whoever is invited is at hand for a
	// session that runs, and a link that lies about in a mailbox is a risk.
	GuestTime = 2 * time.Hour
)

// Rep is a representative: the owner of a session, or one who acts on it.
type Rep struct{ ID, Name string }

// Participant is a rep in a session beside its owner.
type Participant struct {
	Rep
	External bool // has no account: never the owner, and never alone in a session
	JoinedAt time.Time
}

// Invitation offers a place in a session, or its ownership. It stands until it is
// answered or taken back, its sender stops being the owner, or the session ends;
// time does nothing to it, unless it is to a guest.
type Invitation struct {
	ID       string // made by the caller
	To       string // a rep's id: it is in their personal queue; empty: in Team's
	Team     string // id
	ToName   string
	Issue    string // name of the issue under which help was asked for
	External bool   // To has no account
	Transfer bool   // ownership is offered
	From     Rep
	SentAt   time.Time
	Until    time.Time // of a guest's, who may come until then; zero: no guest's
	Declined []string  // reps of the team for whom it is gone: they said no, or were removed
}

// stands reports whether the invitation is to a rep, as far as it is said: who is
// of a team is not known here.
func (i Invitation) stands(rep string) bool {
	return i.To == rep || i.To == "" && !slices.Contains(i.Declined, rep)
}

// Runs reports whether anybody may look: the session is active, or held by its
// owner while other reps go on.
func (s Session) Runs() bool { return s.Phase == Active || s.Phase == Held && s.reps() > 0 }

// Attends reports whether a rep may look now: the owner unless the session is
// parked, and everybody else who is in it.
func (s Session) Attends(rep string) bool {
	switch {
	case !s.Runs() || rep == "":
		return false
	case rep == s.Rep.ID:
		return s.Phase == Active
	default:
		return s.place(rep) >= 0
	}
}

// In reports whether a rep is in the session, as its owner or beside the owner.
func (s Session) In(rep string) bool {
	return rep != "" && !s.Phase.Final() && (rep == s.Rep.ID || s.place(rep) >= 0)
}

// InvitationsOf lists what waits for a rep, in the personal queue and in those of
// teams: what Join, TakeOver and DeclineInvitation can be about.
func (s Session) InvitationsOf(rep string, teams []string) []Invitation {
	var all []Invitation
	for _, i := range s.Invitations {
		c := Command{Actor: Rep{ID: rep}, External: i.External, InvitationID: i.ID}
		if s.offered(c) && (i.To != "" || slices.Contains(teams, i.Team)) {
			all = append(all, i)
		}
	}
	return all
}

// late is an invitation to a guest who did not come in time; empty: there is none.
func (s Session) late(at time.Time) (id string) {
	for _, i := range s.Invitations {
		if i.over(at) {
			return i.ID
		}
	}
	return ""
}

// over reports whether the time of an invitation is over.
func (i Invitation) over(at time.Time) bool { return !i.Until.IsZero() && !at.Before(i.Until) }

// place is where a rep is among the participants, or negative.
func (s Session) place(rep string) int {
	return slices.IndexFunc(s.Participants, func(p Participant) bool { return p.ID == rep })
}

// reps counts the participants with an account.
func (s Session) reps() (n int) {
	for _, p := range s.Participants {
		if !p.External {
			n++
		}
	}
	return n
}

// invitation finds one that stands.
func (s Session) invitation(id string) (Invitation, bool) {
	n := slices.IndexFunc(s.Invitations, func(i Invitation) bool { return i.ID == id })
	if n < 0 {
		return Invitation{}, false
	}
	return s.Invitations[n], true
}

// offered reports whether what the command takes up is offered to the one who
// acts. To one who is in the session already only its ownership can be.
func (s Session) offered(c Command) bool {
	if s.Queue != "" {
		return c.Verb == TakeOver && c.InvitationID == ""
	}
	i, ok := s.invitation(c.InvitationID)
	return ok && c.Actor.ID != s.Rep.ID && i.stands(c.Actor.ID) && i.External == (s.role(c) == RoleExternal) && (i.Transfer || s.place(c.Actor.ID) < 0)
}

// missing says why nothing is offered.
func (s Session) missing(c Command) error {
	if c.InvitationID == "" && c.Verb == TakeOver || slices.Contains(s.Taken, c.InvitationID) {
		return ErrAlreadyTaken
	}
	return ErrInvitationGone
}
