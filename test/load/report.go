//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// The section of a document that a run replaces.
const (
	markBegin = "<!-- load -->"
	markEnd   = "<!-- /load -->"
)

// load is one measurement of sessions.
type load struct {
	counted
	name    string
	viewers int
	costs   costs
	before  state // the broker without viewers
}

type stormed struct {
	how   string
	ended time.Duration // how long the old broker took to end
	took  time.Duration
	cpu   time.Duration
	rss   int64
}

// report collects what the parts measure.
type report struct {
	o         options
	first     int   // agents that ran at
	few       state // this moment
	started   time.Duration
	idle      costs
	consented costs
	loads     []load
	storms    []stormed
	trials    []tried
	roles     []held
	shared    *shared // nil: not measured
}

func newReport(o options) *report { return &report{o: o} }

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }

// perSecond is processor time in ms/s.
func perSecond(cpu, span time.Duration) float64 {
	return float64(cpu.Microseconds()) / 1000 / span.Seconds()
}

func mib(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }

// String is the tables.
func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "On %d CPUs, %s, Go %s: broker, agents and viewers share the machine. %d agents on %s, measurements of %v.\n",
		runtime.NumCPU(), time.Now().Format(time.DateOnly), strings.TrimPrefix(runtime.Version(), "go"), r.o.agents, nameOr(r.o.transport, "QUIC raced with WSS"), r.o.span)
	r.broker(&b)
	r.large(&b)
	r.memory(&b)
	if r.shared != nil {
		fmt.Fprint(&b, r.shared)
	}
	return b.String()
}

func nameOr(s, other string) string {
	if s == "" {
		return other
	}
	return strings.ToUpper(s)
}

func (r *report) broker(b *strings.Builder) {
	if r.idle.span == 0 {
		return
	}
	n := float64(r.o.agents)
	fmt.Fprintf(b, "\n| broker | figure |\n|---|---|\n")
	row := func(name, format string, a ...any) { fmt.Fprintf(b, "| %s | %s |\n", name, fmt.Sprintf(format, a...)) }
	more := n - float64(r.first)
	from, to := r.few, r.idle.to
	row("RSS per idle agent", "%.1f KiB (heap %.1f, stacks %.1f); before the collector runs %.1f KiB", float64(to.rss-from.rss)/more/1024,
		float64(to.Heap-from.Heap)/more/1024, float64(to.Stacks-from.Stacks)/more/1024, float64(to.stood-from.rss)/more/1024)
	row("goroutines per idle agent", "%.1f", float64(to.Goroutines-from.Goroutines)/more)
	row("CPU of all idle agents", "%.1f ms/s", perSecond(r.idle.cpu(), r.idle.span))
	row(fmt.Sprintf("%.0f agents that start at once are linked after", more), "%.1f s", r.started.Seconds())
	if len(r.loads) > 0 {
		row("RSS per session without a viewer", "%.1f KiB", float64(r.consented.to.rss-r.idle.to.rss)/float64(r.o.sessions)/1024)
		row(fmt.Sprintf("CPU of all idle agents and %d sessions without a viewer, which beat once a second", r.o.sessions), "%.1f ms/s",
			perSecond(r.consented.cpu(), r.consented.span))
	}
	for _, l := range r.loads {
		r.load(row, l)
	}
	for _, s := range r.storms {
		row("all agents back after a "+s.how+" restart", "%.1f s (ending took %.1f s), %.2f ms CPU each, RSS %s MiB", s.took.Seconds(), s.ended.Seconds(),
			float64(s.cpu.Microseconds())/1000/n, mib(s.rss))
	}
}

func (r *report) load(row func(name, format string, a ...any), l load) {
	cpu := l.costs.cpu() - time.Duration(float64(r.consented.cpu())*l.costs.span.Seconds()/r.consented.span.Seconds())
	mb := float64(l.bytes) / 1e6
	what := fmt.Sprintf("%s, %d viewers: ", l.name, l.viewers)
	row(what+"relayed", "%.2f MB/s, %.0f updates/s", mb/l.costs.span.Seconds(), float64(l.updates)/l.costs.span.Seconds())
	row(what+"CPU beyond that", "%.1f ms/s: %.1f ms per MB, %.0f µs per update and its answer",
		perSecond(cpu, l.costs.span), float64(cpu.Microseconds())/1000/mb, float64(cpu.Microseconds())/float64(max(l.updates, 1)))
	row(what+"RSS, goroutines per viewer", "%.0f KiB, %.1f", float64(l.costs.to.rss-l.before.rss)/float64(l.viewers)/1024,
		float64(l.costs.to.Goroutines-l.before.Goroutines)/float64(l.viewers))
	row(what+"agent's write to viewer's read p50 / p95", "%s / %s ms", ms(l.relay.at(.5)), ms(l.relay.at(.95)))
	row(what+"drawn to shown p50 / p95", "%s / %s ms", ms(l.age.at(.5)), ms(l.age.at(.95)))
}

// large is the table of large screens.
func (r *report) large(b *strings.Builder) {
	if len(r.trials) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| screen, 60 pictures/s drawn | viewers | shown /s each | drawn to shown p50 / p95 (ms) | kB per picture | CPU ms/s helper | service | broker | peak RSS MiB helper | service |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, t := range r.trials {
		fmt.Fprintf(b, "| %s | %d | %.1f | %s / %s | %.1f | %.0f | %.0f | %.0f | %s | %s |\n", t.name, t.viewers,
			float64(t.frames)/t.span.Seconds()/float64(t.viewers), ms(t.age.at(.5)), ms(t.age.at(.95)),
			float64(t.bytes)/1e3/float64(max(t.frames, 1)), perSecond(t.cpu["helper"], t.span), perSecond(t.cpu["service"], t.span),
			perSecond(t.cpu["broker"], t.span), mib(t.rss["helper"]), mib(t.rss["service"]))
	}
}

// into puts the tables between the markers of a file.
func (r *report) into(file string) error {
	was, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begun := bytes.Cut(was, []byte(markBegin))
	_, after, ended := bytes.Cut(rest, []byte(markEnd))
	if !begun || !ended {
		return errors.New(file + " has no section between " + markBegin + " and " + markEnd)
	}
	now := fmt.Sprintf("%s%s\n%s%s%s", before, markBegin, r, markEnd, after)
	return os.WriteFile(file, []byte(now), 0o644)
}
