package support

import (
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Times of a session.
const (
	// DecisionTime is how long a customer's request waits for IT: over a night,
	// and no longer, because by then the customer has found another way.
	DecisionTime = 24 * time.Hour
	// ApprovalTime is how long an approved request waits for its endpoint. The rep
	// who approved it is there for the answer; later the prompt would come out of
	// the blue and nobody would be at the other end.
	ApprovalTime = 15 * time.Minute
	// DefaultConsentTimeout is how long the prompt waits for an answer when
	// nothing else is set; no answer is a no. Long enough to walk back to the desk,
	// short enough that a grant of 60 s and an answer belong together in the mind
	// of the one who gives it.
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
	// RestartGrace is the same where the endpoint has said that its machine restarts:
	// long enough for one that checks its disks or installs what it has fetched.
	RestartGrace = 15 * time.Minute
	// RevokeNotice is how long the people of a session have when policy takes it
	// away: enough for a word of goodbye and to save a file.
	RevokeNotice = 30 * time.Second
)

// Tick returns the command that is due at this time, if any.
func (s Session) Tick(at time.Time) (Command, bool) {
	const broker, policy = wirepb.EndedBy_ENDED_BY_BROKER, wirepb.EndedBy_ENDED_BY_POLICY
	due := []Command{
		{Verb: Lapse, At: at, By: broker, Code: wirepb.ErrorCode_ERROR_CODE_EXPIRED, Detail: s.waited()},
		{Verb: Timeout, At: at, By: broker, Code: wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT},
		{Verb: Expire, At: at, By: wirepb.EndedBy_ENDED_BY_EXPIRY, Code: wirepb.ErrorCode_ERROR_CODE_EXPIRED},
		{Verb: CutOff, At: at, By: policy, Code: wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, Detail: "policy ended the session"},
		{Verb: Void, At: at, By: broker, Code: wirepb.ErrorCode_ERROR_CODE_CONSENT_EXPIRED, Detail: "the consent did not outlast the lost link"},
		{Verb: Unclaimed, At: at, By: broker, Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, Detail: s.missed()},
		{Verb: LapseInvitation, At: at, InvitationID: s.late(at), Detail: "the guest did not come in time"},
	}
	for _, c := range due {
		if standard().has(s.Phase, c.Verb) && s.fits(c) == nil {
			return c, true
		}
	}
	return Command{}, false
}

func (s Session) missed() string {
	if s.ChatOnly() {
		return "the customer did not come back"
	}
	return "the endpoint did not come back"
}

func (s Session) waited() string {
	switch s.Phase {
	case Waiting:
		return "no rep came"
	case Chatting:
		return "the client was not run in time"
	case Approved:
		return "the endpoint did not come back for the prompt"
	default:
		return "nobody decided in time"
	}
}
