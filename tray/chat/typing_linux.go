package chat

import (
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// types says that the person writes something, or that nothing is left of it.
func (v *view) types() {
	switch {
	case len(v.entry.Text) == 0:
		v.stop()
	case time.Since(v.told) >= typesEvery:
		v.told = time.Now()
		v.sign(Sign{Kind: Typing, Types: true})
	}
}

// stop says that the person writes no more, where it was said that they do.
func (v *view) stop() {
	if !v.told.IsZero() {
		v.told = time.Time{}
		v.sign(Sign{Kind: Typing})
	}
}

// others says which reps write now, and looks again when one of them is over; empty:
// nobody does.
func (v *view) others() string {
	v.lapse.Stop()
	names := []string{}
	var next time.Time
	for _, t := range v.state.Typing {
		if !t.Until.After(time.Now()) {
			continue
		}
		names = append(names, t.From)
		if next.IsZero() || t.Until.Before(next) {
			next = t.Until
		}
	}
	if len(names) > 0 {
		v.lapse.Reset(time.Until(next))
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		from := names[0]
		if from == "" {
			from = v.words.Say(words.Somebody)
		}
		return v.words.Say(words.ChatWrites, from)
	default:
		return v.words.Say(words.ChatWriting)
	}
}

// look says which messages can be seen now. A window that is not on the screen shows
// none, nor does one show what is scrolled away.
func (v *view) look() {
	if !v.mapped {
		return
	}
	var news []uint64
	area := v.history()
	y := v.top()
	for i, r := range v.rows {
		end := y + r.height() - bubbleGap
		m := v.state.Said[i]
		if m.Seq != 0 && !m.Own && !v.seen[m.Seq] && end <= area.Max.Y && end > area.Min.Y {
			v.seen[m.Seq] = true
			news = append(news, m.Seq)
		}
		y += r.height()
	}
	if len(news) > 0 {
		v.sign(Sign{Kind: Shown, Seen: news})
	}
}
