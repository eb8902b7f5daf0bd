package support

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of a session.
const (
	// DefaultConsentTimeout is how long the prompt waits for an answer when
	// nothing else is set; no answer is a no. Long enough to walk back to the desk, short enough that a grant of 60 s
	// and an answer belong together in the mind of the one who gives it.
	DefaultConsentTimeout = 60 * time.Second
	// MinConsentTimeout and MaxConsentTimeout bound what may be set. The endpoint
	// keeps to the same bounds: a shorter prompt cannot be read, a longer one is
	// forgotten on the screen.
	MinConsentTimeout = 5 * time.Second
	MaxConsentTimeout = 5 * time.Minute
	// AnswerSlack is added by the broker, so that the endpoint's own timeout,
	// which can close the prompt, comes first.
	AnswerSlack = 5 * time.Second
	// ClaimGrace is how long an active session waits for an endpoint whose link
	// is lost. A reboot of the broker and the backoff of the link (60 s at most)
	// fit in.
	ClaimGrace = 2 * time.Minute
)

// ErrOver says that the session has ended: take up the new state.
var ErrOver = errors.New("session is over")

// ErrIllegal says that the command does not fit the phase: take up the new state.
var ErrIllegal = errors.New("command does not fit the session's phase")

// Rep is the representative of a session.
type Rep struct{ ID, Name string }

// Session is the state of one support session. It is a value: Apply gives the
// next one.
type Session struct {
	ID          wire.SessionID
	Device      string
	DeviceName  string
	User        string // in front of the device when the session was asked for
	Rep         Rep
	Path        string // how it was started: "inventory", "device"
	Permissions []wirepb.Permission
	MaxDuration time.Duration // 0: no expiry
	// ConsentTimeout is set before the start and not kept: AnswerBy follows from it.
	ConsentTimeout time.Duration

	Phase     Phase
	StartedAt time.Time
	AnswerBy  time.Time // while awaiting consent
	ConsentAt time.Time
	ExpiresAt time.Time // zero: never
	LostAt    time.Time // zero: the endpoint is connected
	EndedAt   time.Time

	By     wirepb.EndedBy
	Code   wirepb.ErrorCode
	Detail string
}

// Command is one thing that happens to a session.
type Command struct {
	Verb   Verb
	At     time.Time
	By     wirepb.EndedBy   // who ends it, where the verb ends it
	Code   wirepb.ErrorCode // why
	Detail string
	// Permissions are what an Allow really allows: what was asked for, or less.
	Permissions []wirepb.Permission
}

// Control reports whether the session may carry input.
func (s Session) Control() bool {
	for _, p := range s.Permissions {
		if p == wirepb.Permission_PERMISSION_CONTROL {
			return true
		}
	}
	return false
}

// Apply returns the session after c and the events that follow, or the session
// as it was and an error.
func (s Session) Apply(c Command) (Session, []Event, error) {
	t, ok := find(s.Phase, c.Verb)
	switch {
	case ok && !s.allows(c):
		return s, nil, fmt.Errorf("%s a session that is %s: %w", c.Verb, s.Phase, ErrIllegal)
	case ok:
		return s.enter(t, c), t.Events, nil
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
	case Allow:
		return c.At.Before(s.AnswerBy) && within(c.Permissions, s.Permissions)
	case Timeout:
		return !c.At.Before(s.AnswerBy)
	case Expire:
		return !s.ExpiresAt.IsZero() && !c.At.Before(s.ExpiresAt)
	case Unclaimed:
		return !s.LostAt.IsZero() && !c.At.Before(s.LostAt.Add(ClaimGrace))
	case Lose:
		return s.LostAt.IsZero()
	case Regain:
		return !s.LostAt.IsZero()
	default:
		return true
	}
}

func (s Session) enter(t Transition, c Command) Session {
	s.Phase = t.To
	switch c.Verb {
	case Start, Request:
		s.StartedAt = c.At
	case Allow:
		s.ConsentAt, s.Permissions = c.At, c.Permissions
		if s.MaxDuration > 0 {
			s.ExpiresAt = c.At.Add(s.MaxDuration)
		}
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
		s.EndedAt, s.By, s.Code, s.Detail = c.At, c.By, c.Code, c.Detail
	}
	return s
}

// Tick returns the command that is due at this time, if any.
func (s Session) Tick(at time.Time) (Command, bool) {
	due := []Command{
		{Verb: Timeout, At: at, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT},
		{Verb: Expire, At: at, By: wirepb.EndedBy_ENDED_BY_EXPIRY, Code: wirepb.ErrorCode_ERROR_CODE_EXPIRED},
		{
			Verb: Unclaimed, At: at, By: wirepb.EndedBy_ENDED_BY_BROKER,
			Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, Detail: "the endpoint did not come back",
		},
	}
	for _, c := range due {
		if _, ok := find(s.Phase, c.Verb); ok && s.allows(c) {
			return c, true
		}
	}
	return Command{}, false
}

func within(part, whole []wirepb.Permission) bool {
	for _, p := range part {
		if !slices.Contains(whole, p) {
			return false
		}
	}
	return true
}
