package broker

import (
	"encoding/hex"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// waits puts a request of a device into a team's queue, or before one rep.
func (n *bench) waits(a *agent, queue, rep string) string {
	n.t.Helper()
	dev, err := n.b.store.Device(n.t.Context(), a.dev)
	if err != nil {
		n.t.Fatal(err)
	}
	w := store.Request{ID: hex.EncodeToString(wish().Id), Name: "Cora", Reason: "printer", Queue: queue, QueueName: "Night queue", For: rep}
	if err := n.b.desk.Ask(n.t.Context(), dev, w); err != nil {
		n.t.Fatal(err)
	}
	return w.ID
}

func TestB10_RequestWaitsInTheQueueOfATeam(t *testing.T) {
	n := newBench(t)
	a, b := n.online(), n.online()
	ada := n.rep("ada")
	ada.set(t, "approval", "false")
	sam, account := n.with(ada, "sam", "session.start")
	eve, _ := n.with(ada, "eve", "session.start")
	_, queue, _ := n.team(ada, "Night", account.Id)
	console := sam.open(t)
	id := n.waits(a, queue, "")
	got := told(console, "the request in the queue", func(m *apipb.WatchResponse) (*apipb.SupportRequest, bool) {
		q := m.GetRequest()
		return q, q.GetId() == id
	})
	if !got.WaitsForMe || !got.MayDecide || got.QueueName != "Night queue" || got.QueueId != queue || got.At == nil {
		t.Fatalf("%v", got)
	}
	// Others do not see it; who decides does, and it waits for them no less.
	if l := eve.wishes(t, pending, ""); len(l) != 0 {
		t.Fatalf("%v", l)
	}
	if l := ada.wishes(t, pending, ""); len(l) != 1 || l[0].WaitsForMe || !l[0].MayDecide {
		t.Fatalf("%v", l)
	}
	_, err := eve.approve(t, mustID(t, id))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = n.config(ada).DeleteObject(t.Context(), connect.NewRequest(&apipb.DeleteObjectRequest{Kind: apipb.ObjectKind_OBJECT_KIND_QUEUE, Id: queue, Confirm: true}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_IN_USE) // also after a restart
	n.restart()
	a.connect()
	b.connect()
	sam, eve = n.rep("sam"), n.rep("eve")
	taken, err := sam.approve(t, mustID(t, id))
	if err != nil {
		t.Fatal(err)
	}
	a.answer(a.offer(), true)
	s := n.phase(sam, taken.SessionId, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if s.RepName != "sam" || s.WaitsIn != "" {
		t.Fatalf("%v", s)
	}
	stored, err := n.b.store.Session(t.Context(), wire.SessionID(mustID(t, taken.SessionId)))
	if err != nil || stored.Queue != "" || stored.FirstQueue != queue || stored.LastQueue != queue {
		t.Fatalf("%+v, %v", stored, err)
	}
	// One for a rep is for nobody else.
	id = n.waits(b, "", account.Id)
	if l := eve.wishes(t, pending, ""); len(l) != 0 {
		t.Fatalf("%v", l)
	}
	if l := sam.wishes(t, pending, ""); len(l) != 1 || !l[0].WaitsForMe || l[0].Id != id {
		t.Fatalf("%v", l)
	}
}
