package policy

import (
	"strings"
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// RequestSupport is what the person in front of a device does: no rep's
// permission is asked for it.
const RequestSupport Action = "request.create"

// Decision is the answer to whether something may be done, and the rule that
// made it. Err is nil when it is allowed, else a [*wire.CodeError].
type Decision struct {
	Err  error
	Rule Rule
}

// Allowed reports whether it may be done.
func (d Decision) Allowed() bool { return d.Err == nil }

// Decide says whether p may do a with a device at a time. A session needs, in
// this order: the rep's permission, a device that was taken in and is entitled,
// remote support in its scope, and the hours of its scope. A request needs the
// same without permission and hours. To control needs a scope that is not view
// only beside. Everything else is a matter of permission alone.
func (r *Rules) Decide(p Principal, d Device, a Action, now time.Time) Decision {
	if a != RequestSupport {
		if err := Can(p, a, Object{}); err != nil {
			return Decision{Err: err, Rule: Rule{Kind: "permission"}}
		}
	}
	switch a {
	case RequestSupport, StartSession, DecideRequest, ControlSession:
	default:
		return Decision{Rule: Rule{Kind: "permission"}}
	}
	scopes := r.holding(d)
	allowed := r.support(d, scopes)
	if !allowed.Allowed() || a == RequestSupport {
		return allowed
	}
	if no := r.closed(scopes, now); !no.Allowed() {
		return no
	}
	if a == ControlSession {
		return r.control(scopes)
	}
	return allowed
}

// support: may there be remote support on the device at all.
func (r *Rules) support(d Device, scopes []*Scope) Decision {
	switch {
	case d.Pending:
		return Decision{
			Err:  wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED, "the device waits for an administrator to approve its enrollment"),
			Rule: Rule{Kind: "enrollment"},
		}
	case !d.Entitled:
		return Decision{
			Err:  wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_ENTITLED, "the device is not entitled to remote support"),
			Rule: Rule{Kind: "entitlement"},
		}
	}
	settings, rule := r.one(scopes, RemoteSupportKey)
	if settings.RemoteSupport {
		return Decision{Rule: rule}
	}
	return Decision{Err: denied("remote support is off in " + rule.where()), Rule: rule}
}

func (r *Rules) closed(scopes []*Scope, now time.Time) Decision {
	settings, rule := r.one(scopes, HoursKey)
	if len(settings.Hours) == 0 || r.hours[strings.Join(settings.Hours, "\n")].open(now) {
		return Decision{Rule: rule}
	}
	rule.Kind = "hours"
	return Decision{
		Err:  denied("outside the hours of " + rule.where() + ": " + strings.Join(settings.Hours, ", ")),
		Rule: rule,
	}
}

func (r *Rules) control(scopes []*Scope) Decision {
	settings, rule := r.one(scopes, ViewOnlyKey)
	if settings.ViewOnly {
		return Decision{Err: denied("view only in " + rule.where()), Rule: rule}
	}
	return Decision{Rule: rule}
}

// where names the scope that decided.
func (r Rule) where() string {
	if r.Scope == "" {
		return "the defaults, as no scope says otherwise"
	}
	return "the scope " + r.Scope
}

func denied(detail string) error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, detail)
}
