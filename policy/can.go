// Package policy decides who may do what. It is pure: it knows no store and no
// clock. Can is the one place for permissions of reps; what it does not allow
// is denied.
package policy

import (
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Principal is who acts. The zero Principal may do nothing.
type Principal struct {
	Rep   string
	Admin bool
}

// Action is what is to be done.
type Action string

// Actions.
const (
	ListDevices      Action = "device.list"
	RevokeDevice     Action = "device.revoke"
	CreateToken      Action = "enrollment.create"
	StartSession     Action = "session.start"
	SeeSession       Action = "session.see"
	AttachSession    Action = "session.attach"
	EndSession       Action = "session.end"
	TerminateSession Action = "session.terminate"
	Chat             Action = "session.chat"
	ReadAudit        Action = "audit.read"
)

// Object is what it is done to. The zero Object stands for the organisation.
type Object struct {
	Owner string // rep of a session
}

// Actions lists every action.
func Actions() []Action {
	return []Action{
		ListDevices, RevokeDevice, CreateToken, StartSession, SeeSession, AttachSession,
		EndSession, TerminateSession, Chat, ReadAudit,
	}
}

// Can returns nil when p may do a to o, and the refusal otherwise.
func Can(p Principal, a Action, o Object) error {
	if p.Rep == "" {
		return &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, Detail: "sign in first"}
	}
	switch a {
	case ListDevices, StartSession, SeeSession, ReadAudit:
		return nil
	case RevokeDevice, CreateToken, TerminateSession:
		if p.Admin {
			return nil
		}
		return forbidden("only an administrator may do this")
	case AttachSession, EndSession, Chat:
		if o.Owner == p.Rep {
			return nil
		}
		return forbidden("only the session's own representative may do this")
	default:
		return forbidden("not allowed")
	}
}

func forbidden(detail string) error {
	return &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, Detail: detail}
}
