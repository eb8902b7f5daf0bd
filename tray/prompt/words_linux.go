package prompt

import (
	"fmt"
	"time"
)

const (
	yesLabel    = "Yes, allow"
	noLabel     = "No"
	sendLabel   = "Send request"
	cancelLabel = "Cancel"
	okLabel     = "OK"
)

// who is the rep's name, alone on its line so that nothing in it can continue a
// sentence of ours.
func (r ConsentRequest) who() string {
	if rep := Clean(r.Rep, MaxName); rep != "" {
		return rep
	}
	return "Somebody who gave no name"
}

// from is the organisation.
func (r ConsentRequest) from() string {
	if org := Clean(r.Organisation, MaxName); org != "" {
		return "from " + org
	}
	return "from an organisation that gave no name"
}

func (r ConsentRequest) wish() string {
	if r.Control {
		return "wants to see the screen and to control this computer."
	}
	return "wants to see the screen: view only, no control."
}

const consentHint = "End it at any time with Done in the bar at the top of the screen."

// plain is the whole question as text for a dialog of the system.
func (r ConsentRequest) plain() string {
	return wrap(fmt.Sprintf("%s\n%s\n\n%s Allow it?\n\n%s\nNo answer within %s means No.",
		r.who(), r.from(), r.wish(), consentHint, spell(r.Timeout)))
}

// spell writes a duration in whole seconds, or minutes where it is even.
func spell(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if s >= 120 && s%60 == 0 {
		return fmt.Sprintf("%d minutes", s/60)
	}
	if s == 1 {
		return "1 second"
	}
	return fmt.Sprintf("%d seconds", s)
}

func (r FormRequest) intro() string {
	if org := Clean(r.Organisation, MaxName); org != "" {
		return "Your request goes to " + org + ". Somebody will answer as soon as they can."
	}
	return "Somebody will answer as soon as they can."
}
