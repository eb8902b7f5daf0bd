package broker

import (
	"testing"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// machineChapter: a rep looks what machine it is, and another one would restart it.
var machineChapter = chapter{
	name: "the machine of a session",
	walk: func(t *testing.T, n *tour) {
		s := n.a.active(n.rob)
		done := n.rob.describing(t, s.Id)
		n.a.tellMachine(n.a.machineAsked(), &wirepb.MachineTold{Info: &wirepb.MachineInfo{Os: "Debian"}})
		must1(t, (<-done).err)
		n.rob.end(t, s.Id)
		s = n.a.active(n.ada)
		n.a.rights(s.Id, true, "alice")
		eventually(t, "the rights", func() bool { return n.ada.get(t, s.Id).Elevated })
		must1(t, n.ada.restart(t, s.Id, true))
		n.a.restarting(s.Id, wirepb.RestartState_RESTART_STATE_REFUSED, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		n.logged("session.restarting", 1)
		n.ada.end(t, s.Id)
	},
	want: []step{
		{"rep", "Rob Rep", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Rob Rep", "session.machine", "ok"},
		{"device", "cora", "session.machine_told", "ok"},
		{"rep", "Rob Rep", "session.close", "ok"},
		{"rep", "Ada Admin", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Ada Admin", "session.restart", "ok"},
		{"device", "cora", "session.restarting", "denied_by_user"},
		{"rep", "Ada Admin", "session.close", "ok"},
	},
}
