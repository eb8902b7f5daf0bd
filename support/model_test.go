package support

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// model is the machine under some rules with those who use it: the endpoint, its
// user, IT and the broker, who are no reps, and a cast of reps.
type model struct {
	rules
	reps        []Rep // with an account; the first starts the session
	guests      []Rep
	invitations int // that stand at a time, at most
}

// world is a session with what the properties know about it by themselves.
type world struct {
	Session
	now time.Time
	past
}

// past is what happened to a session, told by the commands alone.
type past struct {
	first             Verb
	entered           string // the queue that the request entered
	approved, allowed bool
	ends              int         // terminal events
	made              int         // invitations so far
	stand             []standing  // in the order in which they were made
	gone              string      // id of one that does not stand any more
	wanted            bool        // the customer of a chat is asked to run the client
	came              map[Rep]int // when each in the session came; only ever copied
	moments           int
}

// standing is an invitation and the reps for whom it is gone.
type standing struct {
	id, to   string
	transfer bool
	until    time.Time // zero: it is to no guest
	barred   []string
}

func (m model) guest(id string) bool {
	return slices.ContainsFunc(m.guests, func(r Rep) bool { return r.ID == id })
}

func (m model) everybody() []Rep { return slices.Concat(m.reps, m.guests) }

func (m model) root() world { return world{Session: Session{}, now: t0} }

// moves are the commands that are tried in a world, by everybody who might.
func (m model) moves(w world) []Command {
	var all []Command
	add := func(c Command) {
		c.At, c.External = w.now.Add(time.Second), m.guest(c.Actor.ID)
		all = append(all, c)
	}
	for _, v := range []Verb{Start, Request, Approve, Reject, Offer, Allow, Decline, Cancel, Lose, Regain, End, Vanish, Return} {
		switch {
		case v == Start || v == Offer || v == Allow:
			add(Command{Verb: v, Terms: Terms{Permissions: terms().Permissions, ConsentTimeout: DefaultConsentTimeout}})
		case v == Approve:
			add(Command{Verb: v, Rep: m.reps[0]})
		case w.has(m.rules, v):
			add(Command{Verb: v})
			if v == Request {
				add(Command{Verb: v, Queue: "e"})
			}
		}
	}
	add(Command{Verb: Visit, Successor: Successor{Queue: "q"}})
	add(Command{Verb: Visit, Successor: Successor{Rep: m.reps[0]}})
	add(Command{Verb: Visit, Successor: Successor{Rep: m.reps[0], Queue: "q"}})
	if w.Phase == Waiting || w.Phase == Chatting || w.Phase == AwaitingConsent {
		for _, r := range m.everybody() {
			for _, v := range []Verb{RunClient, Resume, Hold, End, Vanish, Decline} {
				add(by(r, v))
			}
		}
		add(Command{Verb: Invite, Actor: m.reps[0], Invitation: Invitation{ID: "i", Team: "t"}})
	}
	if w.Phase == Chatting {
		m.orphans(w, add, &all)
	}
	if w.Phase != Active && w.Phase != Held {
		for _, r := range m.everybody() {
			add(by(r, Allow))
			add(by(r, Cancel))
			add(answer(r, TakeOver, ""))
		}
		return all
	}
	m.orphans(w, add, &all)
	ids := []string{"", "none", w.gone}
	for _, i := range w.stand {
		ids = append(ids, i.id)
	}
	for _, i := range w.stand {
		add(Command{Verb: LapseInvitation, InvitationID: i.id})
		if i.until.After(w.now) {
			to := Rep{ID: i.to}
			for _, c := range []Command{{Verb: LapseInvitation}, {Verb: LapseInvitation, Actor: to, External: true}, {Verb: Join, Actor: to, External: true}} {
				c.InvitationID, c.At = i.id, i.until
				all = append(all, c)
			}
		}
	}
	for _, r := range m.everybody() {
		for _, v := range []Verb{Hold, Resume, End, Leave, Vanish} {
			add(by(r, v))
		}
		for _, v := range []Verb{Uninvite, Join, DeclineInvitation, TakeOver} {
			for _, id := range ids {
				add(answer(r, v, id))
			}
		}
		for _, other := range append(m.everybody(), Rep{}) {
			add(about(r, Remove, other))
			add(about(r, Pass, other))
		}
		if len(w.stand) < m.invitations {
			m.invites(w, r, add)
		}
	}
	return all
}

func (m model) orphans(w world, add func(Command), all *[]Command) {
	for _, to := range append([]Successor{{}, {Queue: "q"}}, heirs(m.everybody())...) {
		add(Command{Verb: Orphan, Successor: to})
		if !w.OwnerLostAt.IsZero() {
			c := Command{Verb: Orphan, Successor: to, At: w.OwnerLostAt.Add(OwnerGrace)}
			if c.At.Before(w.now) {
				c.At = w.now
			}
			*all = append(*all, c)
		}
	}
}

func (m model) invites(w world, r Rep, add func(Command)) {
	id := fmt.Sprint("i", w.made)
	for _, transfer := range []bool{false, true} {
		add(Command{Verb: Invite, Actor: r, Invitation: Invitation{ID: id, Team: "t", Transfer: transfer}})
		for _, to := range m.everybody() {
			i := Invitation{ID: id, To: to.ID, External: m.guest(to.ID), Transfer: transfer}
			if i.External {
				i.Until = w.now.Add(GuestTime)
			}
			add(Command{Verb: Invite, Actor: r, Invitation: i})
			if r != w.Rep {
				break // whoever is no owner is refused for that
			}
		}
	}
}

// has leaves out what has no row, which a test of its own looks at.
func (w world) has(r rules, v Verb) bool { return r.has(w.Phase, v) }

func heirs(reps []Rep) (all []Successor) {
	for _, r := range reps {
		all = append(all, Successor{Rep: r})
	}
	return all
}

// step applies a command and says what is wrong with what came of it.
func (m model) step(w world, c Command) (next world, happened []byte, wrong string) {
	s := w.Session
	if c.Verb == Start {
		s.Rep = m.reps[0]
	}
	s, events, err := m.apply(s, c)
	switch legal := m.legal(w, c); {
	case err != nil && legal:
		return w, nil, "is refused: " + err.Error()
	case err == nil && !legal:
		return w, nil, "is let through"
	case err != nil:
		return w, nil, ""
	}
	next = world{s, c.At, w.after(c, s)}
	for _, e := range events {
		happened = append(happened, byte(e))
		if e == TearDown || e == Closed {
			next.ends++
		}
	}
	return next, happened, m.wrong(w, c, next, events)
}

// after is the past with one command more.
func (p past) after(c Command, s Session) past {
	if p.first == 0 {
		p.first = c.Verb
	}
	p.entered += c.Queue // of the one Request
	p.approved = p.approved || c.Verb == Approve
	p.allowed = p.allowed || c.Verb == Allow
	p.wanted = c.Verb == RunClient || p.wanted && (c.Verb == Lose || c.Verb == Regain || c.Verb == Vanish || c.Verb == Return)
	before := p.stand
	switch c.Verb {
	case Invite:
		p.made++
		p.stand = append(slices.Clip(p.stand), standing{id: c.Invitation.ID, to: c.Invitation.To, transfer: c.Invitation.Transfer, until: c.Invitation.Until})
	case Uninvite, LapseInvitation:
		p.drop(func(i standing) bool { return i.id == c.InvitationID })
	case Join:
		p.drop(func(i standing) bool { return i.id == c.InvitationID || i.to == c.Actor.ID && !i.transfer })
	case DeclineInvitation:
		p.bar(c.Actor.ID, c.InvitationID)
		p.drop(func(i standing) bool { return i.id == c.InvitationID && i.to != "" })
	case Remove:
		p.bar(c.Target, "")
		p.drop(func(i standing) bool { return i.to == c.Target })
	case TakeOver, Orphan:
		p.stand = nil
	default:
		if s.Phase.Final() {
			p.stand = nil
		}
	}
	for _, i := range before {
		if !slices.ContainsFunc(p.stand, func(j standing) bool { return i.id == j.id }) {
			p.gone = i.id
		}
	}
	p.moments++
	was := p.came
	p.came = map[Rep]int{}
	for _, r := range in(s) {
		p.came[r] = p.moments
		if at, ok := was[r]; ok {
			p.came[r] = at
		}
	}
	return p
}

func (p *past) drop(gone func(standing) bool) {
	p.stand = slices.DeleteFunc(slices.Clone(p.stand), gone)
}

// bar makes a team's invitations, or one of them, gone for a rep.
func (p *past) bar(rep, id string) {
	p.stand = slices.Clone(p.stand)
	for n, i := range p.stand {
		if i.to == "" && (id == "" || id == i.id) {
			p.stand[n].barred = append(slices.Clip(i.barred), rep)
		}
	}
}

// late reports whether a guest may not come any more.
func (i standing) late(at time.Time) bool { return !i.until.IsZero() && !at.Before(i.until) }

// in lists who is in a session.
func in(s Session) (all []Rep) {
	if s.Phase.Final() {
		return nil
	}
	if s.Rep.ID != "" {
		all = append(all, s.Rep)
	}
	for _, p := range s.Participants {
		all = append(all, p.Rep)
	}
	return all
}

// key tells worlds apart that have another future. Reps with an account who stand
// alike are alike, whatever their names are; times do not count but in the order
// in which reps came.
func (m model) key(w world) string {
	names := map[string]byte{"": '-'}
	for n, g := range m.guests {
		names[g.ID] = 'A' + byte(n)
	}
	var outside []Rep
	for _, r := range m.reps {
		if !w.In(r.ID) {
			outside = append(outside, r)
		}
	}
	n := byte('a')
	for _, r := range in(w.Session) {
		if !m.guest(r.ID) {
			names[r.ID] = n
			n++
		}
	}
	// Those outside differ by what is offered to them.
	slices.SortFunc(outside, func(a, b Rep) int { return cmp.Compare(w.signature(a), w.signature(b)) })
	for _, r := range outside {
		names[r.ID] = n
		n++
	}
	var b strings.Builder
	fmt.Fprint(&b, w.Phase, w.LostAt.IsZero(), w.OwnerLostAt.IsZero(), w.Queue != "")
	if w.Phase < Active || w.Phase == Chatting {
		fmt.Fprint(&b, w.first, w.approved, w.wanted, w.entered)
	}
	rank := 0
	for _, p := range w.Participants {
		b.WriteByte(names[p.ID])
		if p.JoinedAt.Before(w.JoinedAt) {
			rank++
		}
	}
	b.WriteByte('0' + byte(rank))
	b.WriteByte(names[w.Rep.ID])
	b.WriteByte(names[w.Control])
	var offers []string
	for _, i := range w.stand {
		kind := []byte{names[i.to], '.'}
		if i.transfer {
			kind[1] = '!'
		}
		if i.late(w.now.Add(time.Second)) {
			kind[1] = 'x'
		}
		for _, r := range m.everybody() {
			if slices.Contains(i.barred, r.ID) {
				kind = append(kind, names[r.ID])
			}
		}
		slices.Sort(kind[2:])
		offers = append(offers, string(kind))
	}
	slices.Sort(offers)
	b.WriteString(strings.Join(offers, ","))
	return b.String()
}

// signature is what is offered to a rep outside.
func (w world) signature(r Rep) string {
	var all []string
	for _, i := range w.stand {
		all = append(all, fmt.Sprint(i.to == "", i.to == r.ID, i.transfer, slices.Contains(i.barred, r.ID), len(i.barred)))
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}
