package broker

import (
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// requestChapter: a request is denied by IT, denied by the person, and then there is a
// session, out of which the device is pinned.
var requestChapter = chapter{
	name: "requests, a session, a Jump Client",
	walk: func(t *testing.T, n *tour) {
		ada, rob := n.rep("ada"), n.rep("rob")
		n.ada, n.rob = ada, rob
		a := n.online() // by a token that Ada makes in a sign-in of her own
		ada.set(t, "reason_min", "3")
		ada.updateDevice(t, &apipb.UpdateDeviceRequest{Id: a.dev, Tags: &apipb.Tags{Tags: []string{"till"}}})

		q := a.asked()
		_, err := rob.deny(t, q.Id, "not today")
		must1(t, err)
		a.told(wirepb.RequestState_REQUEST_STATE_DENIED)
		q = a.asked()
		_, err = rob.approve(t, q.Id)
		must1(t, err)
		a.answer(a.offer(), false)
		a.told(wirepb.RequestState_REQUEST_STATE_DONE)
		s := a.active(rob)
		rob.tell(t, s.Id, "hello")
		pinning := rob.pinning(t, &apipb.PinRequest{SessionId: s.Id, Details: &apipb.JumpDetails{Name: "till"}})
		p, o := a.order()
		a.answerPin(p, o, true, a.id)
		jumps := <-pinning
		must1(t, jumps.err)
		_, err = ada.session.Terminate(t.Context(), connect.NewRequest(&apipb.TerminateRequest{Id: s.Id, Confirm: true}))
		must1(t, err)
		_, err = ada.export(t, &apipb.ExportRequest{Format: apipb.ExportFormat_EXPORT_FORMAT_JSON, SessionId: s.Id})
		must1(t, err)
		must1(t, rob.unpin(t, jumps.client.Id, true))
		a.unpinned(jumps.client.Id)
		n.logged("jump.removed", 1)
		_, err = ada.inventory.RevokeDevice(t.Context(), connect.NewRequest(&apipb.RevokeDeviceRequest{Id: a.dev, Confirm: true}))
		must1(t, err)
		must1(t, rob.leaveDesk(t))
	},
	want: []step{
		{"rep", "Ada Admin", "account.sign_in", "ok"},
		{"rep", "Rob Rep", "account.sign_in", "ok"},
		{"rep", "Ada Admin", "account.sign_in", "ok"},
		{"rep", "Ada Admin", "enrollment.create", "ok"},
		{"device", "ws-1", "device.enroll", "ok"},
		{"rep", "Ada Admin", "scope.save", "ok"},
		{"rep", "Ada Admin", "device.update", "ok"},
		{"device", "ws-1", "request.create", "ok"},
		{"rep", "Rob Rep", "request.deny", "denied_by_it"},
		{"device", "ws-1", "request.create", "ok"},
		{"rep", "Rob Rep", "request.approve", "ok"},
		{"system", "", "session.offer", "ok"}, // the broker, when the endpoint is there
		{"device", "cora", "session.close", "denied_by_user"},
		{"rep", "Rob Rep", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Rob Rep", "jump.ask", "ok"},
		{"rep", "Rob Rep", "jump.pin", "ok"},
		{"rep", "Ada Admin", "session.close", "ok"},
		{"rep", "Ada Admin", "audit.export", "ok"},
		{"rep", "Rob Rep", "jump.unpin", "ok"},
		{"device", "ws-1", "jump.removed", "ok"},
		{"rep", "Ada Admin", "device.revoke", "ok"},
		{"rep", "Rob Rep", "account.sign_out", "ok"},
	},
}
