package broker

import (
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestA11_EveryStepOfATourIsInTheLog walks through what an administrator, two
// representatives and a customer do, and holds the log against the exact list.
func TestA11_EveryStepOfATourIsInTheLog(t *testing.T) {
	n := newBench(t)
	before := uint64(len(n.records(func(store.Record) bool { return true })))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ada, rob := n.rep("ada"), n.rep("rob")
	a := n.online() // by a token that Ada makes in a sign-in of her own
	ada.set(t, "reason_min", "3")
	ada.updateDevice(t, &apipb.UpdateDeviceRequest{Id: a.dev, Tags: &apipb.Tags{Tags: []string{"till"}}})

	// Denied by IT, denied by the person, and then a session.
	q := a.asked()
	_, err := rob.deny(t, q.Id, "not today")
	must(err)
	a.told(wirepb.RequestState_REQUEST_STATE_DENIED)
	q = a.asked()
	_, err = rob.approve(t, q.Id)
	must(err)
	a.answer(a.offer(), false)
	a.told(wirepb.RequestState_REQUEST_STATE_DONE)
	s := rob.start(t, a.dev)
	a.answer(a.offer(), true)
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	_, err = rob.session.SendChat(t.Context(), connect.NewRequest(&apipb.SendChatRequest{Id: s.Id, Text: "hello"}))
	must(err)
	_, err = ada.session.Terminate(t.Context(), connect.NewRequest(&apipb.TerminateRequest{Id: s.Id, Confirm: true}))
	must(err)
	_, err = ada.export(t, &apipb.ExportRequest{Format: apipb.ExportFormat_EXPORT_FORMAT_JSON, SessionId: s.Id})
	must(err)
	_, err = ada.inventory.RevokeDevice(t.Context(), connect.NewRequest(&apipb.RevokeDeviceRequest{Id: a.dev, Confirm: true}))
	must(err)
	_, err = rob.signIn.SignOut(t.Context(), connect.NewRequest(&apipb.SignOutRequest{}))
	must(err)

	type step struct{ Who, Action, Result string }
	var got []step
	for _, r := range n.records(func(r store.Record) bool { return r.Seq > before }) {
		got = append(got, step{r.ActorName, r.Action, r.Result})
	}
	want := []step{
		{"Ada Admin", "account.sign_in", "ok"},
		{"Rob Rep", "account.sign_in", "ok"},
		{"Ada Admin", "account.sign_in", "ok"},
		{"Ada Admin", "enrollment.create", "ok"},
		{"ws-1", "device.enroll", "ok"},
		{"Ada Admin", "scope.save", "ok"},
		{"Ada Admin", "device.update", "ok"},
		{"ws-1", "request.create", "ok"},
		{"Rob Rep", "request.deny", "denied_by_it"},
		{"ws-1", "request.create", "ok"},
		{"Rob Rep", "request.approve", "ok"},
		{"", "session.offer", "ok"}, // the broker, when the endpoint is there
		{"cora", "session.close", "denied_by_user"},
		{"Rob Rep", "session.start", "ok"},
		{"cora", "session.allow", "ok"},
		{"Ada Admin", "session.close", "ok"},
		{"Ada Admin", "audit.export", "ok"},
		{"Ada Admin", "device.revoke", "ok"},
		{"Rob Rep", "account.sign_out", "ok"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
