package policy

import (
	"errors"
	"fmt"
	"slices"
)

// Set is some of the permissions. The zero Set is none of them; Sets are values
// and may be compared.
type Set struct{ bits uint64 }

// ErrPermission is what a name is that stands for no permission.
var ErrPermission = errors.New("unknown permission")

// SetOf is the set of some permissions. What is none of ours is left out.
func SetOf(of ...Permission) Set {
	var s Set
	for _, p := range of {
		if i := slices.Index(Permissions(), p); i >= 0 {
			s.bits |= 1 << i
		}
	}
	return s
}

// ParseSet is the set of permissions by their names.
func ParseSet(names []string) (Set, error) {
	var s Set
	for _, n := range names {
		if !slices.Contains(Permissions(), Permission(n)) {
			return Set{}, fmt.Errorf("%w: %q", ErrPermission, n)
		}
		s = s.With(SetOf(Permission(n)))
	}
	return s, nil
}

// AllPermissions is what an administrator has.
func AllPermissions() Set { return SetOf(Permissions()...) }

// Has reports whether p is in s.
func (s Set) Has(p Permission) bool { return SetOf(p).bits&s.bits != 0 }

// Empty reports whether s has nothing.
func (s Set) Empty() bool { return s.bits == 0 }

// Within reports whether everything of s is in o.
func (s Set) Within(o Set) bool { return s.bits&^o.bits == 0 }

// With is s and o together.
func (s Set) With(o Set) Set { return Set{s.bits | o.bits} }

// And is what s and o have in common.
func (s Set) And(o Set) Set { return Set{s.bits & o.bits} }

// List is s in the order of Permissions.
func (s Set) List() []Permission {
	var all []Permission
	for _, p := range Permissions() {
		if s.Has(p) {
			all = append(all, p)
		}
	}
	return all
}

// Names is List as texts.
func (s Set) Names() []string {
	var all []string
	for _, p := range s.List() {
		all = append(all, string(p))
	}
	return all
}
