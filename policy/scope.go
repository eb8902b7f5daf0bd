package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Scope is a set of devices, and of users in front of them, with settings. In a
// list of scopes the first that holds a device and contains a setting decides it.
type Scope struct {
	ID, Name string
	Devices  Matcher
	Users    Matcher        // the person in front, by name only; empty: anybody and nobody
	Settings map[Key]string // what is not there is left to the scopes below
}

// Matcher holds what any of its lists holds; with nothing in it, everything.
// Letter case does not matter.
type Matcher struct {
	Names  []string // patterns with * and ?; a device is known by its name and by its id
	Groups []string
	Tags   []string
}

// Bounds of a list of scopes.
const (
	MaxScopes   = 200
	MaxMatchers = 200 // entries of one list of a matcher
	MaxName     = 128 // bytes of a scope's name, a group, a tag, a pattern
)

// Errors of scopes, wrapped by a [ScopeError]. None of them is taken: mend the
// scope, then save it again.
var (
	ErrUnknownKey    = errors.New("there is no such setting")
	ErrValue         = errors.New("bad value")
	ErrMatcher       = errors.New("bad matcher")
	ErrUnusedMatcher = errors.New("matcher is never used") // it could hold nobody
	ErrName          = errors.New("bad name")
	ErrTooMany       = errors.New("too many")
)

// ScopeError is what is wrong with a scope and where: Field is "name",
// "devices.tags", "users.groups" or "settings.KEY".
type ScopeError struct {
	Scope, Field, Detail string
	Err                  error
}

func (e *ScopeError) Error() string {
	s := e.Err.Error()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return fmt.Sprintf("scope %q: %s: %s", e.Scope, e.Field, s)
}

func (e *ScopeError) Unwrap() error { return e.Err }

// Empty reports whether m holds everything.
func (m Matcher) Empty() bool { return len(m.Names)+len(m.Groups)+len(m.Tags) == 0 }

// Holds reports whether the scope is about a device as it is now.
func (s Scope) Holds(d Device) bool { return s.fold().holds(foldDevice(d)) }

// folded is a text without regard to letter case.
type folded string

func fold(s string) folded { return folded(strings.ToLower(s)) }

func foldAll(l []string) []folded {
	all := make([]folded, len(l))
	for i, s := range l {
		all[i] = fold(s)
	}
	return all
}

// matchers are those of a scope, folded once for many devices.
type matchers struct {
	any                 bool // device
	names, groups, tags []folded
	anybody             bool
	users               []folded
}

func (s Scope) fold() matchers {
	return matchers{
		any: s.Devices.Empty(), names: foldAll(s.Devices.Names), groups: foldAll(s.Devices.Groups), tags: foldAll(s.Devices.Tags),
		anybody: s.Users.Empty(), users: foldAll(s.Users.Names),
	}
}

// foldedDevice is a device, folded once for many scopes.
type foldedDevice struct {
	id, name, group, user folded
	tags                  []folded
}

func foldDevice(d Device) foldedDevice {
	return foldedDevice{id: fold(d.ID), name: fold(d.Name), group: fold(d.Group), user: fold(d.User), tags: foldAll(d.Tags)}
}

// holds: nobody in front is held by no pattern, not even by "*".
func (m matchers) holds(d foldedDevice) bool {
	device := m.any || fits(m.names, d.name) || fits(m.names, d.id) || d.group != "" && slices.Contains(m.groups, d.group) ||
		slices.ContainsFunc(m.tags, func(t folded) bool { return slices.Contains(d.tags, t) })
	return device && (m.anybody || d.user != "" && fits(m.users, d.user))
}

func fits(patterns []folded, s folded) bool {
	return slices.ContainsFunc(patterns, func(p folded) bool { return glob(string(p), string(s)) })
}

// glob matches s with * for any text and ? for one character, in time of the
// product of their lengths at worst.
func glob(pattern, s string) bool {
	star, mark := -1, 0 // after the last *; where it was tried from
	p, i := 0, 0
	for i < len(s) {
		_, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case p < len(pattern) && pattern[p] == '*':
			p++
			star, mark = p, i
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += size
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			_, step := utf8.DecodeRuneInString(s[mark:])
			mark += step
			p, i = star, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// Check returns the scope as it is kept: names trimmed, values in their one
// spelling. The error is a [*ScopeError].
func (s Scope) Check() (Scope, error) {
	fail := func(field string, err error, detail string) (Scope, error) {
		return Scope{}, &ScopeError{Scope: s.Name, Field: field, Err: err, Detail: detail}
	}
	s.Name = strings.TrimSpace(s.Name)
	if !goodName(s.Name) {
		return fail("name", ErrName, fmt.Sprintf("use 1 to %d bytes without control characters", MaxName))
	}
	if len(s.Users.Groups) > 0 {
		return fail("users.groups", ErrUnusedMatcher, "a person in front is known by name only")
	}
	if len(s.Users.Tags) > 0 {
		return fail("users.tags", ErrUnusedMatcher, "a person in front is known by name only")
	}
	for _, l := range []struct {
		field string
		list  *[]string
	}{
		{"devices.names", &s.Devices.Names},
		{"devices.groups", &s.Devices.Groups},
		{"devices.tags", &s.Devices.Tags},
		{"users.names", &s.Users.Names},
	} {
		kept, err := checkList(*l.list)
		if err != nil {
			return fail(l.field, errors.Unwrap(err), err.Error())
		}
		*l.list = kept
	}
	settings := make(map[Key]string, len(s.Settings))
	for _, k := range slices.Sorted(maps.Keys(s.Settings)) {
		v, err := CheckValue(k, s.Settings[k])
		var ve *ValueError
		switch {
		case errors.As(err, &ve):
			return fail("settings."+string(k), ErrValue, ve.Detail)
		case err != nil:
			return fail("settings."+string(k), ErrUnknownKey, "see the catalogue of settings")
		}
		settings[k] = v
	}
	s.Settings = settings
	return s, nil
}

// checkList trims a matcher's list; nothing may stand in it twice or be empty.
func checkList(list []string) ([]string, error) {
	if len(list) > MaxMatchers {
		return nil, detailed{ErrTooMany, fmt.Sprintf("at most %d entries", MaxMatchers)}
	}
	var kept []string
	for _, v := range list {
		v = strings.TrimSpace(v)
		if !goodName(v) {
			return nil, detailed{ErrMatcher, fmt.Sprintf("%q: use 1 to %d bytes without control characters", v, MaxName)}
		}
		if slices.ContainsFunc(kept, func(k string) bool { return strings.EqualFold(k, v) }) {
			return nil, detailed{ErrUnusedMatcher, fmt.Sprintf("%q stands there twice", v)}
		}
		kept = append(kept, v)
	}
	return kept, nil
}

// detailed is an error of a kind with its own words.
type detailed struct {
	kind error
	text string
}

func (d detailed) Error() string { return d.text }
func (d detailed) Unwrap() error { return d.kind }

func goodName(s string) bool {
	return s != "" && len(s) <= MaxName && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
