package broker

import (
	"testing"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// machineChapter: a rep looks what machine it is.
var machineChapter = chapter{
	name: "the machine of a session",
	walk: func(t *testing.T, n *tour) {
		s := n.a.active(n.rob)
		done := n.rob.describing(t, s.Id)
		n.a.tellMachine(n.a.machineAsked(), &wirepb.MachineTold{Info: &wirepb.MachineInfo{Os: "Debian"}})
		must1(t, (<-done).err)
		n.rob.end(t, s.Id)
	},
	want: []step{
		{"rep", "Rob Rep", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Rob Rep", "session.machine", "ok"},
		{"device", "cora", "session.machine_told", "ok"},
		{"rep", "Rob Rep", "session.close", "ok"},
	},
}
