package support

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ErrOver says that the session has ended: take up the new state.
var ErrOver = errors.New("session is over")

// ErrIllegal says that the command does not fit the phase: take up the new state.
var ErrIllegal = errors.New("command does not fit the session's phase")

// Rep is the representative of a session.
type Rep struct{ ID, Name string }

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
	Rep        Rep    // empty until a request is approved
	Path       string // how it was started: "inventory", "device", "request"
	Request    string // id of the customer's request it came from; empty: a rep began it
	Terms

	Phase      Phase
	StartedAt  time.Time
	LapsesAt   time.Time // of what waits for a decision, or for the endpoint after one
	AnswerBy   time.Time // while awaiting consent
	ConsentAt  time.Time
	ValidUntil time.Time // of the Yes over lost links; zero: as long as the session
	ExpiresAt  time.Time // zero: never
	EndsBy     time.Time // policy took it away; zero: it did not
	Spared     bool      // policy is against it and lets it go on
	LostAt     time.Time // zero: the endpoint is connected
	EndedAt    time.Time

	By     wirepb.EndedBy
	ByName string // who ended it, as people are shown
	Code   wirepb.ErrorCode
	Detail string
}

// Command is one thing that happens to a session.
type Command struct {
	Verb   Verb
	At     time.Time
	By     wirepb.EndedBy   // who ends it, where the verb ends it
	ByName string           // likewise
	Code   wirepb.ErrorCode // why
	Detail string
	// Rep of an Approve is who will give the support.
	Rep Rep
	// Terms of a Start or an Offer; of an Approve the Permissions that the rep wants,
	// of an Allow those that were allowed, which is what was asked for or less.
	Terms Terms
	// ValidUntil of an Allow bounds the Yes over lost links; zero: it does not.
	ValidUntil time.Time
	// Told means that the endpoint says so: its clock is the one that counts.
	Told bool
}

// Control reports whether the session may carry input.
func (s Session) Control() bool {
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
func (s Session) Apply(c Command) (Session, []Event, error) {
	t, ok := find(s.Phase, c.Verb)
	switch {
	case ok && !s.allows(c):
		return s, nil, fmt.Errorf("%s a session that is %s: %w", c.Verb, s.Phase, ErrIllegal)
	case ok:
		return s.enter(t, c), slices.Clone(t.Events), nil
	case s.Phase.Final():
		return s, nil, fmt.Errorf("%s a session that is %s: %w", c.Verb, s.Phase, ErrOver)
	default:
		return s, nil, fmt.Errorf("%s a session that is %s: %w", c.Verb, s.Phase, ErrIllegal)
	}
}

// allows are the conditions that the table cannot show: times, and the link
// being in the other state.
func (s Session) allows(c Command) bool {
	switch c.Verb {
	case Approve:
		return c.At.Before(s.LapsesAt) && c.Rep.ID != ""
	case Lapse:
		return !c.At.Before(s.LapsesAt)
	case Offer:
		return c.At.Before(s.LapsesAt)
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
		return !s.LostAt.IsZero() && !c.At.Before(s.LostAt.Add(ClaimGrace))
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

func (s Session) enter(t Transition, c Command) Session {
	s.Phase = t.To
	switch c.Verb {
	case Start:
		s.StartedAt, s.Terms = c.At, c.Terms
	case Request:
		s.StartedAt, s.LapsesAt = c.At, c.At.Add(DecisionTime)
	case Approve:
		s.Rep, s.Permissions, s.LapsesAt = c.Rep, c.Terms.Permissions, c.At.Add(ApprovalTime)
	case Offer:
		s.Terms = c.Terms
	case Allow:
		s.ConsentAt, s.ValidUntil, s.Permissions = c.At, c.ValidUntil, c.Terms.Permissions
		if s.MaxDuration > 0 {
			s.ExpiresAt = c.At.Add(s.MaxDuration)
		}
	case Revoke:
		s.EndsBy = c.At.Add(RevokeNotice)
	case Spare:
		s.Spared = true
	case Lose:
		s.LostAt = c.At
	case Regain:
		s.LostAt = time.Time{}
	default:
	}
	if t.To == AwaitingConsent {
		s.AnswerBy = c.At.Add(s.ConsentTimeout + AnswerSlack)
	}
	if t.To.Final() {
		s.EndedAt, s.By, s.ByName, s.Code, s.Detail = c.At, c.By, c.ByName, c.Code, c.Detail
	}
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
