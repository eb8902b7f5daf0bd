package directory

import (
	"strconv"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
)

func jumpPolicies() kind[store.JumpPolicy] {
	return kind[store.JumpPolicy]{
		name: "jump_policy", title: "jump policy", refers: "hours", keys: []string{"hours", "second_factor", "ask", "join"},
		head: func(p *store.JumpPolicy) *store.Object { return &p.Object },
		check: func(p *store.JumpPolicy) error {
			hours, err := policy.ParseHours(strings.Join(p.Hours, "\n"))
			if err != nil {
				return &account.FieldError{Field: "hours", Detail: err.Error()}
			}
			p.Hours = hours
			return nil
		},
		list: (*store.Store).JumpPolicies, put: (*store.Tx).PutJumpPolicy, remove: (*store.Tx).RemoveJumpPolicy, uses: (*store.Tx).JumpPolicyUses,
		fields: func(p store.JumpPolicy, _ names) map[string]string {
			return map[string]string{
				"hours": strings.Join(p.Hours, ", "), "second_factor": strconv.FormatBool(p.SecondFactor),
				"ask": strconv.FormatBool(p.Ask), "join": strconv.FormatBool(p.Join),
			}
		},
	}
}
