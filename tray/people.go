package tray

import (
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
)

const (
	// maxNamed is how many reps are named one by one. Of more the first named are,
	// and the others are counted.
	maxNamed = 3
	named    = 2
)

// person is a rep as banner and menu name them.
type person struct {
	name     string // cleaned; empty: they gave none
	external bool   // has no account with the organisation
	control  bool   // holds the control token
}

// peopleOf are the reps of a session: the owner first, then those from outside, so
// that they are never only counted while others are named.
func peopleOf(b *ipcpb.Banner) []person {
	var ps []person
	owner := person{name: prompt.Clean(b.RepName, prompt.MaxName), control: b.Control}
	for _, p := range b.Participants {
		ps = append(ps, person{prompt.Clean(p.Name, prompt.MaxName), p.External, b.Control && p.Control})
		owner.control = owner.control && !p.Control
	}
	slices.SortStableFunc(ps, func(a, b person) int {
		switch {
		case a.external && !b.external:
			return -1
		case b.external && !a.external:
			return 1
		}
		return 0
	})
	if owner.name == "" && len(ps) > 0 {
		return ps // it waits for an owner
	}
	return append([]person{owner}, ps...)
}

// crowd names people in one line: each by at most limit letters, or, if brief is
// set, only the first one where there are many. The organisation stands behind the
// first who belongs to it.
func crowd(w words.Words, ps []person, org string, limit int, brief bool) string { //nolint:unparam // a banner has other limits
	show := len(ps)
	switch {
	case brief && len(ps) >= maxNamed:
		show = 1
	case len(ps) > maxNamed:
		show = named
	}
	var names []string
	for _, p := range ps[:show] {
		name := prompt.Clean(p.name, limit)
		if name == "" {
			name = w.Say(words.Somebody)
		}
		if p.external {
			name = w.Say(words.ExternalRep, name)
		} else if org != "" {
			name += " (" + prompt.Clean(org, limit) + ")"
			org = ""
		}
		names = append(names, name)
	}
	rest, outside := ps[show:], 0
	for _, p := range rest {
		if p.external {
			outside++
		}
	}
	switch {
	case outside > 0:
		return w.Say(words.AndMoreExternal, strings.Join(names, ", "), len(rest), outside)
	case len(rest) > 0:
		return w.Say(words.AndMore, strings.Join(names, ", "), len(rest))
	case len(names) > 1:
		return w.Say(words.AndOne, strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
	}
	return strings.Join(names, "")
}
