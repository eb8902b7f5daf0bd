package broker

import (
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/presence"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) leaveDesk(t *testing.T) error {
	t.Helper()
	_, err := c.signIn.SignOut(t.Context(), connect.NewRequest(&apipb.SignOutRequest{}))
	return err
}

// L21, with the option on: who has open sessions stays signed in, and reads which and
// how each may be closed. Holding one is no way of closing it.
func TestL21_ClosedSessionsAreDemandedBeforeSigningOut(t *testing.T) {
	n := newBench(t)
	n.conf = func(c *Config) { c.ClosedSessions = true }
	n.restart()
	a, b := n.online(), n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	s := a.active(rob)
	ria.open(t)
	ria.joined(t, rob, s.Id)
	asked := rob.start(t, b.dev)
	refused := func(c *client, want string) {
		t.Helper()
		err := c.leaveDesk(t)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSIONS_OPEN)
		if !strings.Contains(err.Error(), want) {
			t.Fatalf("%v, want %s", err, want)
		}
		c.get(t, s.Id) // the sign-in stands
	}
	refused(rob, "ws-1 (cancel); ws-1 (end)")
	refused(ria, "ws-1 (leave)")
	if _, err := rob.close(t, asked.Id, "cancel"); err != nil {
		t.Fatal(err)
	}
	if _, err := ria.close(t, s.Id, "leave"); err != nil {
		t.Fatal(err)
	}
	if err := ria.leaveDesk(t); err != nil {
		t.Fatal(err)
	}
	if _, err := rob.close(t, s.Id, "hold"); err != nil {
		t.Fatal(err)
	}
	refused(rob, "ws-1 (end)")
	if _, err := rob.close(t, s.Id, "end"); err != nil {
		t.Fatal(err)
	}
	if err := rob.leaveDesk(t); err != nil {
		t.Fatal(err)
	}
}

// Without it, signing out is as good as vanishing: TestL21_TheRepWhoIsInItLongestInherits.
func TestL21_WithoutTheOptionSigningOutWaitsForNothing(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s, o := n.watched(a, rob)
	if err := rob.leaveDesk(t); err != nil {
		t.Fatal(err)
	}
	n.forsake(o)
	n.phase(n.rep("ada"), s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED) // there is nobody, and no queue
}

// O13: who has a console open and does not use it is idle among the targets; the
// owner's console is told, and told when they are back.
func TestO13_IdleRepsAreShownAsIdle(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	mine := rob.open(t)
	s := a.active(rob)
	there := ria.open(t)
	want := func(want apipb.Availability) {
		t.Helper()
		eventually(t, want.String(), func() bool {
			for _, r := range rob.targets(t, s.Id).Reps {
				if r.Id == ria.id(t) {
					return r.Availability == want
				}
			}
			return want == apipb.Availability_AVAILABILITY_OFFLINE
		})
	}
	use := func(c *client) {
		t.Helper()
		must[apipb.NoteUseResponse](t)(c.crew().NoteUse(t.Context(), connect.NewRequest(&apipb.NoteUseRequest{})))
	}
	say := func(away bool) {
		must[apipb.SetAvailabilityResponse](t)(ria.crew().SetAvailability(t.Context(), connect.NewRequest(&apipb.SetAvailabilityRequest{Away: &away})))
	}
	pushed := func() {
		t.Helper()
		told(mine, "presence", func(m *apipb.WatchResponse) (struct{}, bool) { return struct{}{}, m.GetChanged() == presence.List })
	}
	want(apipb.Availability_AVAILABILITY_AVAILABLE)
	pushed()
	n.advance(presence.IdleAfter)
	pushed()
	use(rob)
	want(apipb.Availability_AVAILABILITY_IDLE)
	rob.mustInvite(t, s.Id, repID(ria.id(t)), false) // idle is no reason not to be asked
	say(true)
	want(apipb.Availability_AVAILABILITY_AWAY)
	say(false)
	want(apipb.Availability_AVAILABILITY_IDLE)
	use(ria)
	want(apipb.Availability_AVAILABILITY_AVAILABLE)
	there.close()
	want(apipb.Availability_AVAILABILITY_OFFLINE)
}
