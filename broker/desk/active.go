package desk

import (
	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// mayWhileActive says whether p may do what needs the endpoint's client and a session
// that goes on: not a chat alone, not held, not over.
func mayWhileActive(p account.Principal, a policy.Action, s Session) error {
	if err := policy.Can(p.Policy(), a, About(s.Session)); err != nil {
		return err
	}
	switch {
	case s.ChatOnly():
		return notInMode()
	case s.Phase == support.Held:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "the session is held: resume it first")
	case s.Phase != support.Active:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active")
	}
	return nil
}
