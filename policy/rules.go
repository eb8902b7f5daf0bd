package policy

import (
	"fmt"
	"strings"
)

// Rules are a list of scopes, ready to be asked. They do not change and may be
// used from any goroutine.
type Rules struct {
	scopes []Scope
	base   Settings
	hours  map[string]windows // by the setting's value
}

// Compile checks a list of scopes, first come first. Base is what counts where
// none of them has a say. The error is a [*ScopeError] or wraps ErrTooMany.
func Compile(scopes []Scope, base Settings) (*Rules, error) {
	if len(scopes) > MaxScopes {
		return nil, fmt.Errorf("%w: at most %d scopes", ErrTooMany, MaxScopes)
	}
	r := &Rules{base: base, hours: make(map[string]windows)}
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
		r.scopes = append(r.scopes, s)
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
	for _, s := range r.scopes {
		if s.Holds(d) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

func (r *Rules) resolve(d Device) (Settings, []Resolved) {
	var holding []*Scope
	for i := range r.scopes {
		if r.scopes[i].Holds(d) {
			holding = append(holding, &r.scopes[i])
		}
	}
	settings := r.base
	catalogue := Catalogue()
	all := make([]Resolved, 0, len(catalogue))
	for _, c := range catalogue {
		rule := Rule{Kind: "default", Setting: string(c.Key)}
		for _, s := range holding {
			if v, ok := s.Settings[c.Key]; ok {
				c.set(&settings, v)
				rule = Rule{Kind: "scope", ScopeID: s.ID, Scope: s.Name, Setting: string(c.Key)}
				break
			}
		}
		all = append(all, Resolved{Key: c.Key, Value: c.get(&settings), Rule: rule})
	}
	return settings, all
}
