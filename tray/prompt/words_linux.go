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
	if r.Pin != nil {
		return r.Pin.wish(w)
	}
	if r.File != nil {
		return r.File.wish(w)
	}
	if r.Restart {
		return w.Say(words.WishRestart)
	}
	if r.Elevate {
		return w.Say(words.WishElevate)
	}
	lines := []string{w.Say(words.WishView)}
	if r.Control {
		lines[0] = w.Say(words.WishControl)
	}
	if why := Clean(r.Reason, MaxReason); why != "" {
		lines = append(lines, w.Say(words.Reason, why))
	}
	if r.Clipboard != (Exchange{}) {
		lines = append(lines, w.Say(r.Clipboard.say(words.ClipboardIn, words.ClipboardOut, words.ClipboardBoth)))
	}
	if r.Files != (Exchange{}) {
		lines = append(lines, w.Say(r.Files.say(words.FilesIn, words.FilesOut, words.FilesBoth)))
	}
	switch {
	case r.Restrict && r.Darken:
		lines = append(lines, w.Say(words.MayRestrictDarken))
	case r.Restrict:
		lines = append(lines, w.Say(words.MayRestrict))
	case r.Darken:
		lines = append(lines, w.Say(words.MayDarken))
	}
	if r.Recorded {
		lines = append(lines, w.Say(words.WillBeRecorded))
	}
	switch r.AtEnd {
	case AtEndLock:
		lines = append(lines, w.Say(words.WillBeLocked))
	case AtEndLogOff:
		lines = append(lines, w.Say(words.WillBeLoggedOff))
	case AtEndNothing:
	}
	return strings.Join(lines, "\n")
}

func (x Exchange) say(in, out, both words.ID) words.ID {
	switch {
	case x.In && x.Out:
		return both
	case x.In:
		return in
	}
	return out
}

// wish is what stays, for whom and until when.
func (p Pin) wish(w words.Words) string {
	lines := []string{w.Say(words.WishPinUser)}
	if p.Service {
		lines[0] = w.Say(words.WishPinService)
	}
	if place := Clean(p.Place, MaxName); place != "" {
		lines = append(lines, w.Say(words.PinForGroup, place))
	} else {
		lines = append(lines, w.Say(words.PinForRep))
	}
	if !p.Until.IsZero() {
		lines = append(lines, w.Say(words.PinUntil, p.Until.Local().Format("2006-01-02 15:04")))
	}
	return strings.Join(lines, "\n")
}

// wish is what is to be sent.
func (f File) wish(w words.Words) string {
	if f.Out {
		return w.Say(words.WishFileOut)
	}
	return strings.Join([]string{
		w.Say(words.WishFileIn), w.Say(words.FileName, Clean(f.Name, MaxName)), w.Say(words.FileSize, bytesOf(f.Size)),
	}, "\n")
}

// bytesOf is a size as people read it.
func bytesOf(n uint64) string {
	const k = 1024
	size, unit := float64(n), ""
	for _, unit = range []string{"B", "KiB", "MiB", "GiB"} {
		if size < k || unit == "GiB" {
			break
		}
		size /= k
	}
	if unit == "B" || size >= 100 {
		return fmt.Sprintf("%.0f %s", size, unit)
	}
	return fmt.Sprintf("%.1f %s", size, unit)
}

// hint says how what is allowed ends.
func (r ConsentRequest) hint() words.ID {
	switch {
	case r.Pin != nil:
		return words.PinHint
	case r.File != nil && r.File.Out:
		return words.FileHintOut
	case r.File != nil:
		return words.FileHintIn
	}
	if r.Restart {
		return words.RestartHint
	}
	if r.Elevate {
		return words.ElevateHint
	}
	return words.ConsentHint
}

// plain is the whole question as text for a dialog of the system.
func (r ConsentRequest) plain(w words.Words) string {
	silence := words.SilenceIsNo
	if r.SilenceAllows {
		silence = words.SilenceIsYes
	}
	return wrap(fmt.Sprintf("%s\n%s\n\n%s\n%s\n\n%s\n%s", r.who(w), r.from(w), r.wish(w), w.Say(words.AllowIt),
		w.Say(r.hint()), w.Say(silence, spell(w, r.Timeout))))
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
