package indicator

import (
	"image"
	"slices"
	"time"
)

const (
	// coveredFor is for how long a banner may be out of sight before it counts as lost, as
	// on X11.
	coveredFor = time.Second
	// lateFor is for how long a banner may be seen as it was before: the compositor
	// draws later than it is told to.
	lateFor = time.Second
	// lateMost bounds how many former ones are kept: of more than a tray sends in lateFor.
	lateMost = 10
)

// Watch judges whether a banner counts as seen, by what pictures show. Several short times
// out of sight count together until it was seen for as long as it may be covered: to let
// it flash up gains nothing.
//
//	sought ──seen everywhere──▶ Seen ──not somewhere for coveredFor──▶ Lost ──seen everywhere──▶ Seen
//	   └─────────────────────coveredFor──────────────────────────────────▲
//
// It has no clock and no lock of its own.
type Watch struct {
	now    *Banner
	before []former

	verdict Verdict
	newest  bool          // what was seen last is what is sought now
	hidden  time.Time     // since when it cannot be seen; zero: it can
	clear   time.Time     // since when it can, again
	unseen  time.Duration // for how long it could not, of late
	blind   bool          // hidden since before there was a picture of it
}

type former struct {
	*Banner
	until time.Time
}

// Verdict is what is known of a banner.
type Verdict int

// Verdicts.
const (
	Unknown Verdict = iota
	Seen
	Lost
)

// Seek has a banner looked for, in place of the last one, which may still be seen for a
// while. Nil: none.
func (w *Watch) Seek(b *Banner, now time.Time) {
	if b == nil {
		*w = Watch{}
		return
	}
	if w.now == nil {
		w.hidden, w.blind = now, true
	} else {
		w.before = append(w.before, former{w.now, now.Add(lateFor)})
		w.before = w.before[max(0, len(w.before)-lateMost):]
	}
	w.now, w.newest = b, false
}

// Newest reports whether what was seen last is what is sought now, and not what was before.
func (w *Watch) Newest() bool { return w.newest }

// Touches reports whether a change of the picture may be one of what is sought, or was.
func (w *Watch) Touches(change, monitor image.Rectangle) bool {
	return w.now != nil && w.now.Touches(change, monitor) ||
		slices.ContainsFunc(w.before, func(f former) bool { return f.Touches(change, monitor) })
}

// Judge takes whether a picture shows a banner on all of its monitors. A nil function:
// there is no picture, and what there was before says nothing any more.
func (w *Watch) Judge(shows func(*Banner) bool, now time.Time) Verdict {
	w.before = slices.DeleteFunc(w.before, func(f former) bool { return !now.Before(f.until) })
	switch {
	case w.now == nil:
		return Unknown
	case shows == nil:
		w.verdict, w.hidden, w.blind = Lost, now, true
	case shows(w.now):
		w.see(now)
		w.newest = true
	case w.verdict == Seen && slices.ContainsFunc(w.before, func(f former) bool { return shows(f.Banner) }):
		w.see(now)
	case w.hidden.IsZero():
		if w.hidden = now; now.Sub(w.clear) >= coveredFor {
			w.unseen = 0
		}
	}
	if !w.hidden.IsZero() && !now.Before(w.tooLong()) {
		w.verdict = Lost
	}
	return w.verdict
}

func (w *Watch) see(now time.Time) {
	if !w.hidden.IsZero() {
		if w.unseen += now.Sub(w.hidden); w.blind {
			w.unseen = 0
		}
		w.blind = false
		w.hidden, w.clear = time.Time{}, now
	}
	w.verdict = Seen
}

func (w *Watch) tooLong() time.Time { return w.hidden.Add(coveredFor - w.unseen) }

// Next is when to judge again even if nothing changes; zero: never.
func (w *Watch) Next() time.Time {
	var at time.Time
	if w.now != nil && !w.hidden.IsZero() && w.verdict != Lost {
		at = w.tooLong()
	}
	if len(w.before) > 0 && w.verdict == Seen {
		if late := w.before[0].until; at.IsZero() || late.Before(at) {
			at = late
		}
	}
	return at
}
