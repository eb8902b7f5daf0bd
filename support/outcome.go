package support

// Outcome is a way in which a participant may leave a session that is shown to
// them: what the question behind the X offers.
type Outcome string

// Outcomes.
const (
	OutcomeCancel Outcome = "cancel" // take back what was asked for
	OutcomeEnd    Outcome = "end"    // end it for everybody
)

// Outcomes lists what is legal for a rep, in the order in which it is shown;
// nothing is for one who is no participant, or once the session is over.
func (s Session) Outcomes(rep string) []Outcome {
	switch {
	case rep == "" || rep != s.Rep.ID:
		return nil
	case s.Phase == Approved || s.Phase == AwaitingConsent:
		return []Outcome{OutcomeCancel}
	case s.Phase == Active || s.Phase == Held:
		return []Outcome{OutcomeEnd}
	default:
		return nil
	}
}

// Verb is the command of the outcome.
func (o Outcome) Verb() Verb {
	if o == OutcomeCancel {
		return Cancel
	}
	return End
}
