package broker

import (
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// watched is a session whose owner's console is open, and the broker knows it.
func (n *bench) watched(a *agent, owner *client) (*apipb.Session, *office) {
	n.t.Helper()
	o := owner.open(n.t)
	s := a.active(owner)
	n.seen(s.Id, owner.id(n.t))
	return s, o
}

func (n *bench) seen(session, rep string) {
	n.t.Helper()
	eventually(n.t, "the owner's console is seen", func() bool {
		got, err := n.b.store.SeenOwner(n.t.Context(), wire.SessionID(mustID(n.t, session)))
		return err == nil && got == rep
	})
}

// forsake has an owner's console gone for longer than a session waits.
func (n *bench) forsake(o *office) {
	n.t.Helper()
	count := len(n.records(action("session.vanish")))
	o.close()
	eventually(n.t, "gone", func() bool { n.advance(time.Second); return len(n.records(action("session.vanish"))) > count })
	n.advance(support.OwnerGrace)
}

func TestQ6_OwnerComesBackWithinTheGrace(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s, o := n.watched(a, rob)
	o.close()
	eventually(t, "gone", func() bool { n.advance(time.Second); return len(n.records(action("session.vanish"))) == 1 })
	n.advance(support.OwnerGrace - 30*time.Second)
	rob.open(t)
	eventually(t, "back", func() bool { return len(n.records(action("session.return"))) == 1 })
	n.advance(10 * time.Minute)
	if got := rob.get(t, s.Id); got.Phase != apipb.SessionPhase_SESSION_PHASE_ACTIVE || got.RepName != "Rob Rep" {
		t.Fatalf("%v", got)
	}
}

func TestL21_TheRepWhoIsInItLongestInherits(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s, o := n.watched(a, rob)
	there := ria.open(t)
	ria.joined(t, rob, s.Id)
	ada.open(t)
	ada.joined(t, rob, s.Id)
	theirs, _ := ria.view(t, ria.attach(t, s.Id).Ticket)
	stream := a.media()
	if _, err := rob.signIn.SignOut(t.Context(), connect.NewRequest(&apipb.SignOutRequest{})); err != nil { // as good as vanishing
		t.Fatal(err)
	}
	n.forsake(o)
	eventually(t, "inherited", func() bool { return slices.Equal(ada.in(t, s.Id), []string{"Ria Rep*", "Ada Admin"}) })
	goesOn(t, stream, theirs)
	rob = n.rep("rob")
	_, err := rob.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	// So does the next one.
	n.forsake(there)
	eventually(t, "inherited again", func() bool { return slices.Equal(ada.in(t, s.Id), []string{"Ada Admin*"}) })
}

func TestL21_WithoutAnybodyItWaitsInAQueueOrEnds(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	team, queue, _ := n.team(ada, "Night", ria.id(t))
	fallback := func(queue string, is bool, version uint64) {
		t.Helper()
		must[apipb.SaveObjectResponse](t)(n.config(ada).SaveObject(t.Context(), connect.NewRequest(&apipb.SaveObjectRequest{Object: &apipb.ConfigObject{
			Id: queue, Version: version, Name: "Night queue", Object: &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: team, Fallback: is}},
		}})))
	}
	fallback(queue, true, 1)
	there := ria.open(t)
	s, o := n.watched(a, rob)
	n.forsake(o)
	got := n.phase(ada, s.Id, apipb.SessionPhase_SESSION_PHASE_HELD)
	if got.WaitsIn != "Night queue" || len(got.Participants) != 0 || got.RepId != "" {
		t.Fatalf("%v", got)
	}
	if !a.held() {
		t.Fatal("the endpoint is told that somebody looks")
	}
	told(there, "the session that waits", func(m *apipb.WatchResponse) (struct{}, bool) {
		return struct{}{}, m.GetSession().GetWaitsIn() == "Night queue"
	})
	// Of those of the team the first takes it; nobody else may.
	_, err := ada.resume(t, s.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	if got, err = ria.resume(t, s.Id); err != nil || got.RepName != "Ria Rep" || got.WaitsIn != "" {
		t.Fatalf("%v, %v", got, err)
	}
	if a.held() {
		t.Fatal("still held at the endpoint")
	}
	if got := a.people(); !slices.Equal(got, []string{"Ria Rep*"}) {
		t.Fatal(got)
	}
	// The last queue it waited in has it again, be it the fallback or not; so after a
	// restart of the broker, which remembers whose console there was.
	fallback(queue, false, 2)
	n.seen(s.Id, ria.id(t))
	there.close()
	n.restart()
	a.connect(mustID(t, s.Id))
	eventually(t, "gone", func() bool { n.advance(time.Second); return len(n.records(action("session.vanish"))) == 2 })
	n.advance(support.OwnerGrace)
	eventually(t, "waits again", func() bool { return ada.get(t, s.Id).WaitsIn == "Night queue" })
	if _, err := ada.session.Terminate(t.Context(), connect.NewRequest(&apipb.TerminateRequest{Id: s.Id, Confirm: true})); err != nil {
		t.Fatal(err)
	}
	// Nobody, and no queue: it ends.
	b := n.online()
	s, o = n.watched(b, n.rep("rob"))
	n.forsake(o)
	n.phase(ada, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	if e := b.ended(); e.By != wirepb.EndedBy_ENDED_BY_BROKER {
		t.Fatalf("%v", e)
	}
}

// The queue that a request entered has its session again when its owner is gone, though
// another is the fallback; with that queue deleted it goes to the fallback.
func TestL21_B10_TheQueueThatTheRequestEnteredHasItAgain(t *testing.T) {
	n := newBench(t)
	ada, ria := n.rep("ada"), n.rep("ria")
	ada.set(t, "approval", "false")
	_, entered, issue := n.team(ada, "Night", ria.id(t))
	must[apipb.DeleteObjectResponse](t)(n.config(ada).DeleteObject(t.Context(), connect.NewRequest(&apipb.DeleteObjectRequest{Kind: apipb.ObjectKind_OBJECT_KIND_ISSUE, Id: issue, Confirm: true})))
	day, fallback, _ := n.team(ada, "Day", ada.id(t))
	must[apipb.SaveObjectResponse](t)(n.config(ada).SaveObject(t.Context(), connect.NewRequest(&apipb.SaveObjectRequest{Object: &apipb.ConfigObject{
		Id: fallback, Version: 1, Name: "Day queue", Object: &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: day, Fallback: true}},
	}})))
	for _, c := range []struct {
		name   string
		before func()
		want   string
	}{
		{"as it stands", func() {}, "Night queue"},
		{"with the queue deleted", func() {
			must[apipb.DeleteObjectResponse](t)(n.config(ada).DeleteObject(t.Context(), connect.NewRequest(&apipb.DeleteObjectRequest{Kind: apipb.ObjectKind_OBJECT_KIND_QUEUE, Id: entered, Confirm: true})))
		}, "Day queue"},
	} {
		a := n.online()
		id := n.waits(a, entered, "")
		o := ria.open(t)
		taken, err := ria.approve(t, mustID(t, id))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		a.answer(a.offer(), true)
		n.phase(ria, taken.SessionId, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
		n.seen(taken.SessionId, ria.id(t))
		c.before()
		n.forsake(o)
		if got := n.phase(ada, taken.SessionId, apipb.SessionPhase_SESSION_PHASE_HELD); got.WaitsIn != c.want {
			t.Fatalf("%s: it waits in %q", c.name, got.WaitsIn)
		}
		if _, err := ada.session.Terminate(t.Context(), connect.NewRequest(&apipb.TerminateRequest{Id: taken.SessionId, Confirm: true})); err != nil {
			t.Fatal(err)
		}
	}
}
