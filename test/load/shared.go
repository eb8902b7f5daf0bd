//go:build linux

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/relay"
)

// shared is what came of the part together.
type shared struct {
	sharing
	moves                         map[string]*answers
	started, raced, orphans       int
	fromAnswer, fromCall, calling samples
	before, after                 state
	left                          relay.Counts
	records                       uint64 // of the audit log
	pictures                      int64
}

// answers are those to one kind of move.
type answers struct{ done, refused int }

func (r *shared) answered(name string, done bool, took time.Duration) {
	if r.moves == nil {
		r.moves = make(map[string]*answers)
	}
	a := r.moves[name]
	if a == nil {
		a = &answers{}
		r.moves[name] = a
	}
	if done {
		a.done++
	} else {
		a.refused++
	}
	r.calling = append(r.calling, took)
}

// String is the table.
func (r *shared) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| %d reps share %d sessions for %v, seed %d | figure |\n|---|---|\n", r.reps, r.sessions, r.span, r.seed)
	row := func(name, format string, a ...any) { fmt.Fprintf(&b, "| %s | %s |\n", name, fmt.Sprintf(format, a...)) }
	var all []string
	done, refused := 0, 0
	for _, k := range slices.Sorted(maps.Keys(r.moves)) {
		a := r.moves[k]
		all = append(all, fmt.Sprintf("%s %d/%d", k, a.done, a.refused))
		done, refused = done+a.done, refused+a.refused
	}
	row("commands let through / refused, each as the model says", "%d / %d", done, refused)
	row("by kind", "%s", strings.Join(all, ", "))
	row("sessions started; pairs of commands at once; sessions whose owner vanished", "%d; %d; %d", r.started, r.raced, r.orphans)
	row("command, from call to answer p50 / p95 / most", "%s / %s / %s ms", ms(r.calling.at(.5)), ms(r.calling.at(.95)), ms(r.calling.at(1)))
	row("push to another console, from the answer p50 / p95 / most", "%s / %s / %s ms of %d", ms(r.fromAnswer.at(.5)), ms(r.fromAnswer.at(.95)), ms(r.fromAnswer.at(1)), len(r.fromAnswer))
	row("push to another console, from the call p50 / p95 / most", "%s / %s / %s ms", ms(r.fromCall.at(.5)), ms(r.fromCall.at(.95)), ms(r.fromCall.at(1)))
	row("pictures that viewers were shown", "%d", r.pictures)
	row("broker before and after: goroutines; RSS", "%d, %d; %s, %s MiB", r.before.Goroutines, r.after.Goroutines, mib(r.before.rss), mib(r.after.rss))
	row("CPU of the broker", "%.1f ms/s", perSecond(r.after.before-r.before.after, r.after.at.Sub(r.before.at)))
	row("left in the relay: slots, tickets, viewers", "%d, %d, %d", r.left.Slots, r.left.Tickets, r.left.Viewers)
	row("records in the audit log, verified", "%d", r.records)
	return b.String()
}
