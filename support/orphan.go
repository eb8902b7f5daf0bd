package support

import "time"

// OwnerGrace is how long a session waits for an owner whose console is gone: a
// reload of the page, another network or a restarted browser fit in, and the
// person in front is not left with nobody for longer.
const OwnerGrace = time.Minute

// Successor is who owns a session whose owner did not come back: a rep, or the
// queue in which it waits for one; neither: it ends.
type Successor struct {
	Rep   Rep
	Queue string
}

// Orphaned reports whether an Orphan is due: the owner's console was not back in
// time. It is none of [Session.Tick]'s, which knows no queues.
func (s Session) Orphaned(at time.Time) bool {
	return (s.Phase == Active || s.Phase == Held || s.Phase == Chatting) && !s.OwnerLostAt.IsZero() && !at.Before(s.OwnerLostAt.Add(OwnerGrace))
}

// Successor is what an Orphan says: the rep who is in the session longest, else
// the last queue in which it waited, else the first, else the fallback, whichever
// of them still stands.
func (s Session) Successor(fallback string, stands func(queue string) bool) Successor {
	if rep, ok := s.heir(); ok {
		return Successor{Rep: rep}
	}
	for _, q := range []string{s.LastQueue, s.FirstQueue, fallback} {
		if q != "" && stands(q) {
			return Successor{Queue: q}
		}
	}
	return Successor{}
}

// heir is the rep who is in the session longest; guests never inherit.
func (s Session) heir() (Rep, bool) {
	for _, p := range s.Participants {
		if !p.External {
			return p.Rep, true
		}
	}
	return Rep{}, false
}

// orphan hands the session on. The owner who vanished is out.
func (s Session) orphan(to Successor, at time.Time) Session {
	s.Rep = Rep{}
	if to.Rep.ID != "" {
		return s.own(to.Rep, at, "")
	}
	s.JoinedAt, s.Control, s.Participants, s.Invitations, s.OwnerLostAt = time.Time{}, "", nil, nil, time.Time{}
	s.Queue, s.LastQueue = to.Queue, to.Queue
	if s.FirstQueue == "" {
		s.FirstQueue = to.Queue
	}
	switch {
	case s.Phase == Waiting:
		s.LapsesAt = at.Add(DecisionTime)
	case s.HeldAt.IsZero():
		s.HeldAt = at
	}
	return s
}
