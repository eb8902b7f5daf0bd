package support

import "slices"

// rules are everything that decides what a command does, in one place so that
// the tests can show what they notice when a rule is another one.
type rules struct {
	rows   []Transition
	rights []Right
	meets  func(Session, Guard, Command) bool
	fits   func(Session, Command) error
	enter  func(Session, Phase, Command) Session
}

func standard() rules {
	return rules{rows: table[:], rights: rights[:], meets: Session.meets, fits: Session.fits, enter: Session.enter}
}

// apply decides in this order: the phase, who it is, what the command says and
// the state of everything else.
func (r rules) apply(s Session, c Command) (Session, []Event, error) {
	refuse := func(err error) (Session, []Event, error) {
		return s, nil, &refusal{c.Verb, s.Phase, err}
	}
	if !r.has(s.Phase, c.Verb) {
		switch {
		case s.Phase.Final():
			return refuse(ErrOver)
		case s.ChatOnly() && r.has(Active, c.Verb):
			return refuse(ErrNotInMode)
		}
		return refuse(ErrIllegal)
	}
	if err := r.may(s, c); err != nil {
		return refuse(err)
	}
	if err := r.fits(s, c); err != nil {
		return refuse(err)
	}
	for _, t := range r.rows {
		if t.From == s.Phase && t.Verb == c.Verb && r.meets(s, t.If, c) {
			return r.enter(s, t.To, c), slices.Clone(t.Events), nil
		}
	}
	return refuse(ErrIllegal)
}

// has reports whether there is a row for the verb.
func (r rules) has(from Phase, v Verb) bool {
	return slices.ContainsFunc(r.rows, func(t Transition) bool { return t.From == from && t.Verb == v })
}

func (r rules) may(s Session, c Command) error {
	i := slices.IndexFunc(r.rights, func(x Right) bool { return x.Verb == c.Verb })
	if i < 0 {
		return ErrIllegal
	}
	switch r.rights[i].Roles[s.role(c)] {
	case Allowed:
		return nil
	case Invited:
		if s.offered(c) {
			return nil
		}
		return s.missing(c)
	case Holder:
		if s.Control == c.Actor.ID && c.Target == s.Rep.ID {
			return nil
		}
	case Refused:
	}
	return r.rights[i].Err
}
