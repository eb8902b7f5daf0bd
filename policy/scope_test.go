package policy

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestScopeErrors(t *testing.T) {
	many := make([]string, MaxMatchers+1)
	for name, c := range map[string]struct {
		scope Scope
		field string
		want  error
	}{
		"no name":        {Scope{Name: " "}, "name", ErrName},
		"long name":      {Scope{Name: strings.Repeat("x", MaxName+1)}, "name", ErrName},
		"control":        {Scope{Name: "a\nb"}, "name", ErrName},
		"unknown key":    {Scope{Name: "a", Settings: map[Key]string{"remote": "on"}}, "settings.remote", ErrUnknownKey},
		"bad switch":     {Scope{Name: "a", Settings: map[Key]string{"view_only": "yes"}}, "settings.view_only", ErrValue},
		"bad choice":     {Scope{Name: "a", Settings: map[Key]string{"recording": "always"}}, "settings.recording", ErrValue},
		"no number":      {Scope{Name: "a", Settings: map[Key]string{"reason_min": "ten"}}, "settings.reason_min", ErrValue},
		"too small":      {Scope{Name: "a", Settings: map[Key]string{"consent_timeout_s": "4"}}, "settings.consent_timeout_s", ErrValue},
		"too large":      {Scope{Name: "a", Settings: map[Key]string{"session_expiry_min": "10081"}}, "settings.session_expiry_min", ErrValue},
		"negative":       {Scope{Name: "a", Settings: map[Key]string{"session_expiry_min": "-1"}}, "settings.session_expiry_min", ErrValue},
		"path":           {Scope{Name: "a", Settings: map[Key]string{"desktop_icon_name": "../x"}}, "settings.desktop_icon_name", ErrValue},
		"hours":          {Scope{Name: "a", Settings: map[Key]string{"hours": "Mon-Fri 08:00-18:00"}}, "settings.hours", ErrValue},
		"user group":     {Scope{Name: "a", Users: Matcher{Groups: []string{"g"}}}, "users.groups", ErrUnusedMatcher},
		"user tag":       {Scope{Name: "a", Users: Matcher{Tags: []string{"g"}}}, "users.tags", ErrUnusedMatcher},
		"twice":          {Scope{Name: "a", Devices: Matcher{Tags: []string{"x", "X "}}}, "devices.tags", ErrUnusedMatcher},
		"empty pattern":  {Scope{Name: "a", Devices: Matcher{Names: []string{""}}}, "devices.names", ErrMatcher},
		"too many names": {Scope{Name: "a", Devices: Matcher{Names: many}}, "devices.names", ErrTooMany},
	} {
		_, err := Compile([]Scope{c.scope}, Defaults())
		var se *ScopeError
		if !errors.As(err, &se) || !errors.Is(err, c.want) || se.Field != c.field {
			t.Errorf("%s: %v, want %v at %s", name, err, c.want, c.field)
		}
	}
	if _, err := Compile(make([]Scope, MaxScopes+1), Defaults()); !errors.Is(err, ErrTooMany) {
		t.Errorf("many scopes: %v", err)
	}
}

func TestOneSpelling(t *testing.T) {
	s, err := Scope{Name: " A ", Devices: Matcher{Tags: []string{" x "}}, Settings: map[Key]string{
		"view_only": "on", "reason_min": "007", "hours": " Mon  08:00-09:00   UTC \n\n;Tue 08:00-09:00 UTC",
	}}.Check()
	if err != nil || s.Name != "A" || s.Devices.Tags[0] != "x" || s.Settings["view_only"] != "true" || s.Settings["reason_min"] != "7" ||
		s.Settings["hours"] != "Mon 08:00-09:00 UTC\nTue 08:00-09:00 UTC" {
		t.Errorf("%+v %v", s, err)
	}
}

func TestCatalogueIsWhole(t *testing.T) {
	seen := map[Key]bool{}
	for _, c := range Catalogue() {
		if seen[c.Key] || c.Title == "" || c.Help == "" {
			t.Errorf("%s stands there twice, or lacks its words", c.Key)
		}
		seen[c.Key] = true
		v, err := CheckValue(c.Key, c.Default())
		if err != nil || v != c.Default() {
			t.Errorf("%s: default %q: %q %v", c.Key, c.Default(), v, err)
		}
		for _, v := range append([]string{c.Default()}, c.Choices...) {
			s := Defaults()
			c.set(&s, v)
			if got := c.Of(s); got != v {
				t.Errorf("%s: %q becomes %q", c.Key, v, got)
			}
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything", true},
		{"a*c", "abbc", true},
		{"a*c", "abbcd", false},
		{"?", "ü", true},
		{"??", "ü", false},
		{"*ü?", "xüy", true},
		{"*a*b*c*", "xaxbxcx", true},
		{"*a*b*c*", "xaxcxbx", false},
		{"pc-[1]", "pc-1", false},
	} {
		if got := glob(c.pattern, c.s); got != c.want {
			t.Errorf("%q holds %q: %v", c.pattern, c.s, got)
		}
	}
	begin := time.Now()
	glob(strings.Repeat("*a", 60)+"b", strings.Repeat("a", 256))
	if took := time.Since(begin); took > time.Second {
		t.Errorf("a hostile pattern took %v", took)
	}
}

func TestE7_FirstScopeInOrderDecides(t *testing.T) {
	off := Scope{ID: "1", Name: "Off", Devices: Matcher{Names: []string{"a"}}, Settings: map[Key]string{RemoteSupportKey: "off"}}
	on := Scope{ID: "2", Name: "On", Settings: map[Key]string{RemoteSupportKey: "on"}}
	a, b := Device{Name: "a", Entitled: true}, Device{Name: "b", Entitled: true}
	p := Principal{Rep: "r", Admin: true}
	for _, c := range []struct {
		order []Scope
		a, b  bool
	}{{[]Scope{off, on}, false, true}, {[]Scope{on, off}, true, true}} {
		r, err := Compile(c.order, Defaults())
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Decide(p, a, StartSession, time.Time{}); got.Allowed() != c.a {
			t.Errorf("%s first: a: %+v", c.order[0].Name, got)
		}
		if got := r.Decide(p, b, StartSession, time.Time{}); got.Allowed() != c.b {
			t.Errorf("%s first: b: %+v", c.order[0].Name, got)
		}
	}
}

func TestNothingIsAllowedByDefault(t *testing.T) {
	r, err := Compile(nil, Defaults())
	if err != nil {
		t.Fatal(err)
	}
	got := r.Decide(Principal{Rep: "r", Admin: true}, Device{Entitled: true}, StartSession, time.Time{})
	if got.Allowed() || got.Rule.Kind != "default" {
		t.Errorf("%+v", got)
	}
}
