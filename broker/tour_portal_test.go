package broker

import (
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// portalChapter: the portal page is opened, a key is made and taken back, and another
// leads from a chat to the screen, which the customer did not want at first.
var portalChapter = chapter{
	name: "the portal page",
	walk: func(t *testing.T, n *tour) {
		must[apipb.SavePortalResponse](t)(n.ada.desk().SavePortal(t.Context(), connect.NewRequest(&apipb.SavePortalRequest{
			Settings: &apipb.PortalSettings{Open: true, Title: "Help", Queues: []string{n.queue}},
		})))
		back := n.rob.newKey(t, time.Hour)
		must[apipb.RevokeSessionKeyResponse](t)(n.rob.desk().RevokeSessionKey(t.Context(), connect.NewRequest(&apipb.RevokeSessionKeyRequest{Id: back.Key.Id})))
		_, err := n.visitor().portal().BeginChat(t.Context(), connect.NewRequest(withKey(back.Code)))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_KEY_INVALID)

		p := n.begin(withKey(n.rob.newKey(t, time.Hour).Code))
		s := n.rob.waits(t)
		_, err = n.rob.resume(t, s.Id)
		must1(t, err)
		must1(t, n.rob.runClient(t, s.Id))
		must[apipb.DeclineClientResponse](t)(p.c.portal().DeclineClient(t.Context(), connect.NewRequest(&apipb.DeclineClientRequest{Token: p.token})))
		must1(t, n.rob.runClient(t, s.Id))
		b := p.client(n.bench)
		b.answer(b.offer(), true)
		n.phase(n.rob, s.Id, active)
		_, err = n.rob.close(t, s.Id, "end")
		must1(t, err)
		p.phase(ended)

		// Another customer waits for the team and goes before anybody comes.
		p = n.begin(withQueue(n.queue))
		must[apipb.LeaveChatResponse](t)(p.c.portal().LeaveChat(t.Context(), connect.NewRequest(&apipb.LeaveChatRequest{Token: p.token})))
		p.until("it is over", func() bool { return p.state.Phase > active })
	},
	want: []step{
		{"rep", "Ada Admin", "portal.save", "ok"},
		{"rep", "Rob Rep", "session_key.create", "ok"},
		{"rep", "Rob Rep", "session_key.revoke", "ok"},
		{"visitor", "", "session.visit", "session_key_invalid"},
		{"rep", "Rob Rep", "session_key.create", "ok"},
		{"visitor", "Cora Customer", "session.visit", "ok"},
		{"rep", "Rob Rep", "session.resume", "ok"},
		{"rep", "Rob Rep", "session.run_client", "ok"},
		{"visitor", "Cora Customer", "session.decline", "ok"},
		{"rep", "Rob Rep", "session.run_client", "ok"},
		{"visitor", "Cora Customer", "session.bundle", "ok"},
		{"device", "ws-1", "device.enroll", "ok"},
		{"system", "", "session.offer", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Rob Rep", "session.close", "ok"},
		{"visitor", "Cora Customer", "session.visit", "ok"},
		{"visitor", "Cora Customer", "session.close", "cancelled"},
	},
}
