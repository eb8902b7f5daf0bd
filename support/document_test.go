package support

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func document(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../docs/SESSIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// transitions is the first table of the document.
func (r rules) transitions() string {
	lines := []string{"| From | Command | If | To | Events |", "| --- | --- | --- | --- | --- |"}
	for _, row := range r.rows {
		names := make([]string, len(row.Events))
		for i, e := range row.Events {
			names[i] = e.String()
		}
		lines = append(lines, line(row.From.String(), row.Verb.String(), row.If.String(), row.To.String(), strings.Join(names, ", ")))
	}
	return strings.Join(lines, "\n") + "\n"
}

// whoMay is the second table of the document.
func (r rules) whoMay() string {
	head, rule := []string{"Command", "In"}, []string{"---", "---"}
	for _, role := range Roles() {
		head, rule = append(head, role.String()), append(rule, "---")
	}
	lines := []string{line(append(head, "Others hear")...), line(append(rule, "---")...)}
	for _, x := range r.rights {
		var in []string
		for _, p := range append([]Phase{None}, Phases()...) {
			if r.has(p, x.Verb) {
				in = append(in, p.String())
			}
		}
		cells := []string{x.Verb.String(), strings.Join(in, ", ")}
		for _, role := range Roles() {
			cells = append(cells, x.Roles[role].String())
		}
		lines = append(lines, line(append(cells, refusalNames(x.Err))...))
	}
	return strings.Join(lines, "\n") + "\n"
}

func line(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |" }

func refusalNames(err error) string {
	for _, e := range []struct {
		err  error
		name string
	}{
		{ErrOver, "over"},
		{ErrIllegal, "illegal"},
		{ErrNotOwner, "not_owner"},
		{ErrNotParticipant, "not_participant"},
		{ErrInvitationGone, "invitation_gone"},
	} {
		if errors.Is(err, e.err) {
			return e.name
		}
	}
	return "unknown"
}

func TestDocumentShowsTheTables(t *testing.T) {
	doc := document(t)
	for _, want := range []string{standard().transitions(), standard().whoMay()} {
		if !strings.Contains(doc, want) {
			t.Errorf("docs/SESSIONS.md does not hold this table:\n%s", want)
		}
	}
}

func TestEveryVerbHasItsRight(t *testing.T) {
	n := map[Verb]int{}
	for _, r := range Rights() {
		n[r.Verb]++
	}
	for _, v := range Verbs() {
		if n[v] != 1 {
			t.Errorf("%s has %d", v, n[v])
		}
	}
}
