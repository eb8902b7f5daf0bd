package broker

import (
	"testing"

	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// O14 with the permission off: reps and teams that are none of one's own are neither
// listed nor to be invited, however well they can be reached.
func TestO14_WithoutThePermissionOnlyOnesOwnTeamsAreListed(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, ria := n.rep("ada"), n.rep("ria")
	sam, account := n.with(ada, "sam", policy.SessionStart, policy.SessionControl)
	_, mate := n.with(ada, "mia", policy.SessionStart)
	own, _, _ := n.team(ada, "Own", account.Id, mate.Id)
	other, _, _ := n.team(ada, "Other", ria.id(t))
	ria.open(t)
	n.rep("mia").open(t)
	s := a.active(sam)
	all := sam.targets(t, s.Id)
	if len(all.Reps) != 1 || all.Reps[0].Id != mate.Id || len(all.Teams) != 1 || all.Teams[0].Id != own {
		t.Fatalf("%v", all)
	}
	for _, to := range []any{repID(ria.id(t)), teamID(other)} {
		for _, transfer := range []bool{false, true} {
			_, err := sam.invite(s.Id, to, transfer)
			wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
		}
	}
	sam.mustInvite(t, s.Id, repID(mate.Id), false)
	sam.mustInvite(t, s.Id, teamID(own), false)
}
