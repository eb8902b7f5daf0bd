package support

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestO1_O19_O34_OnlyTheOwner(t *testing.T) {
	x := newCrew(t, with(ann, eve)...)
	x.do(inviteTeam(rob, "i"))
	for _, r := range []Rep{ann, eve, bob} {
		x.refused(ErrNotOwner, invite(r, cid), offer(inviteTeam(r, "j")), answer(r, Uninvite, "i"), about(r, Remove, ann), about(r, Pass, r),
			by(r, Hold), by(r, End))
	}
	x.refused(ErrNotParticipant, about(rob, Remove, rob), about(rob, Remove, bob), about(rob, Pass, bob), by(rob, Leave), by(bob, Leave))
	x.is(Active, "r", "r", "a", "e")
	x.do(by(rob, Hold))
	x.refused(ErrNotOwner, by(ann, Resume), by(eve, Resume), by(bob, Resume), by(ann, End))
}

func TestO2_InvitationsAreToOneRepOrOneTeam(t *testing.T) {
	x := newCrew(t)
	for _, i := range []Invitation{
		{ID: "i"},
		{ID: "i", To: "a", Team: "t"},
		{To: "a"},
		{ID: "i", To: "e", External: true, Transfer: true, Until: t0.Add(time.Hour)},
		{ID: "i", Team: "t", External: true, Until: t0.Add(time.Hour)},
		{ID: "i", To: "e", External: true},
		{ID: "i", To: "e", External: true, Until: t0},
		{ID: "i", To: "a", Until: t0.Add(time.Hour)},
	} {
		x.refused(ErrIllegal, Command{Verb: Invite, Actor: rob, Invitation: i})
	}
}

func TestO4_O5_O23_Q5_OwnershipChangesAtAcceptance(t *testing.T) {
	x := newCrew(t, with(ann)...)
	x.do(inviteTeam(rob, "i"), invite(rob, cid), offer(invite(rob, bob)), about(rob, Pass, ann))
	x.is(Active, "a", "r", "a")
	x.refused(ErrIllegal, answer(bob, Join, "to-b"), answer(cid, TakeOver, "to-c"))
	x.do(answer(rob, Uninvite, "to-c"), answer(bob, TakeOver, "to-b"))
	x.happened(Recorded, Own, Admit, Introduce, Invitations)
	x.is(Active, "b", "b", "r", "a")
	if len(x.Invitations) != 0 {
		t.Fatalf("still there: %+v", x.Invitations)
	}
	x.refused(ErrNotOwner, invite(rob, cid), by(rob, End))
	x.refused(ErrInvitationGone, answer(cid, Join, "i"))
	x.do(by(rob, Leave), invite(bob, cid))
	x.is(Active, "b", "b", "a")
}

func TestO4_TransferToAParticipant(t *testing.T) {
	x := newCrew(t, with(ann, bob)...)
	x.refused(ErrDuplicateInvitation, offer(invite(rob, bob)))
	x.do(anew(offer(invite(rob, bob))))
	x.refused(ErrInvitationGone, answer(ann, TakeOver, "to-b-anew"))
	x.do(answer(bob, TakeOver, "to-b-anew"))
	x.is(Active, "b", "b", "r", "a")
	x.do(offer(inviteTeam(bob, "i")), answer(rob, TakeOver, "i"))
	x.is(Active, "r", "r", "a", "b")
	x.refused(ErrAlreadyTaken, answer(ann, TakeOver, "i"))
}

func TestO9_O10_EachTeamInvitationIsForOne(t *testing.T) {
	x := newCrew(t, inviteTeam(rob, "i"), inviteTeam(rob, "j"))
	x.do(answer(ann, Join, "i"))
	x.refused(ErrAlreadyTaken, answer(bob, Join, "i"))
	x.refused(ErrInvitationGone, answer(ann, Join, "j"))
	x.do(answer(bob, Join, "j"))
	x.happened(Recorded, Admit, Introduce, Invitations)
	x.is(Active, "r", "r", "a", "b")
	if len(x.Invitations) != 0 {
		t.Fatalf("still there: %+v", x.Invitations)
	}
}

func TestO18_O22_O26_InvitationIsGone(t *testing.T) {
	x := newCrew(t, invite(rob, ann), answer(rob, Uninvite, "to-a"))
	x.happened(Recorded, Invitations)
	x.refused(ErrInvitationGone, answer(ann, Join, "to-a"), answer(rob, Uninvite, "to-a"))
	x.do(invite(rob, ann), answer(ann, DeclineInvitation, "to-a"))
	x.refused(ErrInvitationGone, answer(ann, Join, "to-a"), answer(bob, Join, "to-a"))
	x.do(inviteTeam(rob, "i"), answer(ann, DeclineInvitation, "i"))
	x.refused(ErrInvitationGone, answer(ann, Join, "i"))
	if n := len(x.InvitationsOf("a", []string{"t"})); n != 0 {
		t.Fatalf("%d wait for the one who declined", n)
	}
	if n := len(x.InvitationsOf("b", []string{"t"})); n != 1 || len(x.InvitationsOf("b", nil)) != 0 {
		t.Fatalf("%d wait for another of the team", n)
	}
	x.do(answer(bob, Join, "i"))
	x.is(Active, "r", "r", "b")
}

func TestO20_InvitationsDoNotTimeOut(t *testing.T) {
	c := start()
	c.c.Terms.MaxDuration = 0
	x := &crew{t: t, Session: run(t, c, allow(0)), now: t0}
	x.do(invite(rob, ann))
	x.now = t0.Add(30 * 24 * time.Hour)
	if c, due := x.Tick(x.now); due {
		t.Fatalf("%s is due", c.Verb)
	}
	x.do(answer(ann, Join, "to-a"))
	x.is(Active, "r", "r", "a")
}

func TestO21_NoSecondInvitationForARep(t *testing.T) {
	x := newCrew(t, invite(rob, ann))
	second := anew(invite(rob, ann))
	x.refused(ErrDuplicateInvitation, second, offer(second), invite(rob, rob))
	x.do(answer(ann, DeclineInvitation, "to-a"), second, answer(ann, Join, "to-a-anew"))
	x.refused(ErrDuplicateInvitation, second, invite(rob, ann))
	x.do(by(ann, Leave), anew(second))
}

func TestO24_L10_EndLeavesNobody(t *testing.T) {
	x := newCrew(t, with(ann, eve)...)
	x.do(inviteTeam(rob, "i"), about(rob, Pass, ann), by(rob, End))
	x.happened(TearDown, Closed)
	x.is(Ended, "", "r")
	if len(x.Invitations) != 0 || x.In("r") || x.In("a") || x.Attends("a") {
		t.Fatalf("%+v", x.Session)
	}
	x.refused(ErrOver, answer(bob, Join, "i"), by(ann, Leave))
}

func TestL13_L14_L15_Q4_HoldParksOnlyTheOwner(t *testing.T) {
	x := newCrew(t, with(ann)...)
	x.do(invite(rob, bob), by(rob, Hold))
	x.happened(Recorded, Expel, Introduce)
	x.is(Held, "r", "r", "a")
	if !x.Runs() || x.Attends("r") || !x.Attends("a") || len(x.Invitations) != 1 {
		t.Fatalf("held: %+v", x.Session)
	}
	x.do(answer(bob, Join, "to-b"), by(ann, Leave))
	x.happened(Recorded, Expel, Introduce)
	x.do(by(bob, Leave))
	x.happened(Recorded, Expel, Pause, Park, Introduce)
	x.is(Held, "r", "r")
	x.do(by(rob, Resume))
	x.happened(Recorded, Admit, Park)
	x.do(anew(invite(rob, ann)), answer(ann, Join, "to-a-anew"), by(rob, Hold), by(rob, Resume))
	x.happened(Recorded, Admit, Introduce)
	x.is(Active, "r", "r", "a")
}

func TestL16_L17_L18_OutcomesPerRole(t *testing.T) {
	x := newCrew(t, with(ann, eve)...)
	for _, c := range []struct {
		p           Phase
		owner, rest []Outcome
	}{
		{Active, []Outcome{OutcomeEnd, OutcomeHold}, []Outcome{OutcomeLeave}},
		{Held, []Outcome{OutcomeEnd}, []Outcome{OutcomeLeave}},
		{Ended, nil, nil},
	} {
		s := x.Session
		s.Phase = c.p
		if d := cmp.Diff([][]Outcome{c.owner, c.rest, c.rest, nil}, [][]Outcome{s.Outcomes("r"), s.Outcomes("a"), s.Outcomes("e"), s.Outcomes("b")}); d != "" {
			t.Errorf("%s: %s", c.p, d)
		}
	}
	x.do(by(ann, Leave))
	x.happened(Recorded, Expel, Introduce)
	x.is(Active, "r", "r", "e")
}

func TestL21_Q6_OrphanRules(t *testing.T) {
	stands := func(q string) bool { return q != "gone" }
	for _, c := range []struct {
		name        string
		in          []Rep
		first, last string
		fallback    string
		want        Successor
	}{
		{"who is longest in it", []Rep{eve, ann, bob}, "first", "last", "fallback", Successor{Rep: ann}},
		{"the last queue", []Rep{eve}, "first", "last", "fallback", Successor{Queue: "last"}},
		{"the first queue", nil, "first", "gone", "fallback", Successor{Queue: "first"}},
		{"the fallback queue", nil, "gone", "", "fallback", Successor{Queue: "fallback"}},
		{"the end", []Rep{eve}, "", "", "", Successor{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newCrew(t, with(c.in...)...)
			x.do(inviteTeam(rob, "i"))
			x.FirstQueue, x.LastQueue = c.first, c.last
			x.do(by(rob, Vanish))
			lost := x.now
			got := x.Successor(c.fallback, stands)
			if got != c.want {
				t.Fatalf("%+v, want %+v", got, c.want)
			}
			orphan := Command{Verb: Orphan, At: lost.Add(OwnerGrace - 1), Successor: got}
			x.refused(ErrIllegal, orphan)
			orphan.At = lost.Add(OwnerGrace)
			x.do(orphan)
			switch {
			case got.Rep.ID != "":
				x.happened(Recorded, Own, Expel, Introduce, Invitations)
				x.is(Active, "a", "a", "e", "b")
				x.refused(ErrNotParticipant, by(rob, Leave))
			case got.Queue != "":
				x.happened(Recorded, Own, Expel, Pause, Park, Invitations)
				x.is(Held, "", "")
				x.refused(ErrNotOwner, by(rob, Resume))
				x.do(by(bob, TakeOver))
				x.happened(Recorded, Own, Admit, Park, Introduce, Invitations)
				x.is(Active, "b", "b")
				x.refused(ErrAlreadyTaken, by(cid, TakeOver))
			default:
				x.happened(TearDown, Closed)
				x.is(Ended, "", "r")
			}
			if len(x.Invitations) != 0 {
				t.Fatalf("still there: %+v", x.Invitations)
			}
		})
	}
}

func TestQ6_OwnerComesBackInTime(t *testing.T) {
	x := newCrew(t, by(rob, Vanish))
	x.refused(ErrIllegal, by(rob, Vanish))
	x.do(by(rob, Return))
	x.refused(ErrIllegal, by(rob, Return), Command{Verb: Orphan, At: x.now.Add(time.Hour)})
	x.is(Active, "r", "r")
}

func TestO32_Q14_GuestsAreNeverOwnerAndNeverAlone(t *testing.T) {
	x := newCrew(t, with(eve)...)
	x.refused(ErrIllegal, offer(invite(rob, eve)))
	x.do(offer(inviteTeam(rob, "i")))
	x.refused(ErrInvitationGone, answer(eve, TakeOver, "i"))
	x.do(about(rob, Pass, eve), by(rob, Hold))
	x.happened(Recorded, Expel, Pause, Park, Introduce)
	x.is(Held, "r", "r")
	x.do(anew(invite(rob, eve)))
	x.refused(ErrIllegal, answer(eve, Join, "to-e-anew"))
	x.do(invite(rob, ann), answer(ann, Join, "to-a"), answer(eve, Join, "to-e-anew"), by(ann, Leave))
	x.is(Held, "r", "r")
}

func TestO31_AGuestComesInTimeOrNotAtAll(t *testing.T) {
	x := newCrew(t, invite(rob, eve), invite(rob, ann))
	x.ExpiresAt = time.Time{}
	until := t0.Add(GuestTime)
	lapse := func(id string, at time.Time) Command {
		return Command{Verb: LapseInvitation, InvitationID: id, At: at}
	}
	x.refused(ErrIllegal, lapse("to-e", until.Add(-1)), lapse("to-a", until), lapse("none", until), answer(rob, LapseInvitation, "to-e"))
	if c, due := x.Tick(until.Add(-1)); due {
		t.Fatalf("%s is due", c.Verb)
	}
	late := answer(eve, Join, "to-e")
	late.At = until
	x.refused(ErrInvitationGone, late)
	c, due := x.Tick(until)
	if !due || c.Verb != LapseInvitation || c.InvitationID != "to-e" {
		t.Fatalf("%+v is due", c)
	}
	x.do(c)
	x.happened(Recorded, Invitations)
	if len(x.Invitations) != 1 || x.Invitations[0].To != "a" {
		t.Fatalf("stand: %+v", x.Invitations)
	}
	again := anew(invite(rob, eve))
	again.Invitation.Until = x.now.Add(2 * GuestTime)
	x.do(again, answer(eve, Join, "to-e-anew"))
	x.is(Active, "r", "r", "e")
}

func TestO33_Q9_RemovedIsOutUntilInvitedAgain(t *testing.T) {
	x := newCrew(t, with(ann, bob)...)
	x.do(inviteTeam(rob, "i"), anew(offer(invite(rob, ann))), about(rob, Pass, ann), about(rob, Remove, ann))
	x.happened(Recorded, Expel, Introduce, Invitations)
	x.is(Active, "r", "r", "b")
	x.refused(ErrInvitationGone, answer(ann, Join, "i"), answer(ann, TakeOver, "to-a-anew"))
	x.do(inviteTeam(rob, "j"), answer(ann, Join, "j"), answer(cid, Join, "i"))
	x.is(Active, "r", "r", "b", "a", "c")
}

func TestQ12_OneControlToken(t *testing.T) {
	x := newCrew(t, with(ann, bob)...)
	x.is(Active, "r", "r", "a", "b")
	x.do(about(rob, Pass, ann))
	x.happened(Recorded, Introduce)
	x.refused(ErrNotOwner, about(ann, Pass, bob), about(ann, Pass, Rep{}), about(bob, Pass, rob))
	x.do(about(ann, Pass, rob), about(rob, Pass, bob), about(rob, Pass, Rep{}))
	x.is(Active, "", "r", "a", "b")
	x.do(about(rob, Pass, bob), by(bob, Leave))
	x.is(Active, "r", "r", "a")
}

func TestSessionIsBounded(t *testing.T) {
	x := newCrew(t)
	rep := func(n int) Rep { return Rep{ID: fmt.Sprint("n", n)} }
	for n := range MaxParticipants {
		x.do(with(rep(n))...)
	}
	x.do(inviteTeam(rob, "i"), offer(inviteTeam(rob, "j")))
	x.refused(ErrFull, answer(ann, Join, "i"), answer(ann, TakeOver, "j"))
	for n := range MaxInvitations - 2 {
		x.do(inviteTeam(rob, fmt.Sprint("k", n)))
	}
	x.refused(ErrFull, invite(rob, ann))
	if len(x.Taken) > MaxInvitations {
		t.Fatal("it remembers without end")
	}
	x.do(answer(rep(3), TakeOver, "j"))
}
