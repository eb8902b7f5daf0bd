package support

// Outcome is a way in which a participant may leave a session that is shown to
// them: what the question behind the X offers.
type Outcome string

// Outcomes.
const (
	OutcomeCancel Outcome = "cancel" // take back what was asked for
	OutcomeEnd    Outcome = "end"    // end it for everybody
	OutcomeHold   Outcome = "hold"   // park it in one's own queue
	OutcomeLeave  Outcome = "leave"  // go; it goes on without
)

// Outcomes lists what is legal for a rep, in the order in which it is shown;
// nothing is for one who is no participant, or once the session is over.
func (s Session) Outcomes(rep string) []Outcome {
	switch {
	case !s.In(rep):
		return nil
	case rep != s.Rep.ID:
		return []Outcome{OutcomeLeave}
	case s.Phase == Chatting, s.Chat && s.Phase == AwaitingConsent:
		return []Outcome{OutcomeEnd}
	case s.Phase == Waiting || s.Phase == Approved || s.Phase == AwaitingConsent:
		return []Outcome{OutcomeCancel}
	case s.Phase == Active:
		return []Outcome{OutcomeEnd, OutcomeHold}
	case s.Phase == Held:
		return []Outcome{OutcomeEnd}
	default:
		return nil
	}
}

// Verb is the command of the outcome.
func (o Outcome) Verb() Verb {
	switch o {
	case OutcomeCancel:
		return Cancel
	case OutcomeHold:
		return Hold
	case OutcomeLeave:
		return Leave
	default:
		return End
	}
}
