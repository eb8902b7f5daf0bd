package support

import (
	"slices"
	"time"
)

// shareable are the conditions of the verbs of several reps on one session.
func (s Session) shareable(c Command) error {
	i, ok := s.invitation(c.InvitationID)
	switch c.Verb {
	case Invite:
		return s.invitable(c)
	case Uninvite:
		if !ok {
			return s.missing(c)
		}
	case LapseInvitation:
		return legal(ok && i.over(c.At))
	case Join:
		switch {
		case i.over(c.At):
			return ErrInvitationGone
		case i.Transfer, i.External && !s.Runs():
			return ErrIllegal // nobody would be there for a guest
		case len(s.Participants) >= MaxParticipants:
			return ErrFull
		}
	case TakeOver:
		switch {
		case s.Queue != "":
			return nil
		case !i.Transfer:
			return ErrIllegal
		case s.place(c.Actor.ID) < 0 && len(s.Participants) >= MaxParticipants:
			return ErrFull
		}
	case Leave, Remove:
		if s.place(c.goes()) < 0 {
			return ErrNotParticipant
		}
	case Pass:
		if c.Target != "" && !s.In(c.Target) {
			return ErrNotParticipant
		}
	case Vanish:
		return legal(s.Rep.ID != "" && s.OwnerLostAt.IsZero())
	case Return:
		return legal(!s.OwnerLostAt.IsZero())
	case Orphan:
		heir, _ := s.heir()
		return legal(s.Orphaned(c.At) && c.Successor.Rep.ID == heir.ID)
	default:
	}
	return nil
}

func legal(ok bool) error {
	if ok {
		return nil
	}
	return ErrIllegal
}

func (s Session) invitable(c Command) error {
	i := c.Invitation
	duplicate := func(old Invitation) bool { return old.ID == i.ID || i.To != "" && old.To == i.To }
	switch {
	case i.ID == "", (i.To == "") == (i.Team == ""), i.External && (i.Transfer || i.To == ""), i.External == i.Until.IsZero(), i.over(c.At):
		return ErrIllegal
	case slices.ContainsFunc(s.Invitations, duplicate), slices.Contains(s.Taken, i.ID), i.To == s.Rep.ID:
		return ErrDuplicateInvitation
	case len(s.Invitations) >= MaxInvitations:
		return ErrFull
	}
	if n := s.place(i.To); i.To != "" && n >= 0 {
		switch {
		case !i.Transfer:
			return ErrDuplicateInvitation
		case s.Participants[n].External:
			return ErrIllegal
		}
	}
	return nil
}

// share is what the verbs of several reps do to the session.
func (s Session) share(c Command) Session {
	i, _ := s.invitation(c.InvitationID)
	switch c.Verb {
	case Invite:
		i = c.Invitation
		i.From, i.SentAt, i.Declined = s.Rep, c.At, nil
		s.Invitations = append(slices.Clip(s.Invitations), i)
	case Uninvite, LapseInvitation:
		s = s.uninvite(func(i Invitation) bool { return i.ID == c.InvitationID })
	case DeclineInvitation:
		if i.To == "" {
			return s.hide(c.Actor.ID, func(i Invitation) bool { return i.ID == c.InvitationID })
		}
		s = s.uninvite(func(i Invitation) bool { return i.ID == c.InvitationID })
	case Join:
		s = s.take(i.ID).insert(Participant{Rep: c.Actor, External: i.External, JoinedAt: c.At})
		s = s.uninvite(func(i Invitation) bool { return i.To == c.Actor.ID && !i.Transfer })
	case TakeOver:
		s = s.own(c.Actor, c.At, c.InvitationID)
	case Leave:
		s = s.without(c.goes())
	case Remove:
		s = s.without(c.Target).uninvite(func(i Invitation) bool { return i.To == c.Target })
		s = s.hide(c.Target, func(i Invitation) bool { return i.To == "" })
	case Pass:
		s.Control = c.Target
	case Vanish:
		s.OwnerLostAt = c.At
	case Return:
		s.OwnerLostAt = time.Time{}
	default:
	}
	return s
}

// own makes a rep the owner. The one before stays in the session; what they
// offered does not stand any more.
func (s Session) own(rep Rep, at time.Time, invitation string) Session {
	before := Participant{Rep: s.Rep, JoinedAt: s.JoinedAt}
	if n := s.place(rep.ID); n >= 0 {
		at = s.Participants[n].JoinedAt
		s.Participants = slices.Delete(slices.Clone(s.Participants), n, n+1)
	}
	if before.ID != "" {
		s = s.take(invitation).insert(before)
	}
	s.Rep, s.JoinedAt, s.Control = rep, at, rep.ID
	s.Invitations, s.Queue, s.OwnerLostAt, s.HeldAt = nil, "", time.Time{}, time.Time{}
	return s
}

// insert adds a participant behind those who came before.
func (s Session) insert(p Participant) Session {
	n := slices.IndexFunc(s.Participants, func(q Participant) bool { return q.JoinedAt.After(p.JoinedAt) })
	if n < 0 {
		n = len(s.Participants)
	}
	s.Participants = slices.Insert(slices.Clone(s.Participants), n, p)
	return s
}

// without takes a rep out. What they controlled goes back to the owner; guests do
// not stay alone.
func (s Session) without(rep string) Session {
	s.Participants = slices.DeleteFunc(slices.Clone(s.Participants), func(p Participant) bool { return p.ID == rep })
	return s.chaperoned()
}

// chaperoned takes the guests out of a held session without a rep, and the
// control token back from everybody who is out.
func (s Session) chaperoned() Session {
	if s.Phase == Held && s.reps() == 0 {
		s.Participants = nil
	}
	if s.Control != "" && !s.In(s.Control) {
		s.Control = s.Rep.ID
	}
	return s
}

// take notes that an invitation was accepted, so that whoever comes second hears
// that.
func (s Session) take(id string) Session {
	s = s.uninvite(func(i Invitation) bool { return i.ID == id })
	s.Taken = append(slices.Clip(s.Taken), id)
	s.Taken = s.Taken[max(0, len(s.Taken)-MaxInvitations):]
	return s
}

func (s Session) uninvite(gone func(Invitation) bool) Session {
	s.Invitations = slices.DeleteFunc(slices.Clone(s.Invitations), gone)
	return s
}

// hide takes invitations to teams from the eyes of a rep.
func (s Session) hide(rep string, which func(Invitation) bool) Session {
	s.Invitations = slices.Clone(s.Invitations)
	for n, i := range s.Invitations {
		if which(i) && !slices.Contains(i.Declined, rep) {
			s.Invitations[n].Declined = append(slices.Clip(i.Declined), rep)
		}
	}
	return s
}
