package broker

import (
	"testing"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// crewChapter: two reps on one session, and all that they can do with each other.
var crewChapter = chapter{
	name: "two reps",
	walk: func(t *testing.T, n *tour) {
		n.rob, n.ria = n.rep("rob"), n.rep("ria")
		n.a = n.online()
		n.team, n.queue, _ = n.bench.team(n.ada, "Night", n.ria.id(t))
		n.ria.open(t)
		s := n.a.active(n.rob)
		ria := repID(n.ria.id(t))

		must1(t, n.ria.decline(n.rob.mustInvite(t, s.Id, ria, false).Id))
		ada := n.ada.open(t)
		back := n.rob.mustInvite(t, s.Id, repID(n.ada.id(t)), false)
		n.ada.mustPeek(t, s.Id)
		must1(t, n.rob.uninvite(back.Id))
		ada.close()
		n.ria.joined(t, n.rob, s.Id)
		must1(t, n.rob.give(s.Id, string(ria)))
		must1(t, n.rob.give(s.Id, n.rob.id(t)))
		must1(t, n.rob.remove(s.Id, string(ria), true))

		_, err := n.ria.accept(n.rob.mustInvite(t, s.Id, teamID(n.team), false).Id)
		must1(t, err)
		_, err = n.rob.close(t, s.Id, "hold")
		must1(t, err)
		_, err = n.rob.resume(t, s.Id)
		must1(t, err)
		_, err = n.ria.accept(n.rob.mustInvite(t, s.Id, ria, true).Id)
		must1(t, err)
		_, err = n.rob.close(t, s.Id, "leave")
		must1(t, err)
		_, err = n.ria.close(t, s.Id, "end")
		must1(t, err)
	},
	want: []step{
		{"rep", "Rob Rep", "account.sign_in", "ok"},
		{"rep", "Ria Rep", "account.sign_in", "ok"},
		{"rep", "Ada Admin", "account.sign_in", "ok"},
		{"rep", "Ada Admin", "enrollment.create", "ok"},
		{"device", "ws-1", "device.enroll", "ok"},
		{"rep", "Ada Admin", "team.create", "ok"},
		{"rep", "Ada Admin", "queue.create", "ok"},
		{"rep", "Ada Admin", "issue.create", "ok"},
		{"rep", "Rob Rep", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Rob Rep", "session.invite", "ok"},
		{"rep", "Ria Rep", "session.decline_invitation", "ok"},
		{"rep", "Rob Rep", "session.invite", "ok"},
		{"rep", "Ada Admin", "session.peek", "ok"},
		{"rep", "Rob Rep", "session.uninvite", "ok"},
		{"rep", "Rob Rep", "session.invite", "ok"},
		{"rep", "Ria Rep", "session.join", "ok"},
		{"rep", "Rob Rep", "session.pass", "ok"},
		{"rep", "Rob Rep", "session.pass", "ok"},
		{"rep", "Rob Rep", "session.remove", "ok"},
		{"rep", "Rob Rep", "session.invite", "ok"}, // of the team
		{"rep", "Ria Rep", "session.join", "ok"},
		{"rep", "Rob Rep", "session.hold", "ok"},
		{"rep", "Rob Rep", "session.resume", "ok"},
		{"rep", "Rob Rep", "session.invite", "ok"}, // to be the owner
		{"rep", "Ria Rep", "session.take_over", "ok"},
		{"rep", "Rob Rep", "session.leave", "ok"},
		{"rep", "Ria Rep", "session.close", "ok"},
	},
}

// guestChapter: an external rep comes by a link, which is good once, and goes; the
// next one is sent away.
var guestChapter = chapter{
	name: "an external rep",
	walk: func(t *testing.T, n *tour) {
		s := n.a.active(n.rob)
		view := n.sessionPolicy(n.ada, "view")
		link := n.rob.mustInviteGuest(t, s.Id, view).Link
		val := n.comes(link)
		_, err := n.visitor().redeem(link)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_LINK_USED)
		_, err = val.close(t, s.Id, "leave")
		must1(t, err)
		val = n.comes(n.rob.mustInviteGuest(t, s.Id, view).Link)
		must1(t, n.rob.remove(s.Id, val.who(t).Id, true))
		_, err = n.rob.close(t, s.Id, "end")
		must1(t, err)
	},
	want: []step{
		{"rep", "Rob Rep", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Ada Admin", "session_policy.create", "ok"},
		{"rep", "Rob Rep", "session.invite", "ok"},
		{"guest", "Val Vendor", "session.join", "ok"},
		{"guest", "Val Vendor", "session.join", "link_used"},
		{"guest", "Val Vendor", "session.leave", "ok"},
		{"rep", "Rob Rep", "session.invite", "ok"},
		{"guest", "Val Vendor", "session.join", "ok"},
		{"rep", "Rob Rep", "session.remove", "ok"},
		{"rep", "Rob Rep", "session.close", "ok"},
	},
}
