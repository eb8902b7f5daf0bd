package support

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var (
	depth = flag.Int("depth", 8, "commands after which the exploration of sessions with several reps stops; 0: when nothing is new")
	walks = flag.Int("walks", 20, "random ways through a session with many reps")
	seed  = flag.Uint64("seed", 0, "of the random ways; 0: another one each time")
)

// found is what an exploration found.
type found struct {
	states, commands, depth int
	closed                  bool // there is nothing deeper
	wrong                   string
	rows                    map[fired]bool
}

// fired names a row of the table that was taken.
type fired struct {
	from   Phase
	verb   Verb
	to     Phase
	events string
}

// explore takes every command in every world that at most so many commands reach,
// and stops where something is wrong; 0: until there is nothing new.
func (m model) explore(depth int) found {
	type node struct {
		world
		trace *trace
	}
	f := found{rows: map[fired]bool{}}
	seen := map[string]bool{m.key(m.root()): true}
	level := []node{{world: m.root()}}
	for ; len(level) > 0 && (depth == 0 || f.depth < depth); f.depth++ {
		var deeper []node
		for _, n := range level {
			for _, c := range m.moves(n.world) {
				f.commands++
				next, events, wrong := m.step(n.world, c)
				t := &trace{n.trace, c}
				if wrong != "" {
					f.wrong, f.states = t.String()+" "+wrong, len(seen)
					return f
				}
				if events == nil {
					continue
				}
				f.rows[fired{n.Phase, c.Verb, next.Phase, string(events)}] = true
				if k := m.key(next); !seen[k] {
					seen[k] = true
					deeper = append(deeper, node{next, t})
				}
			}
		}
		level = deeper
	}
	f.states, f.closed = len(seen), len(level) == 0
	return f
}

// trace is how a world was reached.
type trace struct {
	before *trace
	c      Command
}

func (t *trace) String() string {
	c := t.c
	text := c.Verb.String()
	for _, part := range []string{c.Actor.Name, c.Invitation.To, c.Invitation.Team, c.InvitationID, c.Target, c.Successor.Rep.Name, c.Successor.Queue, c.Queue} {
		if part != "" {
			text += " " + part
		}
	}
	if c.Invitation.Transfer {
		text += " transfer"
	}
	if t.before == nil {
		return text
	}
	return t.before.String() + ", " + text
}

// elsewhere are the verbs of which TestC1_C2_I7_Q11_EveryPath takes the rows.
var elsewhere = []Verb{Lapse, Refuse, Revoke, Spare, Timeout, Expire, Unclaimed, Void, CutOff}

// small is a cast of four beside the endpoint: three who are alike, and a guest.
func small(r rules) model {
	return model{rules: r, reps: []Rep{rob, ann, bob}, guests: []Rep{eve}, invitations: 2}
}

func TestL10_L14_L15_L21_O1_O34_Q4_Q6_Q9_Q12_Q14_EverySharedPath(t *testing.T) {
	m := small(standard())
	f := m.explore(*depth)
	if f.wrong != "" {
		t.Fatal(f.wrong)
	}
	t.Logf("%d states, %d commands, depth %d, closed: %t", f.states, f.commands, f.depth, f.closed)
	for _, r := range m.rows {
		var events []byte
		for _, e := range r.Events {
			events = append(events, byte(e))
		}
		if !slices.Contains(elsewhere, r.Verb) && !f.rows[fired{r.From, r.Verb, r.To, string(events)}] {
			t.Errorf("row %s --%s %s--> is dead", r.From, r.Verb, r.If)
		}
	}
}

func TestO20_O21_O32_RandomSharedPaths(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-seed %d", *seed)
	random := rand.New(rand.NewPCG(*seed, 0))
	m := model{
		rules: standard(), reps: []Rep{rob, ann, bob, cid, {"d", "Dan"}}, guests: []Rep{eve, {"f", "Fay"}}, invitations: 5,
	}
	// A way that ends soon says little.
	ends := map[Verb]bool{End: true, Reject: true, Decline: true, Cancel: true, Orphan: true, Lose: true}
	steps := 0
	for range *walks {
		w := m.root()
		var way *trace
		for range 300 {
			if w.Phase.Final() {
				break
			}
			all := m.moves(w)
			c := all[random.IntN(len(all))]
			for try := 0; try < 1000 && (!m.legal(w, c) || ends[c.Verb] && random.IntN(20) > 0); try++ {
				c = all[random.IntN(len(all))]
			}
			next, happened, wrong := m.step(w, c)
			if wrong != "" {
				t.Fatal((&trace{way, c}).String() + " " + wrong)
			}
			if happened != nil {
				w, way = next, &trace{way, c}
				steps++
			}
		}
	}
	t.Logf("%d commands taken", steps)
}
