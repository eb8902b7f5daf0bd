package support

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// explore walks every sequence of commands up to a depth, at times before and
// after each deadline, and calls visit with each session and how it came about.
func explore(depth int, visit func(s Session, path []Verb, events []Event)) int {
	seen := 0
	steps := []time.Duration{0, DefaultConsentTimeout + AnswerSlack, ClaimGrace, time.Hour}
	var walk func(s Session, at time.Time, path []Verb, events []Event)
	walk = func(s Session, at time.Time, path []Verb, events []Event) {
		visit(s, path, events)
		seen++
		if len(path) == depth {
			return
		}
		for _, v := range Verbs() {
			for _, step := range steps {
				next, ev, err := s.Apply(Command{Verb: v, At: at.Add(step), By: wirepb.EndedBy_ENDED_BY_REP})
				if err != nil {
					continue
				}
				walk(next, at.Add(step), append(path[:len(path):len(path)], v), append(events[:len(events):len(events)], ev...))
			}
		}
	}
	walk(Session{MaxDuration: time.Hour}, t0, nil, nil)
	return seen
}

const depth = 6 // every phase and every end lies within; see TestTableIsReached

func count[T comparable](all []T, want T) int {
	n := 0
	for _, v := range all {
		if v == want {
			n++
		}
	}
	return n
}

func TestC2_NoPathToActivePastConsent(t *testing.T) {
	n := explore(depth, func(s Session, path []Verb, events []Event) {
		connected := s.Phase == Active || s.Phase == Held || count(events, Open) > 0
		if connected && count(path, Allow) != 1 {
			t.Fatalf("%v: %s without consent", path, s.Phase)
		}
		if connected && (s.ConsentAt.IsZero() || count(events, Open) != 1) {
			t.Fatalf("%v: consent at %v, events %v", path, s.ConsentAt, events)
		}
	})
	t.Logf("%d sequences of up to %d commands", n, depth)
}

func TestC1_CustomerRequestPassesBothGates(t *testing.T) {
	explore(depth, func(s Session, path []Verb, _ []Event) {
		if s.Phase == Active && path[0] == Request && count(path, Approve) != 1 {
			t.Fatalf("%v: active without approval", path)
		}
	})
}

func TestI7_OneTerminalEventAndOneTearDown(t *testing.T) {
	explore(depth, func(s Session, path []Verb, events []Event) {
		want := 0
		if s.Phase.Final() {
			want = 1
			if s.EndedAt.IsZero() {
				t.Fatalf("%v: ended at no time", path)
			}
		}
		if count(events, TearDown) != want || count(events, Closed) != want {
			t.Fatalf("%v: %s with events %v", path, s.Phase, events)
		}
	})
}

func TestFinalPhasesRefuseEverything(t *testing.T) {
	for _, p := range Phases() {
		if !p.Final() {
			continue
		}
		for _, v := range Verbs() {
			if _, _, err := (Session{Phase: p}).Apply(Command{Verb: v, At: t0}); !errors.Is(err, ErrOver) {
				t.Errorf("%s in %s: %v, want ErrOver", v, p, err)
			}
		}
	}
}

func TestTableIsReached(t *testing.T) {
	type edge struct {
		from Phase
		verb Verb
	}
	reached := map[edge]bool{}
	explore(4, func(s Session, _ []Verb, _ []Event) {
		for _, v := range Verbs() {
			for _, d := range []time.Duration{0, 100 * time.Hour} {
				if _, _, err := s.Apply(Command{Verb: v, At: t0.Add(d)}); err == nil {
					reached[edge{s.Phase, v}] = true
				}
			}
		}
	})
	for _, row := range Transitions() {
		if !reached[edge{row.From, row.Verb}] {
			t.Errorf("row %s --%s--> is dead", row.From, row.Verb)
		}
	}
	if len(reached) != len(Transitions()) {
		t.Errorf("%d edges, %d rows", len(reached), len(Transitions()))
	}
}

func TestTickEndsWhatIsOverdue(t *testing.T) {
	s, _, err := Session{MaxDuration: time.Hour}.Apply(Command{Verb: Start, At: t0})
	if err != nil {
		t.Fatal(err)
	}
	if _, due := s.Tick(s.AnswerBy.Add(-1)); due {
		t.Fatal("the prompt timed out early")
	}
	if _, _, err := s.Apply(Command{Verb: Allow, At: s.AnswerBy}); !errors.Is(err, ErrIllegal) {
		t.Fatalf("a late yes: %v", err)
	}
	if c, due := s.Tick(s.AnswerBy); !due || c.Verb != Timeout {
		t.Fatalf("at the deadline: %v %v", c, due)
	}
	active, _, err := s.Apply(Command{Verb: Allow, At: t0.Add(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if c, due := active.Tick(active.ExpiresAt); !due || c.Verb != Expire {
		t.Fatalf("at the expiry: %v %v", c, due)
	}
	lost, _, err := active.Apply(Command{Verb: Lose, At: t0.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if c, due := lost.Tick(lost.LostAt.Add(ClaimGrace)); !due || c.Verb != Unclaimed {
		t.Fatalf("after the grace: %v %v", c, due)
	}
}

func TestDocumentShowsTheTable(t *testing.T) {
	b, err := os.ReadFile("../docs/SESSIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| From | Command | To | Events |\n| --- | --- | --- | --- |\n")
	for _, row := range Transitions() {
		names := make([]string, len(row.Events))
		for i, e := range row.Events {
			names[i] = e.String()
		}
		want.WriteString("| " + row.From.String() + " | " + row.Verb.String() + " | " + row.To.String() + " | " + strings.Join(names, ", ") + " |\n")
	}
	if !strings.Contains(string(b), want.String()) {
		t.Errorf("docs/SESSIONS.md does not hold this table:\n%s", want.String())
	}
}
