package support

import (
	"errors"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

var rob = Rep{"r", "Rob"}

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	view    = wirepb.Permission_PERMISSION_VIEW
	control = wirepb.Permission_PERMISSION_CONTROL
	// valid is how long a Yes of the exploration holds over lost links, where it
	// is bounded: less than the grace, so that both ends are reached.
	valid = time.Minute
)

func terms() Terms {
	return Terms{Permissions: []wirepb.Permission{view, control}, MaxDuration: time.Hour, ConsentTimeout: DefaultConsentTimeout}
}

// commands are all ways in which a verb may come at a time.
func commands(v Verb, at time.Time) []Command {
	c := Command{Verb: v, At: at, By: wirepb.EndedBy_ENDED_BY_REP}
	if v == Hold || v == Resume || v == RunClient {
		c.Actor = rob
	}
	switch v {
	case Start, Offer:
		c.Terms = terms()
	case Approve:
		c.Rep = rob
	case Visit:
		c.Successor.Rep = rob
	case Allow:
		c.Terms.Permissions = []wirepb.Permission{view}
		bounded := c
		bounded.ValidUntil = at.Add(valid)
		return []Command{c, bounded}
	default:
	}
	return []Command{c}
}

// row names one of the table.
type row struct {
	from Phase
	verb Verb
}

// path is how a session came about, as far as anything is said about it.
type path struct {
	first                                             Verb
	approved, allowed, declined                       uint8
	asks, opens, tearDowns, closes                    uint8
	approvedLate, allowedWithoutRep, unasked, sinceNo bool
}

func (p path) after(s Session, c Command, events []Event) path {
	if p.first == 0 {
		p.first = c.Verb
	}
	p.sinceNo = p.declined > 0
	switch c.Verb {
	case Approve:
		p.approved++
		p.approvedLate = p.approvedLate || p.allowed > 0
	case Allow:
		p.allowed++
		p.unasked = p.unasked || p.asks == 0
	case Decline:
		p.declined++
	default:
	}
	p.allowedWithoutRep = p.allowedWithoutRep || p.first != Start && p.allowed > 0 && s.Rep.ID == ""
	for _, e := range events {
		switch e {
		case Ask:
			p.asks++
		case Open:
			p.opens++
		case TearDown:
			p.tearDowns++
		case Closed:
			p.closes++
		default:
		}
	}
	if p.first == Visit { // it may be asked any number of times: more are like two
		p.asks, p.declined = min(p.asks, 2), min(p.declined, 2)
	}
	return p
}

// place is everything about a session that decides what may follow, with times
// from now on: two sessions at the same place have the same future. There are
// finitely many, so that every sequence of commands, however long, is explored.
type place struct {
	phase                                           Phase
	lapses, answer, valid, expires, ends, lost, yes time.Duration
	spared, rep                                     bool
	permissions                                     int
	path
}

func placeOf(s Session, now time.Time, p path) place {
	const never = -time.Hour
	left := func(t time.Time) time.Duration {
		if t.IsZero() {
			return never
		}
		return max(t.Sub(now), 0)
	}
	x := place{
		phase: s.Phase, lapses: left(s.LapsesAt), answer: left(s.AnswerBy), valid: left(s.ValidUntil), expires: left(s.ExpiresAt),
		ends: left(s.EndsBy), lost: never, yes: never, spared: s.Spared, rep: s.Rep.ID != "", permissions: len(s.Permissions), path: p,
	}
	if s.Phase != Requested && s.Phase != Approved && s.Phase != Waiting && s.Phase != Chatting {
		x.lapses = never
	}
	if s.Phase != AwaitingConsent {
		x.answer = never
	}
	if s.Phase.Final() {
		x.valid, x.expires, x.ends = never, never, never
	}
	if !s.LostAt.IsZero() {
		x.lost = min(now.Sub(s.LostAt), ClaimGrace)
	}
	if !s.ConsentAt.IsZero() {
		x.yes = 0
	}
	return x
}

// moments are just before and at the next deadline.
func moments(s Session, now time.Time) []time.Time {
	deadlines := []time.Time{s.LapsesAt, s.AnswerBy, s.ValidUntil, s.ExpiresAt, s.EndsBy}
	if !s.LostAt.IsZero() {
		deadlines = append(deadlines, s.LostAt.Add(ClaimGrace))
	}
	var next time.Time
	for _, d := range deadlines {
		if d.After(now) && (next.IsZero() || d.Before(next)) {
			next = d
		}
	}
	if next.IsZero() || s.Phase.Final() {
		return nil
	}
	if early := next.Add(-time.Second); early.After(now) {
		return []time.Time{early}
	}
	return []time.Time{next}
}

// explore takes every command at every moment in every place that can be
// reached, and calls visit with each session and how it came about. It returns the
// rows of the table that were taken, too.
func explore(visit func(s Session, p path)) (places int, rows map[row]bool) {
	type at struct {
		s   Session
		now time.Time
		p   path
	}
	rows = map[row]bool{}
	seen := map[place]bool{}
	next := []at{{now: t0}}
	for len(next) > 0 {
		x := next[len(next)-1]
		next = next[:len(next)-1]
		k := placeOf(x.s, x.now, x.p)
		if seen[k] {
			continue
		}
		seen[k] = true
		visit(x.s, x.p)
		for _, moment := range moments(x.s, x.now) {
			next = append(next, at{x.s, moment, x.p})
		}
		for _, v := range Verbs() {
			if !standard().has(x.s.Phase, v) || v > CutOff {
				continue // refused, as a test of its own shows; or of several reps, who have theirs
			}
			for _, c := range commands(v, x.now) {
				s := x.s
				if c.Verb == Start {
					s.Rep = rob
				}
				if s, ev, err := s.Apply(c); err == nil {
					rows[row{x.s.Phase, v}] = true
					next = append(next, at{s, c.At, x.p.after(s, c, ev)})
				}
			}
		}
	}
	return len(seen), rows
}

// It holds what must be true of every session, whatever happened.
func TestC1_C2_I7_Q11_EveryPath(t *testing.T) {
	n, rows := explore(func(s Session, p path) {
		fail := func(what string) { t.Fatalf("%s: %s with %+v", what, s.Phase, p) }
		if s.Phase == Active || s.Phase == Held || p.opens > 0 {
			switch {
			case p.allowed != 1 || p.opens != 1 || s.ConsentAt.IsZero():
				fail("connected without consent")
			case p.unasked || p.asks != 1 && p.first != Visit:
				fail("connected without a question")
			case p.first == Request && (p.approved != 1 || p.approvedLate || p.allowedWithoutRep):
				fail("a customer's request is connected without approval before consent")
			case p.first != Request && p.approved != 0:
				fail("a rep's session has a second gate")
			}
		}
		final := uint8(0)
		if s.Phase.Final() {
			final = 1
			if s.EndedAt.IsZero() {
				fail("ended at no time")
			}
		}
		if p.tearDowns != final || p.closes != final {
			fail("torn down not exactly once at the end")
		}
		if p.declined > 0 && p.first != Visit && (s.Phase != Denied || p.sinceNo) {
			fail("something follows a No")
		}
		if d := s.Deadline(); s.Phase == Active && (d.IsZero() || d.After(s.ConsentAt.Add(s.MaxDuration))) {
			fail("the expiry moved")
		}
	})
	for _, r := range Transitions() {
		if r.Verb <= CutOff && !rows[row{r.From, r.Verb}] {
			t.Errorf("row %s --%s--> is dead", r.From, r.Verb)
		}
	}
	t.Logf("%d places, sequences of every length", n)
}

func TestWhatHasNoRowIsRefused(t *testing.T) {
	for _, p := range Phases() {
		for _, v := range Verbs() {
			if standard().has(p, v) {
				continue
			}
			for _, c := range commands(v, t0) {
				if s, ev, err := (Session{Phase: p}).Apply(c); err == nil || len(ev) > 0 || s.Phase != p {
					t.Errorf("%s in %s: %s, %v, %v", v, p, s.Phase, ev, err)
				}
			}
		}
	}
}

func TestFinalPhasesRefuseEverything(t *testing.T) {
	for _, p := range Phases() {
		if !p.Final() {
			continue
		}
		for _, v := range Verbs() {
			if _, _, err := (Session{Phase: p}).Apply(Command{Verb: v, At: t0}); !errors.Is(err, ErrOver) {
				t.Errorf("%s in %s: %v, want ErrOver", v, p, err)
			}
		}
	}
}
