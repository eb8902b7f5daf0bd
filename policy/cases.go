package policy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// maxCaseLine bounds one line of a file of cases in bytes.
const maxCaseLine = 64 << 10

// caseLine is one line of a file of cases: a scope or a case.
type caseLine struct {
	Scope *caseScope `json:"scope"`

	Case     string         `json:"case"`
	Device   caseDevice     `json:"device"`
	Rep      *caseRep       `json:"rep"`
	Action   Action         `json:"action"`
	At       time.Time      `json:"at"`
	Want     *caseWant      `json:"want"`
	Settings map[Key]string `json:"settings"` // what some settings have to be
}

type caseScope struct {
	ID       string         `json:"id,omitempty"`
	Name     string         `json:"name"`
	Devices  caseMatcher    `json:"devices,omitzero"`
	Users    caseMatcher    `json:"users,omitzero"`
	Settings map[Key]string `json:"settings,omitempty"`
}

type caseMatcher struct {
	Names  []string `json:"names,omitempty"`
	Groups []string `json:"groups,omitempty"`
	Tags   []string `json:"tags,omitempty"`
}

// IsZero leaves a matcher out that holds everything.
func (m caseMatcher) IsZero() bool { return Matcher(m).Empty() }

// WriteScopes writes scopes as a file of cases begins.
func WriteScopes(w io.Writer, scopes []Scope) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, s := range scopes {
		if err := e.Encode(map[string]caseScope{"scope": {s.ID, s.Name, caseMatcher(s.Devices), caseMatcher(s.Users), s.Settings}}); err != nil {
			return fmt.Errorf("scope %s: %w", s.ID, err)
		}
	}
	return nil
}

// caseDevice is entitled and taken in where it does not say otherwise.
type caseDevice struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Group      string   `json:"group"`
	Tags       []string `json:"tags"`
	User       string   `json:"user"`
	Unentitled bool     `json:"unentitled"`
	Pending    bool     `json:"pending"`
}

// caseRep is an administrator where it does not list permissions.
type caseRep struct {
	Permissions []string `json:"permissions"`
}

type caseWant struct {
	Allowed bool   `json:"allowed"`
	Code    string `json:"code"` // name of the error code
	Rule    string `json:"rule"` // its kind
	Scope   string `json:"scope"`
	Setting string `json:"setting"`
}

// Result is how one case went; without failures it passed.
type Result struct {
	Line     int
	Name     string
	Failures []string
}

// RunCases runs a file of golden cases: JSON, one object a line, empty lines and
// those that begin with # left out. The scopes stand above the cases, in their
// order. The error says where the file is wrong; see docs/POLICY.md.
func RunCases(r io.Reader) ([]Result, error) {
	var scopes []Scope
	var rules *Rules
	var results []Result
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxCaseLine)
	n := 0
	for lines.Scan() {
		n++
		b := bytes.TrimSpace(lines.Bytes())
		if len(b) == 0 || b[0] == '#' {
			continue
		}
		var l caseLine
		err := decodeCase(b, &l)
		switch {
		case err != nil:
		case l.Scope != nil && rules != nil:
			err = errors.New("scopes stand above the cases")
		case l.Scope != nil:
			s := l.Scope
			if s.ID == "" {
				s.ID = s.Name
			}
			scopes = append(scopes, Scope{s.ID, s.Name, Matcher(s.Devices), Matcher(s.Users), s.Settings})
			_, err = Compile(scopes, Defaults())
		default:
			if rules == nil {
				rules, err = Compile(scopes, Defaults())
			}
			if err == nil {
				var failures []string
				failures, err = l.run(rules)
				results = append(results, Result{Line: n, Name: l.Case, Failures: failures})
			}
		}
		if err != nil {
			return results, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return results, fmt.Errorf("line %d: %w", n+1, err)
	}
	if len(results) == 0 {
		return nil, errors.New("the file holds no case")
	}
	return results, nil
}

func decodeCase(b []byte, l *caseLine) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(l); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one object")
	}
	if l.Scope == nil && l.Case == "" {
		return errors.New(`write a "scope" or a "case"`)
	}
	return nil
}

func (l caseLine) run(r *Rules) (failures []string, err error) {
	p := Principal{Rep: "rep", Admin: true}
	if l.Rep != nil {
		p.Admin = false
		if p.Permissions, err = ParseSet(l.Rep.Permissions); err != nil {
			return nil, err
		}
	}
	d := Device{
		ID: l.Device.ID, Name: l.Device.Name, Group: l.Device.Group, Tags: l.Device.Tags, User: l.Device.User,
		Entitled: !l.Device.Unentitled, Pending: l.Device.Pending,
	}
	if l.Want == nil && len(l.Settings) == 0 {
		return nil, errors.New(`write what is wanted: "want" or "settings"`)
	}
	differ := func(what, got, want string) {
		if got != want {
			failures = append(failures, fmt.Sprintf("%s is %q, not %q", what, got, want))
		}
	}
	if l.Want != nil {
		if l.Action == "" {
			l.Action = StartSession
		}
		got := r.Decide(p, d, l.Action, l.At)
		differ("allowed", fmt.Sprint(got.Allowed()), fmt.Sprint(l.Want.Allowed))
		var ce *wire.CodeError
		if errors.As(got.Err, &ce) || l.Want.Code != "" {
			code := ""
			if ce != nil {
				code = wire.CodeName(ce.Code)
			}
			differ("code", code, l.Want.Code)
		}
		for _, f := range []struct{ what, got, want string }{
			{"rule", got.Rule.Kind, l.Want.Rule}, {"scope", got.Rule.Scope, l.Want.Scope}, {"setting", got.Rule.Setting, l.Want.Setting},
		} {
			if f.want != "" {
				differ(f.what, f.got, f.want)
			}
		}
	}
	all := r.Explain(d)
	for _, k := range slices.Sorted(maps.Keys(l.Settings)) {
		want, err := CheckValue(k, l.Settings[k])
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(s Resolved) bool { return s.Key == k })
		differ(string(k), all[i].Value, want)
	}
	return failures, nil
}
