package support

import (
	"slices"
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Terms are what a session is offered under: what the settings of the device and
// the permissions of the rep leave. They are fixed when the endpoint is asked.
type Terms struct {
	Permissions []wirepb.Permission // after the Yes: what was allowed
	MaxDuration time.Duration       // 0: no expiry
	// ConsentTimeout is not kept: AnswerBy follows from it.
	ConsentTimeout time.Duration
	Recorded       bool // the broker keeps a recording
}

// Session is the state of one support session. It is a value: Apply gives the
// next one.
type Session struct {
	ID         wire.SessionID
	Device     string
	DeviceName string
	User       string // in front of the device when the session was asked for
	Rep        Rep    // the owner; empty until a request is approved, and while it waits in a queue
	Path       string // how it was started: "inventory", "device", "request", "portal", "key"
	Request    string // id of the customer's request it came from; empty: a rep or a visitor began it
	Chat       bool   // it began on the portal page; its device is nothing but a place until the client runs
	Terms

	Phase      Phase
	StartedAt  time.Time
	LapsesAt   time.Time // of what waits for a decision, or for the endpoint after one; in a chat of the question to run the client
	AnswerBy   time.Time // while awaiting consent
	ConsentAt  time.Time
	ValidUntil time.Time     // of the Yes over lost links; zero: as long as the session
	ExpiresAt  time.Time     // zero: never
	EndsBy     time.Time     // policy took it away; zero: it did not
	Spared     bool          // policy is against it and lets it go on
	HeldAt     time.Time     // since when it is held; zero: it is not
	Away       time.Duration // how long a link that was lost is waited for because the machine restarts; 0: as usual
	LostAt     time.Time     // zero: the endpoint is connected, or in a chat the customer's page
	EndedAt    time.Time

	JoinedAt     time.Time     // when the owner came
	Participants []Participant // in the order in which they came
	Control      string        // id of the rep who holds the control token; empty: nobody does
	Invitations  []Invitation  // all from the owner
	Taken        []string      // the last invitations that were accepted
	Queue        string        // of a team, where it waits for an owner; empty: it has one, or is a request in none
	FirstQueue   string        // where it waited first
	LastQueue    string        // where it waited last
	OwnerLostAt  time.Time     // zero: the owner's console is there

	By     wirepb.EndedBy
	ByName string // who ended it, as people are shown
	Code   wirepb.ErrorCode
	Detail string
}

// Command is one thing that happens to a session.
type Command struct {
	Verb Verb
	At   time.Time
	// Actor is the rep who does it as one of the session; empty: it is no rep, or one
	// whom policy lets do it whoever owns the session.
	Actor    Rep
	External bool             // Actor has no account
	By       wirepb.EndedBy   // who ends it, where the verb ends it
	ByName   string           // likewise
	Code     wirepb.ErrorCode // why
	Detail   string
	// Rep of an Approve is who will give the support.
	Rep Rep
	// Queue of a Request is the team's queue that it enters; empty: none.
	Queue string
	// Terms of a Start or an Offer; of an Approve the Permissions that the rep wants,
	// of an Allow those that were allowed, which is what was asked for or less.
	Terms Terms
	// ValidUntil of an Allow bounds the Yes over lost links; zero: it does not.
	ValidUntil time.Time
	// Away of a Lose is how long the endpoint is waited for because it said that its
	// machine restarts; 0: as usual.
	Away time.Duration
	// Told means that the endpoint says so: its clock is the one that counts.
	Told bool
	// Invitation of an Invite; who sends it and when is not its matter.
	Invitation   Invitation
	InvitationID string    // of an Uninvite, Join, DeclineInvitation or TakeOver
	Target       string    // id of the rep of a Remove or a Pass
	Successor    Successor // of an Orphan; of a Visit for whom the customer waits
}

// Input reports whether the session may carry input.
func (s Session) Input() bool {
	return slices.Contains(s.Permissions, wirepb.Permission_PERMISSION_CONTROL)
}

// Deadline is when the session ends at the latest, by its expiry or by policy;
// zero: never.
func (s Session) Deadline() time.Time {
	if s.ExpiresAt.IsZero() || !s.EndsBy.IsZero() && s.EndsBy.Before(s.ExpiresAt) {
		return s.EndsBy
	}
	return s.ExpiresAt
}

// Apply returns the session after c and the events that follow, or the session
// as it was and an error.
func (s Session) Apply(c Command) (Session, []Event, error) { return standard().apply(s, c) }

// fits are the conditions that the tables cannot show.
func (s Session) fits(c Command) error {
	if !s.allows(c) {
		return ErrIllegal
	}
	return s.shareable(c)
}

// allows are the conditions of times, and of the link being in the other state.
func (s Session) allows(c Command) bool {
	switch c.Verb {
	case Approve:
		return c.At.Before(s.LapsesAt) && c.Rep.ID != ""
	case Visit:
		return (c.Successor.Rep.ID == "") != (c.Successor.Queue == "")
	case Lapse:
		return !s.LapsesAt.IsZero() && !c.At.Before(s.LapsesAt)
	case Offer:
		return c.At.Before(s.LapsesAt)
	case Decline:
		return s.Phase != Chatting || !s.LapsesAt.IsZero()
	case Allow:
		return c.At.Before(s.AnswerBy) && within(c.Terms.Permissions, s.Permissions)
	case Timeout:
		return !c.At.Before(s.AnswerBy)
	case Expire:
		return !s.ExpiresAt.IsZero() && (c.Told || !c.At.Before(s.ExpiresAt))
	case CutOff:
		return !s.EndsBy.IsZero() && !c.At.Before(s.EndsBy)
	case Revoke:
		return s.EndsBy.IsZero()
	case Spare:
		return s.EndsBy.IsZero() && !s.Spared
	case Unclaimed:
		return !s.LostAt.IsZero() && !c.At.Before(s.LostAt.Add(max(ClaimGrace, s.Away)))
	case Void:
		return !s.LostAt.IsZero() && !s.holds(c.At)
	case Lose:
		return s.LostAt.IsZero()
	case Regain:
		return !s.LostAt.IsZero() && s.holds(c.At)
	default:
		return true
	}
}

// holds reports whether the Yes still stands for a link that comes back.
func (s Session) holds(at time.Time) bool {
	return s.ValidUntil.IsZero() || at.Before(s.ValidUntil)
}

// enter is the session after a command that was found fit.
func (s Session) enter(to Phase, c Command) Session {
	s.Phase = to
	switch c.Verb {
	case Start:
		s.StartedAt = c.At
		s = s.ask(c)
	case Request:
		s.StartedAt, s.LapsesAt = c.At, c.At.Add(DecisionTime)
		s.Queue, s.FirstQueue, s.LastQueue = c.Queue, c.Queue, c.Queue
	case Visit:
		s.StartedAt, s.LapsesAt, s.Chat = c.At, c.At.Add(DecisionTime), true
		s.Rep, s.Queue, s.FirstQueue, s.LastQueue = c.Successor.Rep, c.Successor.Queue, c.Successor.Queue, c.Successor.Queue
	case Approve:
		s.Rep, s.Permissions, s.LapsesAt, s.Queue = c.Rep, c.Terms.Permissions, c.At.Add(ApprovalTime), ""
	case Offer:
		s = s.ask(c)
		s.LapsesAt, s.LostAt, s.Away = time.Time{}, time.Time{}, 0
	case Allow:
		s.ConsentAt, s.ValidUntil, s.Permissions = c.At, c.ValidUntil, c.Terms.Permissions
		s.JoinedAt, s.Control = c.At, s.Rep.ID
		if s.MaxDuration > 0 {
			s.ExpiresAt = c.At.Add(s.MaxDuration)
		}
	case Revoke:
		s.EndsBy = c.At.Add(RevokeNotice)
	case Spare:
		s.Spared = true
	case Hold:
		s.HeldAt = c.At
		s = s.chaperoned()
	case Resume:
		s.HeldAt = time.Time{}
	case Lose:
		s.LostAt, s.Away = c.At, c.Away
	case Regain:
		s.LostAt, s.Away = time.Time{}, 0
	default:
		s = s.share(c)
	}
	if s.Chat {
		s = s.chat(c)
	}
	switch {
	case to.Final():
		s = s.close(c)
	case c.Verb == Orphan:
		s = s.orphan(c.Successor, c.At)
	}
	return s
}

func (s Session) ask(c Command) Session {
	s.Terms, s.AnswerBy = c.Terms, c.At.Add(c.Terms.ConsentTimeout+AnswerSlack)
	return s
}

// close leaves the owner as the one who had the session, and nobody in it.
func (s Session) close(c Command) Session {
	s.EndedAt, s.By, s.ByName, s.Code, s.Detail = c.At, c.By, c.ByName, c.Code, c.Detail
	s.Participants, s.Invitations, s.Taken = nil, nil, nil
	s.Control, s.Queue, s.OwnerLostAt = "", "", time.Time{}
	return s
}

func within(part, whole []wirepb.Permission) bool {
	for _, p := range part {
		if !slices.Contains(whole, p) {
			return false
		}
	}
	return true
}
