package support

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// mutation is one wrong rule.
type mutation struct {
	name   string
	change func(*rules)
}

// mutateRow changes the rows of a phase and a verb; nil removes them.
func mutateRow(from Phase, v Verb, change func(*Transition)) func(*rules) {
	return func(r *rules) {
		if change == nil {
			r.rows = slices.DeleteFunc(r.rows, func(t Transition) bool { return t.From == from && t.Verb == v })
		}
		for n := range r.rows {
			if r.rows[n].From == from && r.rows[n].Verb == v {
				change(&r.rows[n])
			}
		}
	}
}

func lacks(e Event) func(*Transition) {
	return func(t *Transition) {
		t.Events = slices.DeleteFunc(slices.Clone(t.Events), func(x Event) bool { return x == e })
	}
}

func to(p Phase) func(*Transition) { return func(t *Transition) { t.To = p } }

func addRow(t Transition) func(*rules) { return func(r *rules) { r.rows = append(r.rows, t) } }

// claim gives roles another claim to a verb.
func claim(v Verb, c Claim, roles ...Role) func(*rules) {
	return func(r *rules) {
		for n := range r.rights {
			for _, role := range roles {
				if r.rights[n].Verb == v {
					r.rights[n].Roles[role] = c
				}
			}
		}
	}
}

// mutateFits changes the conditions of a verb.
func mutateFits(v Verb, change func(s Session, c Command, err error) error) func(*rules) {
	return func(r *rules) {
		right := r.fits
		r.fits = func(s Session, c Command) error {
			err := right(s, c)
			if c.Verb == v {
				err = change(s, c, err)
			}
			return err
		}
	}
}

// mutateEnter changes what a verb does to a session.
func mutateEnter(v Verb, change func(before, after Session, c Command) Session) func(*rules) {
	return func(r *rules) {
		right := r.enter
		r.enter = func(s Session, p Phase, c Command) Session {
			if c.Verb != v {
				return right(s, p, c)
			}
			return change(s, right(s, p, c), c)
		}
	}
}

func mutations() []mutation {
	anybody := []Role{RoleOwner, RoleParticipant, RoleExternal, RoleOther}
	return []mutation{
		{"an approved request needs no Yes", mutateRow(Approved, Offer, to(Active))},
		{"a request needs no approval", addRow(Transition{Requested, Offer, Always, AwaitingConsent, []Event{Recorded, Ask}})},
		{"an approved request goes on waiting in its queue", mutateEnter(Approve, func(before, s Session, _ Command) Session {
			s.Queue = before.Queue
			return s
		})},
		{"a request enters no queue", mutateEnter(Request, func(_, s Session, _ Command) Session {
			s.Queue = ""
			return s
		})},
		{"the queue of a request is not its first", mutateEnter(Request, func(_, s Session, _ Command) Session {
			s.FirstQueue = ""
			return s
		})},
		{"a rep says Yes for the customer", claim(Allow, Allowed, anybody...)},
		{"an end leaves no terminal record", mutateRow(Active, End, lacks(Closed))},
		{"an end tears nothing down", mutateRow(Held, End, lacks(TearDown))},
		{"a hold tears down", mutateRow(Active, Hold, func(t *Transition) { t.Events = append(slices.Clip(t.Events), TearDown) })},
		{"a session goes on after its end", addRow(Transition{Ended, Regain, Always, Active, []Event{Recorded}})},
		{"a hold stops the picture of the others", mutateRow(Active, Hold, func(t *Transition) { t.If = Always })},
		{"a hold does not tell the endpoint", mutateRow(Active, Hold, lacks(Park))},
		{"nobody can leave a held session", mutateRow(Held, Leave, nil)},
		{"who is removed goes on looking", mutateRow(Active, Remove, lacks(Expel))},
		{"who joins cannot look", mutateRow(Active, Join, lacks(Admit))},
		{"who joins is not on the banner", mutateRow(Active, Join, lacks(Introduce))},
		{"nobody hears of another owner", mutateRow(Active, TakeOver, lacks(Own))},
		{"queues do not hear of an invitation", mutateRow(Held, Invite, lacks(Invitations))},
		{"what is in a queue goes on", mutateRow(Active, Orphan, func(t *Transition) {
			if t.If == ToQueue {
				t.To = Active
			}
		})},
		{"participants invite", claim(Invite, Allowed, RoleParticipant)},
		{"participants end", claim(End, Allowed, RoleParticipant)},
		{"participants hold", claim(Hold, Allowed, RoleParticipant)},
		{"anybody removes", claim(Remove, Allowed, anybody...)},
		{"guests take over", claim(TakeOver, Invited, RoleExternal)},
		{"a holder passes the control token on", claim(Pass, Allowed, RoleParticipant)},
		{"anybody joins", claim(Join, Allowed, RoleOther)},
		{"a rep takes over without an offer", claim(TakeOver, Allowed, RoleParticipant)},
		{"anybody takes invitations back", claim(Uninvite, Allowed, anybody...)},
		{"a rep is invited twice", mutateFits(Invite, func(_ Session, _ Command, _ error) error { return nil })},
		{"invitations time out", mutateFits(Join, func(s Session, c Command, err error) error {
			if i, ok := s.invitation(c.InvitationID); ok && c.At.Sub(i.SentAt) > 7*24*time.Hour {
				return ErrInvitationGone
			}
			return err
		})},
		{"a guest comes when they like", mutateFits(Join, func(s Session, c Command, err error) error {
			if i, ok := s.invitation(c.InvitationID); ok && i.over(c.At) {
				return nil
			}
			return err
		})},
		{"the time of every invitation is over", mutateFits(LapseInvitation, func(Session, Command, error) error { return nil })},
		{"guests send guests away", claim(LapseInvitation, Allowed, RoleExternal)},
		{"an owner has no time to come back", mutateFits(Orphan, func(s Session, c Command, _ error) error {
			heir, _ := s.heir()
			return legal(!s.OwnerLostAt.IsZero() && c.Successor.Rep.ID == heir.ID)
		})},
		{"anybody inherits", mutateFits(Orphan, func(s Session, c Command, _ error) error { return legal(s.Orphaned(c.At)) })},
		{"the token goes to one outside", mutateFits(Pass, func(Session, Command, error) error { return nil })},
		{"ownership changes when it is offered", mutateEnter(Invite, func(_, s Session, c Command) Session {
			if c.Invitation.Transfer && c.Invitation.To != "" {
				s.Rep = Rep{ID: c.Invitation.To}
			}
			return s
		})},
		{"the owner before is thrown out", mutateEnter(TakeOver, func(before, s Session, _ Command) Session { return s.without(before.Rep.ID) })},
		{"invitations outlast a transfer", mutateEnter(TakeOver, func(before, s Session, _ Command) Session {
			s.Invitations = before.Invitations
			return s
		})},
		{"the control token stays behind at a transfer", mutateEnter(TakeOver, func(before, s Session, _ Command) Session {
			s.Control = before.Control
			return s
		})},
		{"the control token leaves with its holder", mutateEnter(Leave, func(before, s Session, _ Command) Session {
			s.Control = before.Control
			return s
		})},
		{"who is removed comes back by an old invitation", mutateEnter(Remove, func(before, s Session, c Command) Session {
			return before.without(c.Target)
		})},
		{"an invitation counts twice", mutateEnter(Join, func(before, s Session, _ Command) Session {
			s.Invitations = before.Invitations
			return s
		})},
		{"the last to come is taken for the first", mutateEnter(Join, func(_, s Session, _ Command) Session {
			s.Participants = slices.Clone(s.Participants)
			slices.Reverse(s.Participants)
			return s
		})},
		{"a hold takes invitations away", mutateEnter(Hold, func(_, s Session, _ Command) Session {
			s.Invitations = nil
			return s
		})},
		{"guests stay alone", mutateEnter(Hold, func(before, s Session, _ Command) Session {
			s.Participants = before.Participants
			return s
		})},
		{"somebody is left after the end", mutateEnter(End, func(before, s Session, _ Command) Session {
			s.Participants = before.Participants
			return s
		})},
		{"a chat shows the screen without a Yes", mutateRow(Chatting, Offer, to(Active))},
		{"a No ends a chat", mutateRow(AwaitingConsent, Decline, func(t *Transition) { t.If = Always; t.To = Denied; t.Events = end })},
		{"a client stays after a No", mutateRow(AwaitingConsent, Decline, func(t *Transition) {
			if t.If == Chat {
				lacks(Dismiss)(t)
			}
		})},
		{"anybody has the client run", claim(RunClient, Allowed, anybody...)},
		{"a client comes unasked", mutateFits(Offer, func(Session, Command, error) error { return nil })},
		{"a chat is held", addRow(Transition{Chatting, Hold, Always, Held, []Event{Recorded, Pause, Park}})},
		{"what was asked for outlasts a No", mutateEnter(Decline, func(before, s Session, _ Command) Session {
			if s.Phase == Chatting {
				s.Permissions = before.Permissions
			}
			return s
		})},
		{"who takes a chat does not have it", mutateEnter(TakeOver, func(before, s Session, _ Command) Session {
			if s.Phase == Chatting {
				s.Rep, s.Queue = before.Rep, before.Queue
			}
			return s
		})},
		{"the owner who vanished is still in it", mutateEnter(Orphan, func(before, s Session, c Command) Session {
			if c.Successor.Rep.ID == "" {
				return s
			}
			return s.insert(Participant{Rep: before.Rep, JoinedAt: before.JoinedAt})
		})},
	}
}

// Every wrong rule has to be noticed by the properties; where it is in a table the
// document tells as well.
func TestEveryWrongRuleIsNoticed(t *testing.T) {
	doc := document(t)
	for _, x := range mutations() {
		r := standard()
		r.rows, r.rights = slices.Clone(r.rows), slices.Clone(r.rights)
		x.change(&r)
		told := ""
		if !strings.Contains(doc, r.transitions()) || !strings.Contains(doc, r.whoMay()) {
			told = "; the document says otherwise"
		}
		f := small(r).explore(mutationDepth)
		if f.wrong == "" {
			t.Errorf("%s: not noticed in %d states%s", x.name, f.states, told)
			continue
		}
		t.Logf("%s: %s%s", x.name, f.wrong, told)
	}
}

// mutationDepth is as deep as the deepest wrong rule lies.
const mutationDepth = 8
