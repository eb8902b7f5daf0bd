package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Rules are a list of scopes, ready to be asked. They do not change and may be
// used from any goroutine.
type Rules struct {
	catalogue []Setting
	scopes    []Scope
	matchers  []matchers // of each scope
	base      Settings
	hours     map[string]windows // by the setting's value
}

// Compile checks a list of scopes, first come first. Base is what counts where
// none of them has a say. The error is a [*ScopeError] or wraps ErrTooMany.
func Compile(scopes []Scope, base Settings) (*Rules, error) {
	if len(scopes) > MaxScopes {
		return nil, fmt.Errorf("%w: at most %d scopes", ErrTooMany, MaxScopes)
	}
	r := &Rules{catalogue: Catalogue(), base: base, hours: make(map[string]windows)}
	keep := func(h Hours) {
		if len(h) > 0 {
			r.hours[strings.Join(h, "\n")] = compile(h)
		}
	}
	keep(base.Hours)
	for _, s := range scopes {
		s, err := s.Check()
		if err != nil {
			return nil, err
		}
		for _, have := range r.scopes {
			if s.ID == have.ID || strings.EqualFold(s.Name, have.Name) {
				return nil, &ScopeError{Scope: s.Name, Field: "name", Err: ErrName, Detail: "another scope has it"}
			}
		}
		if h := s.Settings[HoursKey]; h != "" {
			keep(strings.Split(h, "\n"))
		}
		r.scopes, r.matchers = append(r.scopes, s), append(r.matchers, s.fold())
	}
	return r, nil
}

// Resolved is one setting of a device and the rule that decided it.
type Resolved struct {
	Key   Key
	Value string
	Rule  Rule
}

// Settings are a device's settings.
func (r *Rules) Settings(d Device) Settings {
	s, _ := r.resolve(d)
	return s
}

// Explain lists a device's settings in the order of the catalogue, each with the
// rule that decided it.
func (r *Rules) Explain(d Device) []Resolved {
	_, all := r.resolve(d)
	return all
}

// Views lists the ids of the scopes that hold a device.
func (r *Rules) Views(d Device) []string {
	var ids []string
	for _, s := range r.holding(d) {
		ids = append(ids, s.ID)
	}
	return ids
}

func (r *Rules) resolve(d Device) (Settings, []Resolved) {
	holding := r.holding(d)
	settings := r.base
	all := make([]Resolved, 0, len(r.catalogue))
	for _, c := range r.catalogue {
		rule := c.resolve(holding, &settings)
		all = append(all, Resolved{Key: c.Key, Value: c.get(&settings), Rule: rule})
	}
	return settings, all
}

// one resolves one setting by the scopes that hold a device; the others are as
// without any scope.
func (r *Rules) one(holding []*Scope, k Key) (Settings, Rule) {
	settings := r.base
	i := slices.IndexFunc(r.catalogue, func(c Setting) bool { return c.Key == k })
	rule := r.catalogue[i].resolve(holding, &settings)
	return settings, rule
}

// holding are the scopes that hold a device, in order.
func (r *Rules) holding(d Device) []*Scope {
	var all []*Scope
	f := foldDevice(d)
	for i := range r.scopes {
		if r.matchers[i].holds(f) {
			all = append(all, &r.scopes[i])
		}
	}
	return all
}

// resolve takes the setting from the first scope that contains it.
func (s Setting) resolve(scopes []*Scope, into *Settings) Rule {
	for _, c := range scopes {
		if v, ok := c.Settings[s.Key]; ok {
			s.set(into, v)
			return Rule{Kind: "scope", ScopeID: c.ID, Scope: c.Name, Setting: string(s.Key)}
		}
	}
	return Rule{Kind: "default", Setting: string(s.Key)}
}
