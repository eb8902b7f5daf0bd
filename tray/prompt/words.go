package prompt

import (
	"fmt"
	"time"
)

// The titles of the windows. They do not change with what is asked, so that a
// window manager's rules and tests can name them.
const (
	ConsentTitle = "Remote support request"
	FormTitle    = "Request support"
)

const (
	yesLabel    = "Yes, allow"
	noLabel     = "No"
	sendLabel   = "Send request"
	cancelLabel = "Cancel"
	okLabel     = "OK"
)

// who names the rep and the organisation, both cleaned.
func (r ConsentRequest) who() string {
	rep, org := Clean(r.Rep, MaxName), Clean(r.Organisation, MaxName)
	switch {
	case rep == "" && org == "":
		return "Somebody who gave no name"
	case rep == "":
		return "Somebody from " + org
	case org == "":
		return rep
	}
	return rep + " (" + org + ")"
}

func (r ConsentRequest) wish() string {
	if r.Control {
		return "wants to see your screen and to control this computer."
	}
	return "wants to see your screen. They can view only, not control."
}

const consentHint = "You can end it at any time with Done in the bar at the top of the screen."

// plain is the whole question as text for a dialog of the system.
func (r ConsentRequest) plain() string {
	return fmt.Sprintf("%s %s\n\nAllow it?\n\n%s\nNo answer within %s means No.",
		r.who(), r.wish(), consentHint, spell(r.Timeout))
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
