package broker

import (
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// buttonChapter: a Support Button comes out of a session, and goes.
var buttonChapter = chapter{
	name: "a Support Button",
	walk: func(t *testing.T, n *tour) {
		profile := n.ada.object(t, buttonProfile("Shops", &apipb.ButtonProfile{Title: "Get help", MaxDays: 30}))
		s := n.a.active(n.rob)
		b := n.rob.deploy(t, &apipb.DeployRequest{SessionId: s.Id, ProfileId: profile.Id, QueueId: n.queue, LastsS: int64(time.Hour / time.Second)})
		n.a.set(1)
		must1(t, n.rob.removeButton(t, b.Id, true))
		n.a.set(0)
		n.rob.end(t, s.Id)
	},
	want: []step{
		{"rep", "Ada Admin", "button_profile.create", "ok"},
		{"rep", "Rob Rep", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Rob Rep", "button.deploy", "ok"},
		{"rep", "Rob Rep", "button.remove", "ok"},
		{"rep", "Rob Rep", "session.close", "ok"},
	},
}

// terminalChapter: the session goes to another user of the machine, who says no
// first.
var terminalChapter = chapter{
	name: "another terminal session",
	walk: func(t *testing.T, n *tour) {
		s := n.ada.start(t, n.a.dev)
		offer := n.a.offer()
		yes := n.a.receipt(offer, true, n.a.id)
		n.a.answer(offer, true)
		n.phase(n.ada, s.Id, active)
		const other = "1" // the terminal session of the receipt
		n.a.rights(s.Id, true, "alice", other)
		eventually(t, "the rights", func() bool { return n.ada.get(t, s.Id).Elevated })
		for i, news := range []*wirepb.TerminalSwitched{
			{State: wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_REFUSED, Code: wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER},
			{State: wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE, Receipt: yes.Receipt, ReceiptSignature: yes.ReceiptSignature},
		} {
			must1(t, n.ada.switchTerminal(t, s.Id, other))
			news.Session, news.Terminal, news.User = mustID(t, s.Id), other, "cora"
			n.a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_TerminalSwitched{TerminalSwitched: news}})
			// It is shown once it is recorded.
			eventually(t, "the result", func() bool {
				m := n.ada.get(t, s.Id).TerminalMove
				return m.GetCount() == uint32(i+1) && m.GetState() == news.State
			})
		}
		n.ada.end(t, s.Id)
	},
	want: []step{
		{"rep", "Ada Admin", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Ada Admin", "session.switch_terminal", "ok"},
		{"device", "cora", "session.terminal", "denied_by_user"},
		{"rep", "Ada Admin", "session.switch_terminal", "ok"},
		{"device", "cora", "session.terminal", "ok"}, // with the receipt
		{"rep", "Ada Admin", "session.close", "ok"},
	},
}

// elevationChapter: the client gets the rights of the machine, at the second try, with
// credentials of the rep's, which the person is asked about.
var elevationChapter = chapter{
	name: "elevation",
	walk: func(t *testing.T, n *tour) {
		s, grant := n.a.activeWithGrant(n.ada)
		n.a.offersElevation(s.Id, n.a.id, promptCustomer, specificUser)
		eventually(t, "the offer", func() bool { return n.ada.get(t, s.Id).ElevationOffer != nil })
		comesTo := func(state wirepb.ElevationState) {
			eventually(t, "the result", func() bool { return n.ada.get(t, s.Id).Elevation.GetState() == state })
		}
		must1(t, n.ada.elevate(t, elevating(s.Id, 0)))
		n.a.elevated(n.a.elevateOrder(), elevRefused, wirepb.ErrorCode_ERROR_CODE_ELEVATION_CANCELLED)
		comesTo(elevRefused)
		must1(t, n.ada.elevate(t, withCredentials(s.Id, 1)))
		n.a.answersElevation(grant, n.a.elevateOrder(), elevDone, 0)
		comesTo(elevDone)
		n.ada.end(t, s.Id)
	},
	want: []step{
		{"rep", "Ada Admin", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Ada Admin", "session.elevate", "ok"},
		{"device", "ws-1", "session.elevation", "elevation_cancelled"},
		{"rep", "Ada Admin", "session.elevate", "ok"},
		{"device", "cora", "session.elevation_consent", "ok"}, // with the receipt
		{"device", "ws-1", "session.elevation", "ok"},
		{"rep", "Ada Admin", "session.close", "ok"},
	},
}

// orphanChapter: the owner signs out of an open session and does not come back.
var orphanChapter = chapter{
	name: "an owner who signs out",
	walk: func(t *testing.T, n *tour) {
		o := n.rob.open(t)
		s := n.a.active(n.rob)
		n.ria.joined(t, n.rob, s.Id)
		n.seen(s.Id, n.rob.id(t))
		must1(t, n.rob.leaveDesk(t))
		n.forsake(o)
		n.logged("session.orphan", 1)
		n.ria.end(t, s.Id)
	},
	want: []step{
		{"rep", "Rob Rep", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Rob Rep", "session.invite", "ok"},
		{"rep", "Ria Rep", "session.join", "ok"},
		{"rep", "Rob Rep", "account.sign_out", "ok"},
		{"system", "", "session.vanish", "ok"},
		{"system", "", "session.orphan", "ok"}, // to Ria
		{"rep", "Ria Rep", "session.close", "ok"},
	},
}

// forgetChapter: a device goes at its own wish.
var forgetChapter = chapter{
	name: "a device that goes",
	walk: func(t *testing.T, n *tour) {
		if m := n.a.forget(func(l transport.Link) ([]byte, error) { return transport.ProveForget(n.a.id, l) }); m.GetForgotten() == nil {
			t.Fatalf("answered %v", m)
		}
		<-n.a.link.Done()
	},
	want: []step{{"device", "ws-1", "device.revoke", "ok"}},
}
