package desk

import (
	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// MayDeploy says whether a Support Button may be put on the device of a session: by who
// looks at it.
func MayDeploy(p account.Principal, s Session) error {
	err := policy.Can(p.Policy(), policy.DeployButton, About(s.Session))
	switch {
	case err != nil:
		return err
	case s.Phase == support.Held && !s.Attends(p.ID):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "the session is held: resume it first")
	case !s.Attends(p.ID):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active")
	}
	return nil
}
