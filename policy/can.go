// Package policy decides who may do what. It is pure: it knows no store and no
// clock. Can is the one place for permissions of reps; what it does not allow
// is denied.
package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Principal is who acts. The zero Principal may do nothing.
type Principal struct {
	Rep         string
	Admin       bool // has every permission
	Permissions Set
	Key         bool // acts through an API key
	// Guest has no account: may do in the session they are in what the Capabilities
	// say, and nothing anywhere else.
	Guest        bool
	Capabilities []Capability
}

// Holds is what p may do, whether by its roles or as an administrator. Through an
// API key nobody is more than the key.
func (p Principal) Holds() Set {
	if p.Guest {
		return Set{}
	}
	if p.Admin && !p.Key {
		return AllPermissions()
	}
	return p.Permissions
}

// Object is what something is done to. The zero Object stands for the
// organisation.
type Object struct {
	Owner       string   // rep of a session, of a key
	Others      []string // reps in a session beside its owner
	Permissions Set      // that a role, an account or a key gives
}

// Can returns nil when p may do a to o, and the refusal otherwise.
func Can(p Principal, a Action, o Object) error {
	if p.Rep == "" {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, "sign in first")
	}
	if p.Guest {
		return guestCan(p, a, o)
	}
	n, known := needOf(a)
	own := o.Owner == p.Rep
	in := own || slices.Contains(o.Others, p.Rep)
	switch {
	case !known:
		return forbidden("not allowed")
	case n.person && p.Key:
		return forbidden("an API key may not do this; sign in")
	case n.member && !in:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "only those who are in the session may do this")
	case n.leads && !own:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER, "only the session's owner may do this")
	case n.owner && !own:
		return forbidden("only the session's own representative may do this")
	case n.orIn && in:
		return nil
	case n.orOwner && own:
		return nil
	case len(n.one) > 0 && !slices.ContainsFunc(n.one, p.Holds().Has):
		return forbidden("this needs the permission " + names(n.one))
	case n.within && !o.Permissions.Within(p.Holds()):
		return forbidden("this goes beyond your own permissions")
	}
	return nil
}

func names(of []Permission) string {
	all := make([]string, len(of))
	for i, p := range of {
		all[i] = string(p)
	}
	return strings.Join(all, " or ")
}

func forbidden(detail string) error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, detail)
}

// Needs tells what an action asks for, for whoever explains it.
func Needs(a Action) string {
	n, known := needOf(a)
	switch {
	case !known:
		return "nothing allows it"
	case n.member && len(n.one) == 0:
		return "being in the session"
	case n.member:
		return fmt.Sprintf("being in the session, with %s", names(n.one))
	case n.owner:
		return fmt.Sprintf("the session's own representative, with %s", names(n.one))
	case len(n.one) == 0:
		return "a sign-in"
	default:
		return names(n.one)
	}
}
