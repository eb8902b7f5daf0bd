package support

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

var (
	ann, bob, cid = Rep{"a", "Ann"}, Rep{"b", "Bob"}, Rep{"c", "Cid"}
	eve           = Rep{"e", "Eve"} // has no account
)

// crew is a session that rob owns, with commands that have to succeed, one each
// second.
type crew struct {
	t *testing.T
	Session
	now    time.Time
	events []Event
}

func newCrew(t *testing.T, steps ...Command) *crew {
	t.Helper()
	x := &crew{t: t, Session: run(t, start(), allow(time.Second)), now: t0.Add(time.Second)}
	x.do(steps...)
	return x
}

func (x *crew) try(c Command) error {
	x.t.Helper()
	if c.At.IsZero() {
		x.now = x.now.Add(time.Second)
		c.At = x.now
	}
	before := fmt.Sprintf("%+v", x.Session)
	next, events, err := x.Apply(c)
	if got := fmt.Sprintf("%+v", x.Session); got != before {
		x.t.Fatalf("%s changed the session it was given:\n%s\n%s", c.Verb, before, got)
	}
	x.Session, x.events = next, events
	return err
}

func (x *crew) do(steps ...Command) {
	x.t.Helper()
	for _, c := range steps {
		if err := x.try(c); err != nil {
			x.t.Fatalf("%+v: %v", c, err)
		}
	}
}

func (x *crew) refused(want error, steps ...Command) {
	x.t.Helper()
	for _, c := range steps {
		if err := x.try(c); !errors.Is(err, want) {
			x.t.Fatalf("%s by %s: %v, want %v", c.Verb, c.Actor.Name, err, want)
		}
	}
}

// is checks who is in the session, the owner first, and who controls.
func (x *crew) is(p Phase, control string, in ...string) {
	x.t.Helper()
	got := []string{x.Rep.ID}
	for _, p := range x.Participants {
		got = append(got, p.ID)
	}
	if x.Phase != p || x.Control != control || !slices.Equal(got, in) {
		x.t.Fatalf("%s, %v, control %q; want %s, %v, control %q", x.Phase, got, x.Control, p, in, control)
	}
}

func (x *crew) happened(want ...Event) {
	x.t.Helper()
	if !slices.Equal(x.events, want) {
		x.t.Fatalf("%v, want %v", x.events, want)
	}
}

func invite(by, to Rep) Command {
	i := Invitation{ID: "to-" + to.ID, To: to.ID, External: to == eve}
	if i.External {
		i.Until = t0.Add(GuestTime)
	}
	return Command{Verb: Invite, Actor: by, Invitation: i}
}

func inviteTeam(by Rep, id string) Command {
	return Command{Verb: Invite, Actor: by, Invitation: Invitation{ID: id, Team: "t"}}
}

func offer(c Command) Command {
	c.Invitation.Transfer = true
	return c
}

// anew is an invitation by another id: each has one of its own.
func anew(c Command) Command {
	c.Invitation.ID += "-anew"
	return c
}

func by(actor Rep, v Verb) Command { return Command{Verb: v, Actor: actor, External: actor == eve} }

func answer(actor Rep, v Verb, id string) Command {
	c := by(actor, v)
	c.InvitationID = id
	return c
}

func about(actor Rep, v Verb, target Rep) Command {
	c := by(actor, v)
	c.Target = target.ID
	return c
}

// with lets reps come in one after the other.
func with(reps ...Rep) (all []Command) {
	for _, r := range reps {
		all = append(all, invite(rob, r), answer(r, Join, "to-"+r.ID))
	}
	return all
}
