package prompt

import (
	"fmt"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// who is the rep's name, alone on its line so that nothing in it can continue a
// sentence of ours.
func (r ConsentRequest) who(w words.Words) string {
	if rep := Clean(r.Rep, MaxName); rep != "" {
		return rep
	}
	return w.Say(words.NoName)
}

// from is the organisation.
func (r ConsentRequest) from(w words.Words) string {
	if org := Clean(r.Organisation, MaxName); org != "" {
		return w.Say(words.From, org)
	}
	return w.Say(words.FromNobody)
}

// wish is what the rep wants, why, and what else happens.
func (r ConsentRequest) wish(w words.Words) string {
	lines := []string{w.Say(words.WishView)}
	if r.Control {
		lines[0] = w.Say(words.WishControl)
	}
	if why := Clean(r.Reason, MaxReason); why != "" {
		lines = append(lines, w.Say(words.Reason, why))
	}
	if r.Recorded {
		lines = append(lines, w.Say(words.WillBeRecorded))
	}
	return strings.Join(lines, "\n")
}

// plain is the whole question as text for a dialog of the system.
func (r ConsentRequest) plain(w words.Words) string {
	silence := words.SilenceIsNo
	if r.SilenceAllows {
		silence = words.SilenceIsYes
	}
	return wrap(fmt.Sprintf("%s\n%s\n\n%s\n%s\n\n%s\n%s", r.who(w), r.from(w), r.wish(w), w.Say(words.AllowIt),
		w.Say(words.ConsentHint), w.Say(silence, spell(w, r.Timeout))))
}

// spell writes a duration in whole seconds, or minutes where it is even.
func spell(w words.Words, d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if s >= 120 && s%60 == 0 {
		return w.Say(words.Minutes, s/60)
	}
	if s == 1 {
		return w.Say(words.OneSecond)
	}
	return w.Say(words.Seconds, s)
}

func (r FormRequest) intro(w words.Words) string {
	text := w.Say(words.FormIntro)
	if org := Clean(r.Organisation, MaxName); org != "" {
		text = w.Say(words.FormIntroTo, org)
	}
	if r.Refused != nil {
		text += "\n" + r.Refused.Text(w)
	}
	return text
}
